"""The explorer of an image's files, in a plain page: the very modules, and a back end in this process."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from nbdock.api import Dock
from nbdock.back.backend import Backend
from tests.back.test_files import AGAIN, BASE, MORE, hostile, store
from tests.browser.plain import plain
from tests.parts.layers import file, layer

MANY = layer(*(file(f"many/{n:04}.txt", b"x" * n) for n in range(1, 451)), *hostile())


@pytest.fixture
def dock(tmp_path: Path) -> Dock:
    return store(tmp_path / "store", one=[BASE, AGAIN, MORE, MANY], two=[BASE])


@pytest.fixture
def address(dock: Dock) -> Iterator[str]:
    with plain(Backend(dock)) as address:
        image = next(each for each in dock.store.images() if len(each.layers) == 4)
        yield f"{address}?{urlencode({'part': 'explorer', 'options': json.dumps([{'id': str(image.id)}])})}"


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name).first


def active(page: Page) -> Locator:
    return page.locator(".nbdock-body .nbdock-active")


def is_accessible(page: Page, shots: Path, name: str) -> None:
    page.screenshot(path=shots / f"explorer-{name}.png")
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


def test_by_keyboard_alone(page: Page, address: str, shots: Path) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    expect(row(page, "usr")).to_be_visible()
    is_accessible(page, shots, "wide")
    tree = page.get_by_role("treegrid", name="Files")
    tree.focus()
    for key in ("Home", "ArrowRight"):
        page.keyboard.press(key)
    first = page.locator(".nbdock-body [aria-expanded=true]").first
    expect(first).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(active(page)).to_contain_text("0450.txt")
    expect(page.locator(".nbdock-tile.nbdock-active")).to_have_attribute(
        "aria-label", "/many/0450.txt, 450B, layer 3: COPY 3 /"
    )
    page.keyboard.press("Enter")
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("x" * 450)
    expect(preview).to_contain_text("450 bytes")
    page.keyboard.press("ArrowDown")
    expect(preview).to_contain_text("449 bytes")
    is_accessible(page, shots, "preview")
    preview.get_by_role("button", name="Wrap lines").focus()
    page.keyboard.press("Escape")
    expect(preview).to_be_hidden()
    expect(tree).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(first).to_have_count(0)

    page.get_by_label("Search").focus()
    page.keyboard.type("*tool")
    expect(page.get_by_role("status").filter(has_text="match")).to_have_text("one match, 10kB")
    page.keyboard.press("Enter")
    expect(active(page)).to_contain_text("/usr/bin")
    page.keyboard.press("Enter")
    expect(preview).to_contain_text("00000000  7f 45 4c 46 00")
    preview.get_by_role("button", name="More").click()
    expect(preview).to_contain_text("00001000  00 00")
    preview.get_by_role("button", name="Show in the tree").press("Enter")
    expect(active(page)).to_contain_text("tool")
    expect(page.get_by_label("Search")).to_have_value("")
    assert errors == []


def test_layers_waste_and_the_treemap(page: Page, address: str) -> None:
    page.goto(address)
    filters = page.get_by_role("toolbar", name="Layers")
    filters.get_by_role("button", name="All layers").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(filters.get_by_role("button", name="1 COPY 1 /")).to_have_attribute("aria-pressed", "true")
    expect(filters.get_by_role("button", name="1 COPY 1 /")).to_be_focused()
    expect(page.get_by_role("row")).to_have_count(3)
    page.evaluate("shown.showLayer('')")
    expect(row(page, "srv")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Wasted")).click()
    tree = page.get_by_role("treegrid", name="Files")
    row(page, "many").get_by_role("button").click()
    expect(row(page, "0450.txt")).to_be_visible()
    tree.evaluate("(node) => (node.scrollTop = 28 * 195)")
    page.get_by_role("button", name="250 more").click()
    expect(row(page, "0250.txt")).to_be_visible()
    tree.evaluate("(node) => (node.scrollTop = 0)")
    row(page, "many").get_by_role("button").click()
    row(page, "etc").get_by_role("button").click()
    expect(row(page, "old.conf")).to_contain_text("deleted in layer 1")
    box = page.locator(".nbdock-tile[aria-label^='/etc/old.conf']")
    box.focus()
    expect(page.locator(".nbdock-tells")).to_have_text("/etc/old.conf, 500B, layer 0: COPY 0 /")
    box.press("Enter")
    expect(active(page)).to_contain_text("old.conf")


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (640, "dark"), (1400, "forced")])
def test_another_image_is_compared_at_any_width(page: Page, address: str, shots: Path, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(
        color_scheme="dark" if scheme == "dark" else "light", forced_colors="active" if scheme == "forced" else "none"
    )
    page.goto(address)
    expect(row(page, "etc")).to_be_visible()
    is_accessible(page, shots, f"{width}-{scheme}")
    against = page.get_by_label("Compare with")
    against.fill("nothing:1")
    against.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("No such image: nothing:1")
    against.fill("localhost/files:two")
    against.press("Enter")
    expect(page.get_by_text("1 changed")).to_be_visible()
    row(page, "etc").get_by_role("button").click()
    row(page, "motd").get_by_role("button").click()
    preview = page.get_by_role("region", name="Preview")
    expect(preview.locator("[data-mark=added]")).to_have_text("+you")
    is_accessible(page, shots, f"compared-{width}-{scheme}")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Stop comparing").click()
    expect(page.get_by_role("button", name="All layers")).to_be_visible()


def test_reading_can_be_cancelled_and_a_missing_layer_is_a_line(page: Page, address: str, dock: Dock) -> None:
    page.route("**/ask/explore", lambda _: None)  # never answered
    page.goto(address)
    expect(page.get_by_text("Reading the layers…")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The layers were not read.")).to_be_visible()
    page.unroute("**/ask/explore")
    digest = dock.store.images()[0].layers[0].descriptor.digest
    for path in dock.settings.store.rglob(f"{digest.hex}*"):
        path.unlink()
    page.get_by_role("button", name="Read them").press("Enter")
    expect(row(page, "many")).to_be_visible()
