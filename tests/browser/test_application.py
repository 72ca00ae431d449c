"""The application in JupyterLab, as people use it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from nbdock.api import Dock
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.reference import Reference
from tests.browser.pages import Lab
from tests.parts.gate import Gate
from tests.parts.many import fill
from tests.parts.registries import Registry
from tests.parts.tokens import PASSWORD, USER

pytestmark = pytest.mark.slow
Open = Callable[..., Lab]
UI = "ui = %image ui\nui"
HOSTILE = "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 1'>\"' \u202e\u2066 $x^2$ " + "x" * 10_000


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def search(page: Page, words: str, name: str) -> None:
    """Type into the search and select a result."""
    tab(page, "Search")
    page.get_by_label("Search", exact=True).press_sequentially(words)
    page.get_by_role("row", name=name).first.click()


def rows(page: Page) -> list[str]:
    """The text of the rows in sight."""
    return page.get_by_role("grid", name="Local images").get_by_role("row").all_inner_texts()[1:]


def fits(page: Page) -> bool:
    """Whether the application fits its container."""
    ui = page.locator(".nbdock-application")
    return bool(ui.evaluate("(node) => node.scrollWidth <= node.clientWidth + 1"))


def store_a_hostile_image(name: str) -> None:
    """Store an image with markup in its label, comment and instruction."""
    runtime = {"Labels": {"evil": HOSTILE}, "Env": [f"EVIL={HOSTILE}"]}
    history = [{"created_by": HOSTILE, "comment": HOSTILE, "empty_layer": True}]
    config = {"author": HOSTILE, "config": runtime, "history": history, "rootfs": {"type": "layers", "diff_ids": []}}
    store = Dock().store

    def put(media_type: str, document: dict[str, object]) -> Descriptor:
        raw = json.dumps(document).encode()
        store.write(Descriptor.of(media_type, raw), [raw])
        return Descriptor.of(media_type, raw)

    about = put(media.OCI_CONFIG, {"architecture": "amd64", "os": "linux", **config}).json()
    store.tag(Reference.parse(name), put(media.OCI_MANIFEST, {"schemaVersion": 2, "config": about, "layers": []}))


def test_search_pull_delete_and_undo(lab: Open, gated: Gate) -> None:
    gated.results.append(
        {
            "name": "library/httpd",
            "description": "The Apache HTTP Server Project",
            "star_count": 4900,
            "is_official": True,
        }
    )
    notebook = lab(UI)
    page = notebook.page
    ui = page.locator(".nbdock-application")
    search(page, "http", "httpd")
    expect(page.get_by_text("to download: 0 of 5 layers already exist")).to_be_visible()
    notebook.shot("search")
    ui.get_by_role("button", name="Pull", exact=True).click()
    expect(page.get_by_text("Status: Downloaded newer image for httpd:latest")).to_be_visible()
    expect(page.get_by_text("Nothing to download: all 5 layers already exist")).to_be_visible()
    notebook.shot("pulled")
    tab(page, "Images")
    expect(page.get_by_role("row", name="httpd:latest")).to_be_visible()

    notebook.run("%image tag httpd mine:1\n%container create httpd")
    expect(page.get_by_role("row", name="mine:1")).to_be_visible(timeout=3000)
    expect(page.get_by_role("row", name="mine:1")).to_contain_text("1 container")

    page.get_by_role("checkbox", name="Select all").check()
    ui.get_by_role("button", name="Delete", exact=True).first.click()
    expect(page.get_by_text("conflict: unable to remove repository reference")).to_be_visible()
    notebook.shot("refused")
    page.get_by_label("Force").check()
    ui.get_by_role("button", name="Delete, freeing").click()
    expect(page.get_by_text("will be freed")).to_be_visible()
    expect(page.get_by_text("No local images.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("row", name="mine:1")).to_be_visible()
    assert "2" in notebook.run("len(ui.images.frame)").inner_text()


def test_a_cancelled_pull_is_resumed_after_a_reload(lab: Open, large: Gate) -> None:
    notebook = lab(UI, "pull = ui.pulls.start('large:1')")
    page = notebook.page
    expect(page.get_by_text(re.compile("^Downloading .*/4.2MB"))).to_be_visible()
    assert "42" in notebook.run("6 * 7").inner_text()
    notebook.shot("pulling")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled. Downloaded data is kept")).to_be_visible()
    notebook.save()
    notebook.reload()
    expect(page.get_by_text("Cancelled. Downloaded data is kept")).to_be_visible()
    large.opened.set()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Status: Downloaded newer image for large:1")).to_be_visible()
    assert large.ranges
    expect(page.get_by_role("row", name="large:1")).to_be_visible()


def test_a_password_is_in_no_file(lab: Open, private_registry: Registry) -> None:
    notebook = lab(UI)
    page = notebook.page
    tab(page, "Log in")
    page.get_by_label("Registry").last.fill(private_registry.host)
    page.get_by_label("User name").fill(USER)
    secret = page.get_by_role("textbox", name="Password")
    secret.fill(PASSWORD)
    notebook.shot("login")
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_text("Login Succeeded")).to_be_visible()
    assert secret.input_value() == ""
    saved = notebook.save()
    state = json.loads(saved)["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    assert any(model["state"].get("value") == USER for model in state.values())
    assert PASSWORD not in saved
    assert json.dumps(PASSWORD)[1:-1] not in saved


def test_hostile_text_is_not_markup(lab: Open, gated: Gate, bring: Callable[..., None]) -> None:
    gated.results.append({"name": "someone/evil", "description": HOSTILE, "star_count": 1, "is_official": False})
    notebook = lab(UI)
    page = notebook.page
    search(page, "evil", "someone/evil")
    expect(page.get_by_text("<script>window.hurt = 1</script>").first).to_be_visible()
    notebook.run(f"import nbdock\nui.search.name = {HOSTILE!r}\nui.images.status.say({HOSTILE!r})")
    expect(page.get_by_role("heading", name="<script>window.hurt")).to_be_visible()
    store_a_hostile_image("evil:1")
    tab(page, "Images")
    page.get_by_role("checkbox", name="Select evil:1").check()
    page.get_by_role("button", name="Inspect").click()
    expect(page.get_by_role("cell", name="<script>window.hurt").first).to_be_visible()
    page.get_by_role("button", name="History").click()
    page.get_by_role("gridcell", name="<script>window.hurt").click()
    expect(page.get_by_role("rowheader", name="Instruction")).to_be_visible()
    notebook.shot("hostile")
    assert page.evaluate("window.hurt") is None
    assert fits(page)


def test_the_keyboard_reaches_two_thousand_images(lab: Open, home: object) -> None:
    fill(Dock().store.root, 2000)
    notebook = lab(UI)
    page = notebook.page
    grid = page.get_by_role("grid", name="Local images")
    expect(grid).to_have_attribute("aria-rowcount", "2001")
    assert grid.get_by_role("row").count() < 40
    grid.focus()
    page.keyboard.press("End")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    expect(grid.get_by_role("row", selected=True)).to_have_count(3)
    page.get_by_role("searchbox", name="Filter: Local images").fill("app-19 app-1999")
    expect(page.get_by_text("1 of 2,000 · 3 selected")).to_be_visible()
    assert "app-1999" in rows(page)[0]
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name="Size").click()
    expect(grid.get_by_role("columnheader", name="Size")).to_have_attribute("aria-sort", "ascending")
    notebook.shot("many")
    assert "3" in notebook.run("len(ui.images.selected)").inner_text()


def test_images_without_a_tag_are_told_apart(lab: Open, bring: Callable[..., None]) -> None:
    bring("httpd:2.4", "httpd:2.2", "busybox:latest")
    for name in ("httpd:2.4", "httpd:2.2"):
        Dock().tag("busybox", name)
    page = lab(UI).page
    dangling = Dock().ls(filter="dangling=true")
    assert list(dangling["repository"]) == ["httpd", "httpd"]
    for row in dangling.itertuples():
        expect(page.get_by_role("checkbox", name=f"Select {row.reference}", exact=True)).to_have_count(1)
    expect(page.get_by_role("checkbox", name="Select httpd:2.4", exact=True)).to_have_count(1)


def test_layers_in_a_dark_theme_and_a_narrow_window(lab: Open, bring: Callable[..., None]) -> None:
    bring("httpd:2.4", "httpd:2.2", "python:3.12")
    notebook = lab("import nbdock\nlayers = nbdock.widgets.Layers('httpd:2.4')\nlayers", UI)
    page = notebook.page
    row = page.get_by_role("grid", name="Layers").get_by_role("row").nth(4)
    row.click()
    digest = Dock().history("httpd:2.4").query("step == 3").iloc[0]["layer"]
    expect(page.get_by_text(digest)).to_be_visible()
    expect(page.get_by_role("rowheader", name="Media type")).to_be_visible()
    notebook.shot("layers")
    notebook.dark()
    notebook.shot("dark")
    page.set_viewport_size({"width": 620, "height": 1400})
    page.get_by_role("checkbox", name="Select httpd:2.2").check()
    page.locator(".nbdock-application").get_by_role("button", name="Delete", exact=True).first.click()
    expect(page.locator(".nbdock-application").get_by_role("button", name="Cancel")).to_be_focused()
    notebook.shot("narrow")
    assert fits(page)
