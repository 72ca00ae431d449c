"""One browser, one JupyterLab, and a notebook for each test. Screenshots go to the directory NBDOCK_SHOTS."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from nbdock.back.backend import backend
from tests.browser import servers
from tests.browser.pages import Lab, Watched, write
from tests.browser.plain import plain as serve
from tests.browser.servers import Server
from tests.parts.stocked import bring, gated, large

expect.set_options(timeout=20_000)
__all__ = ["bring", "gated", "large"]

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --disable-dev-shm-usage"
)


@pytest.fixture(scope="package")  # its event loop would block others in this thread
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS.split())
        yield running
        running.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with servers.jupyterlab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wanted = os.environ.get("NBDOCK_SHOTS")
    folder = Path(wanted) if wanted else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def plain(page: Page, home: Path, shots: Path) -> Iterator[Callable[..., Page]]:
    """Opens the application, or a part of it, in a plain page. Fails if there was an error or a request to another
    host."""
    with serve(backend()) as url:
        watched = Watched(page, url)

        def open_part(part: str = "application", *options: object, language: str = "en") -> Page:
            page.goto(url + "?" + urlencode({"part": part, "options": json.dumps(options), "language": language}))
            return page

        yield open_part
        assert watched.errors == []
        assert watched.external == []


@pytest.fixture
def accessible(page: Page) -> Callable[[], None]:
    """Asserts that axe finds nothing in nbdock's own parts, as they are now."""

    def check() -> None:
        found = Axe().run(page, context={"include": [[".nbdock"]]}).response["violations"]
        assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found] == []

    return check


def settings() -> str:
    """A first cell that gives the kernel the test's own store and registries: the server outlives the test."""
    names = ("NBDOCK_STORE", "CONTAINERS_REGISTRIES_CONF", "DOCKER_CONFIG", "HOME")
    own = {name: os.environ[name] for name in names if name in os.environ}
    return f"import os\nos.environ.update({own!r})\n%load_ext nbdock"


@pytest.fixture
def lab(page: Page, server: Server, shots: Path) -> Iterator[Callable[..., Lab]]:
    """Opens a notebook of these cells and runs it. Fails if there was an error or a request to another host."""
    opened: list[Lab] = []

    def open_notebook(*cells: str) -> Lab:
        path = write(server.root / f"images-{len(list(server.root.iterdir()))}.ipynb", settings(), *cells)
        opened.append(Lab(page, server, path, shots))
        opened[-1].run_all()
        return opened[-1]

    yield open_notebook
    for each in opened:
        each.end()
        assert each.watched.errors == []
        assert each.watched.external == []
