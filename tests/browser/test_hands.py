"""The application by keyboard, in a narrow window, and after its kernel: as people use it with their hands."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from nbdock.api import Dock
from tests.browser.pages import Lab
from tests.parts.many import fill
from tests.parts.registries import Registry
from tests.parts.tokens import PASSWORD, USER

pytestmark = pytest.mark.slow
Open = Callable[..., Lab]
UI = "import nbdock\nui = nbdock.ui()\nui"
CELLS = "window.jupyterapp.shell.currentWidget.content.widgets.length"
UNREACHABLE = """(root) => [...root.querySelectorAll('button, input, [role=tab]')].filter((node) => {
  if (!node.getClientRects().length) return false;
  node.scrollIntoView({block: 'center', inline: 'nearest'});
  const {left, top, width, height} = node.getBoundingClientRect();
  const cut = left + width > root.getBoundingClientRect().right;
  return cut || !node.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}).map((node) => node.getAttribute('aria-label') || node.textContent || node.outerHTML)"""
CUT = """(root) => [...root.querySelectorAll('.nbdock-time .nbdock-cell-text')]
  .filter((node) => node.scrollWidth > node.clientWidth).map((node) => node.textContent)"""


def app(page: Page) -> Locator:
    return page.locator(".nbdock-application")


def click(page: Page, name: str) -> None:
    app(page).get_by_role("button", name=name, exact=True).first.click()


@pytest.mark.parametrize("place", ["a button", "a tab", "a status", "a checkbox"])
def test_keys_stay_in_the_application(place: str, lab: Open, bring: Callable[..., None]) -> None:
    bring("busybox:latest")
    page = lab(UI, "ui.images.status.say('Nothing to do.')").page
    page.get_by_role("checkbox", name="Select busybox:latest").click()
    if place == "a button":
        app(page).get_by_role("button", name="Prune").focus()
    elif place == "a tab":
        page.get_by_role("tab", name="Search").click()
    elif place == "a status":
        page.get_by_text("Nothing to do.").last.click()
    before = page.evaluate(CELLS)
    for key in ("x", "a", "b", "d", "d", "Shift+M"):
        page.keyboard.press(key)
    assert page.evaluate(CELLS) == before
    expect(app(page)).to_be_visible()


def test_enter_submits_and_escape_closes(lab: Open, bring: Callable[..., None]) -> None:
    bring("busybox:latest")
    notebook = lab(UI)
    page = notebook.page
    page.get_by_role("checkbox", name="Select busybox:latest").check()
    click(page, "Tag")
    expect(page.get_by_label("New name")).to_be_focused()
    page.keyboard.type("mine:1")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("^Added the tag m"))).to_be_visible()  # ipywidgets may send the rest too late
    expect(app(page).get_by_role("button", name="Tag", exact=True)).to_be_focused()
    click(page, "Tag")
    expect(page.get_by_label("New name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("New name")).to_be_hidden()
    expect(app(page).get_by_role("button", name="Tag", exact=True)).to_be_focused()
    click(page, "Inspect")
    expect(page.get_by_role("button", name="Close")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Close")).to_have_count(0)


def test_the_focus_is_on_nothing_red_and_never_lost(lab: Open, bring: Callable[..., None]) -> None:
    bring("busybox:latest", "httpd:2.4")
    notebook = lab(UI)
    page = notebook.page
    delete = app(page).get_by_role("button", name="Delete", exact=True).first
    page.get_by_role("checkbox", name="Select busybox:latest").check()
    delete.click()
    expect(app(page).get_by_role("button", name="Cancel")).to_be_focused()
    notebook.shot("plan")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Delete images?")).to_be_hidden()
    expect(delete).to_be_focused()
    delete.click()
    page.get_by_role("grid", name="Removal plan").focus()
    page.keyboard.press("Escape")
    expect(delete).to_be_focused()
    delete.click()
    app(page).get_by_role("button", name="Delete, freeing").click()
    undo = app(page).get_by_role("button", name="Undo")
    expect(undo).to_have_text("Undo (10 s)")
    expect(app(page).locator(":focus")).to_have_count(1)
    undo.click()
    expect(page.get_by_role("row", name="busybox:latest")).to_be_visible()
    expect(undo).to_be_hidden()
    expect(app(page).locator(":focus")).to_have_count(1)


def test_enter_in_the_password_logs_in(lab: Open, private_registry: Registry) -> None:
    page = lab(UI).page
    page.get_by_role("tab", name="Log in").click()
    page.get_by_label("Registry").last.fill(private_registry.host)
    page.get_by_label("User name").fill(USER)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Login Succeeded")).to_be_visible()


def test_everything_is_within_reach_in_a_narrow_window(lab: Open, bring: Callable[..., None]) -> None:
    bring("busybox:latest", "httpd:2.4")
    notebook = lab(UI)
    page = notebook.page
    page.set_viewport_size({"width": 320, "height": 900})
    page.get_by_role("checkbox", name="Select httpd:2.4").check()
    notebook.shot("320")
    assert app(page).evaluate(UNREACHABLE) == []
    app(page).get_by_role("button", name="Delete httpd:2.4").click()
    expect(app(page).get_by_role("button", name="Cancel")).to_be_focused()
    assert app(page).evaluate(UNREACHABLE) == []
    notebook.shot("320-plan")
    for name in ("Search", "Log in"):
        page.get_by_role("tab", name=name).click()
        notebook.shot(f"320-{name}")
        assert app(page).evaluate(UNREACHABLE) == []


def test_ages_can_be_read_and_grow(lab: Open, bring: Callable[..., None]) -> None:
    bring("busybox:latest")
    notebook = lab(UI)
    page = notebook.page
    page.set_viewport_size({"width": 1400, "height": 900})
    row = page.get_by_role("row", name="busybox:latest")
    expect(row).to_contain_text("this minute")
    for passed, text in ((59 * 60 + 1, "59 minutes ago"), (11 * 31 * 86400, "11 months ago")):
        page.evaluate(f"() => {{ const now = Date.now; Date.now = () => now() + {passed * 1000}; }}")
        expect(row).to_contain_text(text)
        assert app(page).evaluate(CUT) == []
    notebook.shot("ages")


def test_without_its_kernel_it_says_so(lab: Open, bring: Callable[..., None]) -> None:
    bring("busybox:latest")
    notebook = lab(UI)
    page = notebook.page
    expect(page.get_by_role("row", name="busybox:latest")).to_be_visible()
    notebook.restart()
    expect(page.get_by_text("The kernel behind these widgets has ended: run the cell again.")).to_have_count(1)
    notebook.shot("restarted")
    assert app(page).evaluate("(root) => [...root.querySelectorAll('button')].every((node) => node.closest('[inert]'))")


def test_two_thousand_images_are_deleted(lab: Open, home: object) -> None:
    fill(Dock().store.root, 2000)
    notebook = lab(UI)
    page = notebook.page
    page.get_by_role("checkbox", name="Select all").check()
    click(page, "Delete")
    app(page).get_by_role("button", name="Delete, freeing").click()
    expect(page.get_by_text("No local images.")).to_be_visible()
    expect(page.get_by_text("will be freed.")).to_be_visible()
