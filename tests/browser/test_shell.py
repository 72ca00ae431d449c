"""The list of images and what one does with it, in a plain page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Response, expect

from nbdock.api import Dock
from nbdock.back.backend import backend
from nbdock.back.jobs import Job
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.reference import Reference
from tests.parts.many import fill

pytestmark = pytest.mark.slow
Open = Callable[..., Page]
HOSTILE = "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 1'>\"' \u202e\u2066 $x^2$ " + "x" * 10_000
UNREACHABLE = """(root) => [...root.querySelectorAll('button, input, select, [role=tab]')].filter((node) => {
  if (!node.getClientRects().length || node.closest('.nbdock-menu')) return false;
  node.scrollIntoView({block: 'center', inline: 'nearest'});
  const {left, top, width, height} = node.getBoundingClientRect();
  const cut = left < -1 || left + width > root.getBoundingClientRect().right + 1;
  return cut || !node.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}).map((node) => node.ariaLabel || node.textContent || node.outerHTML)"""


def grid(page: Page) -> Locator:
    return page.get_by_role("grid", name="Images", exact=True)


def row(page: Page, text: str) -> Locator:
    return grid(page).get_by_role("row").filter(has_text=text)


def select(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("checkbox", name=f"Select {name}", exact=True).check()


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def chip(page: Page, name: str) -> Locator:
    return page.locator(".nbdock-chip").filter(has_text=re.compile(f"^{name}"))


def test_find_select_delete_and_undo(plain: Open, bring: Callable[..., None], accessible: Callable[[], None]) -> None:
    bring("httpd:2.4", "httpd:latest", "httpd:2.2", "busybox:latest")
    Dock().container_create("busybox", name="box")
    page = plain()
    expect(row(page, "httpd")).to_have_count(2)
    expect(row(page, "latest").filter(has_text="httpd")).to_contain_text("2.4")
    expect(row(page, "busybox")).to_contain_text("box")
    expect(page.locator(".nbdock-foot")).to_contain_text("3 images · ")
    expect(page.locator(".nbdock-foot")).to_contain_text("reclaimable")
    assert [chip(page, name).inner_text().split()[-1] for name in ("All", "In use", "Unused", "Dangling")] == list(
        "3120"
    )
    chip(page, "In use").click()
    expect(row(page, "httpd")).to_have_count(0)
    expect(chip(page, "In use")).to_have_attribute("aria-pressed", "true")
    accessible()
    chip(page, "All").click()
    page.get_by_role("searchbox").fill("http 2.2")
    expect(grid(page)).to_have_attribute("aria-rowcount", "2")
    page.get_by_role("searchbox").fill("")
    select(page, "httpd:2.2", "busybox:latest")
    expect(page.locator(".nbdock-selection")).to_contain_text(re.compile(r"2 selected · frees \d"))
    accessible()
    click(page, "Delete")
    expect(page.get_by_role("heading", name="Delete one image?")).to_be_visible()
    expect(page.get_by_role("button", name="Keep")).to_be_focused()
    plan = page.get_by_role("grid", name="What would be deleted")
    expect(plan).to_contain_text(re.compile("kB for httpd:(2.4|latest)"))
    expect(page.get_by_text("busybox:latest is in use by 1 container: box")).to_be_visible()
    accessible()
    click(page, "Delete all the same")
    expect(page.get_by_role("heading", name="Delete 2 images?")).to_be_visible()
    page.get_by_role("button", name="Delete, freeing").click()
    expect(page.get_by_text("will be freed.")).to_be_visible()
    expect(row(page, "busybox")).to_have_count(0)
    undo = page.get_by_role("button", name=re.compile("Undo"))
    expect(undo).to_have_text(re.compile(r"Undo \(\d+ s\)"))
    accessible()
    undo.click()
    expect(row(page, "busybox")).to_have_count(1)
    expect(page.get_by_text("Restored")).to_be_visible()


def test_prune_and_free(plain: Open, bring: Callable[..., None], accessible: Callable[[], None]) -> None:
    bring("httpd:2.4", "httpd:2.2", "python:3.12", "busybox:latest")
    Dock().tag("busybox", "httpd:2.2")
    page = plain()
    expect(chip(page, "Dangling")).to_contain_text("1")
    click(page, "Prune")
    expect(page.get_by_role("heading", name="Prune one image?")).to_be_visible()
    accessible()
    page.get_by_label("All unused images").check()
    expect(page.get_by_role("heading", name="Prune 4 images?")).to_be_visible()
    page.get_by_label("Unit").select_option("MB")
    expect(page.get_by_role("heading", name="Prune one image?")).to_be_visible()
    expect(page.get_by_role("grid", name="What would be deleted")).to_contain_text("python")
    page.get_by_label("How much to free").fill("900000")
    expect(page.get_by_text("deleting all of these images frees")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("group", name="Prune images")).to_have_count(0)
    expect(page.locator(".nbdock :focus")).to_have_count(1)


def test_the_keyboard_alone(plain: Open, bring: Callable[..., None]) -> None:
    backend().grace = 0.1
    bring("httpd:2.4", "httpd:2.2", "busybox:latest")
    page = plain()
    page.get_by_role("searchbox").fill("http")
    page.keyboard.press("ArrowDown")
    expect(grid(page)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator(".nbdock-selection")).to_contain_text("one selected")
    page.get_by_role("button", name="Tag", exact=True).first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("New name")).to_be_focused()
    page.keyboard.type("mine:1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Added the tag mine:1.")).to_be_visible()
    expect(grid(page)).to_be_focused()
    expect(row(page, "mine:1")).to_have_count(1)
    page.keyboard.press("Delete")
    expect(page.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(grid(page)).to_be_focused()
    page.keyboard.press("Delete")
    page.get_by_role("button", name="Delete, freeing").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("Deleted .*mine:1.* freed."))).to_be_visible()
    expect(page.locator(".nbdock :focus")).to_have_count(1)
    assert {image["repository"] for _, image in Dock().ls().iterrows()} == {"httpd", "busybox"}
    backend().grace = 10


@pytest.mark.parametrize("scheme", ["light", "dark", "forced"])
def test_everything_is_within_reach_at_every_width(
    scheme: str, plain: Open, bring: Callable[..., None], accessible: Callable[[], None], shots: object
) -> None:
    bring("httpd:2.4", "httpd:2.2", "busybox:latest")
    page = plain()
    page.emulate_media(
        color_scheme="dark" if scheme == "dark" else "light", forced_colors="active" if scheme == "forced" else "none"
    )
    app = page.locator(".nbdock-shell")
    for width in (320, 480, 760, 1400):
        page.set_viewport_size({"width": width, "height": 1000})
        expect(row(page, "busybox")).to_be_visible()
        page.screenshot(path=f"{shots}/shell-{scheme}-{width}.png")
        assert app.evaluate(UNREACHABLE) == []
        select(page, "httpd:2.2")
        click(page, "Delete")
        expect(page.get_by_role("button", name="Keep")).to_be_focused()
        page.screenshot(path=f"{shots}/plan-{scheme}-{width}.png")
        assert app.evaluate(UNREACHABLE) == []
        accessible()
        page.keyboard.press("Escape")
        click(page, "Clear the selection")
        assert app.evaluate("(node) => node.scrollWidth <= node.clientWidth")


def test_ten_thousand_images(plain: Open, page: Page, home: object) -> None:
    fill(Dock().store.root, 10_000)
    backend().ask("images", {}, Job())  # each config is read the first time
    told: list[Response] = []
    page.on("response", lambda each: told.append(each) if each.url.endswith("ask/images") else None)
    plain()
    expect(grid(page)).to_have_attribute("aria-rowcount", "10001")
    expect(page.locator(".nbdock-foot")).to_contain_text("reclaimable")
    Dock().tag("project/app-7:1.0", "mine:1")
    page.get_by_role("searchbox").fill("mine:1")
    expect(row(page, "project/app-7:1.0")).to_have_count(1)
    expect(chip(page, "All")).to_contain_text("10,000")
    page.get_by_role("searchbox").fill("")
    assert [len(each.json()["value"]["images"]) for each in told] == [200, 10_000, 1]
    assert grid(page).get_by_role("row").count() < 60
    grid(page).focus()
    page.keyboard.press("End")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator(".nbdock-selection")).to_contain_text("3 selected")
    page.keyboard.press("Escape")
    page.get_by_role("searchbox").fill("app-1999")
    expect(grid(page)).to_have_attribute("aria-rowcount", "2")
    page.get_by_role("searchbox").fill("")
    page.get_by_role("columnheader", name="Size").get_by_role("button").click()
    expect(page.get_by_role("columnheader", name="Size")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("checkbox", name="Select all").check()
    expect(page.locator(".nbdock-selection")).to_contain_text("10,000 selected")


def test_two_thousand_images_are_deleted(plain: Open, home: object) -> None:
    fill(Dock().store.root, 2000)
    page = plain()
    page.get_by_role("checkbox", name="Select all").check()
    click(page, "Delete")
    page.get_by_role("button", name="Delete, freeing").click()
    expect(page.get_by_text("will be freed.")).to_be_visible()
    expect(grid(page)).to_be_hidden()
    backend().ask("finish", {"number": max(backend().removals)}, Job())


def test_hostile_text_is_not_markup(plain: Open, home: object) -> None:
    store_a_hostile_image("evil:1")
    page = plain()
    row(page, "evil").get_by_role("gridcell").nth(1).dblclick()
    expect(page.get_by_text("<script>window.hurt = 1</script>").first).to_be_visible()
    assert page.evaluate("window.hurt") is None
    assert page.locator(".nbdock-shell").evaluate("(node) => node.scrollWidth <= node.clientWidth")


def test_it_follows_the_store(plain: Open, bring: Callable[..., None]) -> None:
    page = plain()
    bring("busybox:latest")
    expect(row(page, "busybox")).to_have_count(1)
    Dock().tag("busybox", "mine:1")
    expect(row(page, "mine:1")).to_have_count(1)
    for passed, text in ((59 * 60 + 1, "59 minutes ago"), (11 * 31 * 86400, "11 months ago")):
        page.evaluate(f"() => {{ const now = Date.now; Date.now = () => now() + {passed * 1000}; }}")
        page.evaluate("shown.list.grow()")
        expect(row(page, "busybox")).to_contain_text(text)


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


@pytest.fixture
def above_a_base(bring: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two images, one of them in the base store."""
    bring("hello-world")
    monkeypatch.setenv("NBDOCK_STORE_BASE", str(Dock().store.root))
    monkeypatch.setenv("NBDOCK_STORE", str(tmp_path / "own"))
    bring("busybox:latest")


def test_images_of_the_base_store_are_shown_and_no_button_deletes_them(above_a_base: None, plain: Open) -> None:
    page = plain()
    expect(row(page, "hello-world")).to_contain_text("read-only")
    expect(row(page, "busybox")).not_to_contain_text("read-only")
    row(page, "hello-world").hover()
    expect(row(page, "hello-world").get_by_role("button", name="Open", exact=False)).to_have_count(1)
    expect(row(page, "hello-world").get_by_role("button", name="Delete", exact=False)).to_have_count(0)
    select(page, "hello-world:latest")
    delete = page.get_by_role("button", name="Delete", exact=True)
    expect(delete).to_have_count(2)  # of what is selected, and of the image that is open
    for each in delete.all():
        expect(each).to_be_disabled()
    select(page, "busybox:latest")
    expect(delete.first).to_be_enabled()
