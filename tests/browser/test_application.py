"""The application in JupyterLab, with the kernel behind it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.pages import Lab
from tests.parts.registries import Registry
from tests.parts.tokens import PASSWORD, USER

pytestmark = pytest.mark.slow
Open = Callable[..., Lab]
UI = "import nbdock\nui = nbdock.ui()\nui"
CELLS = "window.jupyterapp.shell.currentWidget.content.widgets.length"
INERT = "(root) => [...root.querySelectorAll('button')].every((node) => node.closest('[inert]'))"


def app(page: Page) -> Locator:
    return page.locator(".jp-Notebook .nbdock")


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("grid", name="Images", exact=True).get_by_role("row").filter(has_text=text)


def click(page: Page, name: str) -> None:
    app(page).get_by_role("button", name=name, exact=True).first.click()


def test_the_application_and_the_kernel_show_the_same(lab: Open, bring: Callable[..., None]) -> None:
    bring("httpd:2.4", "busybox:latest")
    notebook = lab(UI)
    page = notebook.page
    page.get_by_role("checkbox", name="Select httpd:2.4").check()
    assert "httpd" in notebook.run("set(ui.selected.repository)").inner_text()
    notebook.run("ui.selected = ui.frame.query(\"repository == 'busybox'\")\nui.filter = 'box'")
    expect(page.get_by_role("checkbox", name="Select busybox:latest")).to_be_checked()
    expect(row(page, "httpd")).to_have_count(0)
    notebook.run("ui.filter = ''\n%image tag httpd:2.4 mine:1\n%container create httpd:2.4")
    expect(row(page, "mine")).to_be_visible()
    notebook.dark()
    notebook.shot("application-dark")

    cells = page.evaluate(CELLS)
    for place in (page.get_by_role("checkbox", name="Select busybox:latest"), app(page).get_by_role("status").first):
        place.click()
        for key in ("x", "a", "b", "d", "d", "Shift+M"):
            page.keyboard.press(key)
    assert page.evaluate(CELLS) == cells, "keys typed in the application reached JupyterLab"

    page.get_by_role("checkbox", name="Select busybox:latest").check()
    click(page, "Tag")
    page.keyboard.type("mine:2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Added the tag mine:2.")).to_be_visible()
    click(page, "Delete")
    page.get_by_role("button", name="Delete, freeing").click()
    expect(row(page, "busybox")).to_have_count(0)
    app(page).get_by_role("button", name="Undo").click()
    expect(row(page, "busybox")).to_have_count(1)


def test_without_its_kernel_it_says_so(lab: Open, bring: Callable[..., None]) -> None:
    bring("busybox:latest")
    notebook = lab(UI)
    page = notebook.page
    expect(row(page, "busybox")).to_be_visible()
    notebook.restart()
    expect(page.get_by_text("The kernel behind this has ended: run the cell again.")).to_have_count(1)
    notebook.shot("restarted")
    assert app(page).evaluate(INERT)


def test_a_password_is_in_no_file(lab: Open, private_registry: Registry) -> None:
    notebook = lab(UI)
    page = notebook.page
    click(page, "Accounts")
    page.get_by_role("combobox", name="Registry").fill(private_registry.host)
    page.get_by_label("User name").fill(USER)
    secret = page.get_by_label("Password or token")
    secret.fill(PASSWORD)
    notebook.shot("login")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Logged in to")).to_be_visible()
    assert secret.input_value() == ""
    saved = notebook.save()
    assert "application/vnd.jupyter.widget-state+json" in saved
    assert PASSWORD not in saved
    assert json.dumps(PASSWORD)[1:-1] not in saved
