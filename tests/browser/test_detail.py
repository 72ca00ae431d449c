"""One image and its sub-tabs, in a plain page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from nbdock.api import Dock
from nbdock.back.backend import backend
from nbdock.back.jobs import Job
from nbdock.oci.reference import Reference
from tests.browser.test_shell import UNREACHABLE, store_a_hostile_image

pytestmark = pytest.mark.slow
Open = Callable[..., Page]
TABS = ("Layers", "Files", "Packages", "Config", "Tags", "Used by", "JSON")
SHOW = "(name) => host.ask('image', { name }).then((row) => shown.show(row))"


@pytest.fixture
def show(plain: Open, bring: Callable[..., None]) -> Callable[[str], Page]:
    """Opens a page with an image."""
    bring("nbdock/wasteful:latest", "httpd:2.4", "httpd:2.2", "python:3.12")
    page = plain("detail")

    def show(name: str) -> Page:
        page.evaluate(SHOW, name)
        return page

    return show


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("tab", name=re.compile(f"^{name}"))


def panel(page: Page) -> Locator:
    return page.get_by_role("tabpanel")


def copied(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_layers_by_keyboard(show: Callable[[str], Page], accessible: Callable[[], None]) -> None:
    page = show("nbdock/wasteful")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(page.get_by_role("heading", name="nbdock/wasteful")).to_be_visible()
    expect(panel(page).get_by_role("listitem").filter(has_text="apt-get update")).to_contain_text("90kB")
    expect(panel(page)).to_contain_text(
        re.compile(r"12 layers · 2.97MB · 187kB shared with other images · 2.\d+MB wasted")
    )
    expect(panel(page)).to_contain_text(re.compile(r"also in httpd:2.\d\+1"))
    expect(page.get_by_role("tab", selected=True)).to_have_text("Layers12")
    accessible()
    page.get_by_role("button", name="90kB wasted").click()
    expect(panel(page)).to_contain_text("/var/lib/apt/lists/main_Packages")
    expect(panel(page)).to_contain_text("delete it in the RUN that writes it")

    page.get_by_role("button", name="Copy the image id").click()
    expect(page.get_by_role("button", name="Copy the image id")).to_contain_text("Copied")
    assert copied(page) == page.evaluate("shown.row.id")

    chosen = page.evaluate("shown.panel.made[1].digest")
    page.evaluate("() => { window.asked = []; }")
    tab(page, "Layers").focus()
    page.keyboard.press("ArrowRight")
    page.evaluate("() => { shown.panel.constructor.prototype.showLayer = (layer) => asked.push(layer); }")
    page.keyboard.press("ArrowLeft")
    expect(tab(page, "Layers")).to_be_focused()
    expect(page.get_by_role("button", name=re.compile("^Files of layer"))).to_have_count(12)
    page.get_by_role("button", name="Files of layer 0", exact=True).focus()
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Files of layer 11", exact=True)).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(tab(page, "Files")).to_be_focused()
    assert page.evaluate("asked") == [chosen]


def test_each_tab(show: Callable[[str], Page], accessible: Callable[[], None]) -> None:
    image = next(each for each in Dock().store.images() if any(tag.familiar == "httpd:2.4" for tag in each.tags))
    Dock().store.tag(Reference.parse("httpd:2.4"), image.descriptor)
    Dock().container_create("httpd:2.4", "httpd", "-X", name="web")
    page = show("httpd:2.4")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab(page, "Layers").focus()
    page.keyboard.press("End")
    expect(tab(page, "JSON")).to_be_focused()
    expect(page.get_by_role("region", name="docker inspect")).to_contain_text('"RepoTags"')
    page.get_by_role("button", name="Manifest").click()
    expect(page.get_by_role("region", name="Manifest")).to_contain_text('"schemaVersion": 2')
    expect(page.get_by_role("button", name="Manifest")).to_be_focused()
    page.get_by_role("button", name="Copy all").click()
    assert copied(page).startswith("{\n")
    accessible()

    tab(page, "Used by").click()
    expect(panel(page).get_by_role("listitem").filter(has_text="web")).to_contain_text("httpd -X")
    expect(panel(page).get_by_role("listitem").filter(has_text="httpd:2.2")).to_contain_text("shares 3 layers")
    Dock().container_create("httpd:2.4", name="later")
    expect(panel(page).get_by_role("listitem").filter(has_text="later")).to_be_visible()
    accessible()

    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Copy docker pull httpd@").first.click()
    assert copied(page) == f"docker pull httpd@{image.descriptor.digest}"
    page.get_by_label("Add a tag").fill("UPPER:1")
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("alert")).to_contain_text("must be lowercase")
    page.get_by_label("Add a tag").fill("mine:1")
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("listitem").filter(has_text="mine:1")).to_be_visible()
    expect(page.get_by_label("Add a tag")).to_have_value("")
    accessible()

    tab(page, "Config").click()
    expect(panel(page).get_by_role("term").filter(has_text="HTTPD_PREFIX")).to_be_visible()
    panel(page).get_by_role("button", name="Copy HTTPD_PREFIX").click()
    assert copied(page) == "/usr/local/apache2"
    accessible()
    page.evaluate(SHOW, "python:3.12")
    expect(panel(page).get_by_role("term").filter(has_text="PYTHON_VERSION")).to_be_visible()

    tab(page, "Packages").click()
    expect(page.get_by_role("grid", name="Packages")).to_contain_text("automake")
    packages = len(Dock().packages("python:3.12").query("not deleted"))
    expect(panel(page)).to_contain_text(f"{packages} packages")
    page.get_by_role("searchbox").fill("lib ssl")
    expect(panel(page)).to_contain_text(re.compile(rf"\d of {packages}"))
    expect(page.get_by_role("grid", name="Packages")).not_to_contain_text("automake")
    accessible()


def test_what_is_odd_is_plain_text_and_costs_one_tab(
    show: Callable[[str], Page], accessible: Callable[[], None]
) -> None:
    store_a_hostile_image("evil:1")
    page = show("evil:1")
    for name in TABS:
        tab(page, name).click()
        expect(panel(page)).not_to_contain_text("Loading")
        assert panel(page).evaluate("(node) => node.scrollWidth <= node.clientWidth"), name
    assert page.evaluate("window.hurt") is None
    tab(page, "Layers").click()
    expect(panel(page)).to_contain_text("<script>window.hurt = 1</script>")
    unfold = page.get_by_role("button", name="Show all")
    unfold.click()
    expect(page.get_by_role("button", name="Show less")).to_have_attribute("aria-expanded", "true")

    image = next(each for each in Dock().store.images() if any(tag.familiar == "httpd:2.4" for tag in each.tags))
    path = Dock().store.root / "blobs" / "sha256" / image.id.hex
    path.chmod(0o644)
    path.write_bytes(b"x" * path.stat().st_size)
    page.evaluate(SHOW, "httpd:2.4")
    expect(panel(page)).to_contain_text("6 layers · 372kB")
    expect(panel(page).get_by_role("alert")).to_contain_text("hashes to")
    tab(page, "Config").click()
    expect(panel(page).get_by_role("alert")).to_contain_text("hashes to")
    accessible()
    tab(page, "Used by").click()
    expect(panel(page)).to_contain_text("httpd:2.2")


@pytest.mark.parametrize("scheme", ["light", "dark", "forced"])
def test_every_tab_fits_every_width(
    scheme: str, show: Callable[[str], Page], accessible: Callable[[], None], shots: Path
) -> None:
    page = show("nbdock/wasteful")
    colours = {"color_scheme": "dark" if scheme == "dark" else "light"}
    page.emulate_media(**colours, forced_colors="active" if scheme == "forced" else "none")  # type: ignore[arg-type]
    expect(panel(page)).to_contain_text("in use")
    for name in ("Layers", "Packages", "Config", "Tags", "JSON"):
        tab(page, name).click()
        expect(panel(page)).not_to_contain_text("Loading")
        for width in (320, 1400):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{shots}/detail-{name.replace(' ', '-').lower()}-{scheme}-{width}.png")
            assert page.locator(".nbdock-detail").evaluate(UNREACHABLE) == [], (name, width)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        accessible()


def test_waste_that_takes_long_shows_how_far_it_is_and_stops(show: Callable[[str], Page]) -> None:
    page = show("python:3.12")
    expect(panel(page)).to_contain_text("in use")
    page.evaluate("""() => {
      const ask = host.ask.bind(host);
      window.ended = [];
      host.ask = (name, asked, options) => name !== 'waste' ? ask(name, asked, options)
        : new Promise((_, no) => options.signal.addEventListener('abort', () => (ended.push(asked.image), no())));
    }""")
    page.evaluate(SHOW, "httpd:2.4")
    expect(panel(page)).to_contain_text("Looking for wasted bytes")
    expect(panel(page)).to_contain_text("6 layers")
    image = page.evaluate("shown.row.id")
    backend().show(f"reading {image}", {"done": 30, "total": 120})
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "25")
    backend().hide(f"reading {image}")
    page.evaluate(SHOW, "httpd:2.2")
    expect(panel(page)).to_contain_text("Looking for wasted bytes")
    assert page.evaluate("ended") == [image]
    assert backend().ask("image", {"name": "httpd:2.4"}, Job())["id"] == image
