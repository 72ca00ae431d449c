"""The panel in JupyterLab and Notebook 7: the application in a side bar, its tabs, menus, notices and settings."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from playwright.sync_api import Browser, Locator, Page, expect

from nbdock.demo import SAMPLES
from tests.browser import servers
from tests.browser.pages import COMMAND, IDLE, Watched, write
from tests.browser.servers import SETTINGS, Server
from tests.parts.gate import Gate

pytestmark = pytest.mark.slow
LOUD = {
    name: {**values, "doNotDisturbMode": False} if "notification" in name else values
    for name, values in SETTINGS.items()
}
READY = "() => window.jupyterapp?.restored.then(() => true)"
SOURCES = "() => window.jupyterapp.shell.currentWidget.content.widgets.map((cell) => cell.model.sharedModel.source)"
REFUSED = "Failed to load resource: the server responded with a status of 404"
NOT_OURS = "(reading 'schema')"
"""Notebook 7.6 says so of its own settings, with no extension installed."""
Bring = Callable[..., None]
Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a server with the test's own store and registries."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(servers.jupyter(app, tmp_path, settings=LOUD))


class Panel:
    """A page with the panel. `watched` must stay empty."""

    def __init__(self, page: Page, server: Server, path: str = "lab") -> None:
        self.page, self.watched = page, Watched(page, server.url)
        self._address = f"{server.url}/{path}?token={server.token}"
        self.open("&reset")

    def open(self, more: str = "") -> None:
        self.page.goto(self._address + more)
        self.page.wait_for_function("() => window.jupyterapp", timeout=60_000)
        self.page.evaluate(READY)

    def command(self, name: str, **values: Any) -> None:
        self.page.evaluate(COMMAND, [name, values])

    @property
    def errors(self) -> list[str]:
        """But not that a question was refused, which the browser notes too."""
        return [error for error in self.watched.errors if not error.startswith(REFUSED)]

    @property
    def side(self) -> Locator:
        return self.page.locator("#nbdock")

    def row(self, name: str) -> Locator:
        return self.side.locator(".nbdock-list .nbdock-body > .nbdock-row", has_text=name)

    def menu(self, row: Locator, command: str) -> None:
        row.click(button="right")
        self.page.locator(f"[data-command='nbdock:{command}']").click()

    @property
    def toast(self) -> Locator:
        return self.page.locator(".Toastify__toast")

    @property
    def status(self) -> Locator:
        return self.page.locator(".nbdock-status-item")


def ask(server: Server, name: str, **values: Any) -> Any:
    """As another page would."""
    headers = {"Authorization": f"token {server.token}"}
    with urlopen(Request(f"{server.url}/nbdock/ask/{name}", json.dumps(values).encode(), headers)) as answer:
        return json.load(answer)


def change(server: Server, **settings: Any) -> None:
    """What the settings editor saves."""
    headers = {"Authorization": f"token {server.token}", "Content-Type": "application/json"}
    body = json.dumps({"raw": json.dumps(settings)}).encode()
    urlopen(Request(f"{server.url}/lab/api/settings/nbdock:panel", body, headers, method="PUT")).close()


def shot(panel: Panel, shots: Path, name: str) -> None:
    panel.page.screenshot(path=shots / f"panel-{name}.png")


def test_images_in_jupyterlab(start: Start, page: Page, bring: Bring, shots: Path) -> None:
    bring("httpd:2.4", "busybox:latest")
    server = start("jupyterlab")
    write(server.root / "a.ipynb", "")
    panel = Panel(page, server)
    panel.command("nbdock:show")
    expect(panel.row("busybox")).to_be_visible()
    bring("httpd:2.2")  # as a kernel would
    expect(panel.row("2.2")).to_be_visible()

    panel.command("docmanager:open", path="a.ipynb")
    page.wait_for_function(IDLE, timeout=60_000)
    panel.row("busybox").click(button="right")
    shot(panel, shots, "menu")
    bring("httpd:latest")  # the rows are drawn anew while the menu is open
    expect(panel.row("httpd").filter(has_text="latest")).to_be_visible()
    page.get_by_text("Insert %docker pull busybox:latest").click()
    page.wait_for_function(f"() => ({SOURCES})().join() === '%load_ext nbdock\\n%docker pull busybox:latest'")

    panel.menu(panel.row("busybox"), "open")
    tab = page.get_by_role("tab", name="busybox:latest")
    expect(tab).to_be_visible()
    expect(page.locator(".nbdock-opened")).to_contain_text("busybox")
    page.wait_for_timeout(1000)  # JupyterLab saves its layout a moment later
    panel.open()
    expect(tab).to_be_visible()
    expect(panel.row("busybox")).to_be_visible()

    panel.menu(panel.row("busybox"), "delete")
    panel.side.get_by_role("button", name="Delete, freeing").click()
    expect(panel.toast).to_contain_text("Deleted busybox:latest.")
    expect(page.locator(".nbdock-opened")).to_contain_text("no longer here")
    shot(panel, shots, "undo")
    panel.toast.get_by_role("button", name="Undo").click()
    expect(panel.row("busybox")).to_be_visible()
    expect(panel.toast.filter(has_text="Restored")).to_be_visible()
    assert panel.errors == []
    assert panel.watched.external == []


def test_pulls_are_seen_in_every_page(start: Start, browser: Browser, page: Page, large: Gate, shots: Path) -> None:
    server = start("jupyterlab")
    one, other = Panel(page, server), Panel(browser.new_page(), server)
    number = ask(server, "pull", reference="large:1")
    for panel in (one, other):
        expect(panel.status).to_have_text(re.compile(r"^Pulling large:1: \d+%$"))
    assert large.held.wait(20)
    shot(one, shots, "pulling")
    ask(server, "cancel", number=number)
    expect(one.status).to_be_hidden()
    ask(server, "resume", number=number)
    expect(other.status).to_be_visible()
    large.opened.set()
    for panel in (one, other):
        expect(panel.toast).to_contain_text("Pulled large:1.")
        expect(panel.status).to_be_hidden()
    other.page.close()
    one.toast.get_by_role("button", name="Open").click()
    expect(page.get_by_role("tab", name="large:1")).to_be_visible()
    assert one.errors == other.errors == []


def test_it_says_when_the_server_is_gone_and_comes_back(tmp_path: Path, page: Page, bring: Bring) -> None:
    bring("busybox:latest")
    port, settings = servers.free_port(), LOUD
    with servers.jupyter("jupyterlab", tmp_path, settings=settings, port=port) as server:
        panel = Panel(page, server)
        panel.command("nbdock:show")
        expect(panel.row("busybox")).to_be_visible()
    expect(panel.side.get_by_text("The Jupyter server does not answer.")).to_be_visible()
    (again := tmp_path / "again").mkdir()
    with servers.jupyter("jupyter_server", again, port=port, token=server.token):
        expect(panel.side.get_by_text("The Jupyter server does not answer.")).to_be_hidden()


def test_one_setting_turns_it_off(start: Start, page: Page) -> None:
    server = start("jupyterlab")
    change(server, enabled=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    panel = Panel(page, server)
    assert (
        page.evaluate("() => window.jupyterapp.commands.listCommands().filter((id) => id.startsWith('nbdock'))") == []
    )
    expect(panel.side).to_have_count(0)
    assert [url for url in asked if "/nbdock/ask/" in url or "/nbdock/events" in url] == []
    change(server, enabled=True)
    panel.open()
    panel.command("nbdock:show")
    expect(panel.side).to_be_visible()
    assert panel.errors == []


def test_an_archive_of_the_file_browser(start: Start, page: Page, shots: Path) -> None:
    server = start("jupyterlab")
    shutil.copytree(SAMPLES, server.root / "layout")
    (server.root / "folder").mkdir()
    panel = Panel(page, server)
    files = page.locator(".jp-DirListing-item")
    with page.expect_response("**/nbdock/ask/layouts*"):
        files.filter(has_text="layout").hover()
    files.filter(has_text="folder").click(button="right")
    expect(page.locator("[data-command='filebrowser:rename']")).to_be_visible()
    expect(page.locator("[data-command='nbdock:archive']")).to_be_hidden()
    page.keyboard.press("Escape")
    panel.menu(files.filter(has_text="layout"), "archive")
    archive = page.locator(".nbdock-archive")
    archive.get_by_role("row", name="hello-world:latest").get_by_role("checkbox").check()
    archive.get_by_role("button", name="Load one image").click()
    expect(panel.toast).to_contain_text("Loaded hello-world:latest.")
    expect(archive.get_by_role("row", name="hello-world:latest")).to_contain_text("here")
    shot(panel, shots, "archive")
    panel.command("nbdock:show")
    expect(panel.row("hello-world")).to_be_visible()
    assert panel.errors == []


def test_images_in_notebook_7(start: Start, page: Page, bring: Bring, shots: Path) -> None:
    bring("busybox:latest")
    server = start("notebook")
    write(server.root / "a.ipynb", "")
    panel = Panel(page, server, "notebooks/a.ipynb")
    page.wait_for_function(IDLE, timeout=60_000)
    panel.command("nbdock:show")
    expect(panel.row("busybox")).to_be_visible()
    panel.menu(panel.row("busybox"), "insert-pull")
    page.wait_for_function(f"() => ({SOURCES})()[0].endsWith('%docker pull busybox:latest')")
    panel.menu(panel.row("busybox"), "open")
    expect(panel.side.locator(".nbdock-detail")).to_be_visible()
    shot(panel, shots, "notebook")
    assert [error for error in panel.errors if not error.endswith(NOT_OURS)] == []


def test_a_widget_without_its_kernel_shows_its_summary(start: Start, tmp_path: Path, page: Page) -> None:
    server = start("jupyterlab")
    path = write(server.root / "old.ipynb", "ui")
    notebook = nbformat.read(path, 4)
    data = {"application/vnd.jupyter.widget-view+json": {"model_id": "gone"}, "text/html": "<p>The images of then</p>"}
    notebook.cells[0].outputs = [nbformat.v4.new_output("display_data", data)]
    nbformat.write(notebook, path)
    NotebookNotary(data_dir=str(tmp_path / "jupyter_data_dir")).sign(notebook)
    Panel(page, server, "lab/tree/old.ipynb")
    expect(page.get_by_text("The images of then")).to_be_visible()
    expect(page.get_by_text("Error displaying widget")).to_have_count(0)
