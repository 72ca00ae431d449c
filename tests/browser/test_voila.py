"""The application as a page of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from nbdock.demo import notebooks
from tests.browser.conftest import settings
from tests.browser.pages import Watched, write
from tests.browser.servers import voila

pytestmark = pytest.mark.slow
ICONS = "https://cdn.jsdelivr.net/npm/@fortawesome/"
"""Voila's page requests icons there; nbdock's buttons use none."""
NOTEBOOKS = "The getter for the shared module is not a function"
"""What Notebook 7's own extension says in Voila, where both are installed."""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_voila(theme: str, page: Page, tmp_path: Path, shots: Path, bring: Callable[..., None]) -> None:
    bring("httpd:2.4", "httpd:2.2", "busybox:latest")
    notebook = write(tmp_path / "images.ipynb", settings(), "%image ui")
    with voila(notebook, tmp_path, theme) as server:
        page.route(f"{ICONS}**", lambda route: route.fulfill(body=""))
        watched = Watched(page, server.url)
        page.goto(server.url)
        page.get_by_role("checkbox", name="Select httpd:2.2").check(timeout=60_000)
        ui = page.locator(".nbdock")
        ui.get_by_role("button", name="Delete", exact=True).first.click()
        ui.get_by_role("button", name="Delete, freeing").click()
        expect(page.get_by_text("Deleted httpd:2.2.")).to_be_visible()
        grid = page.get_by_role("grid", name="Images", exact=True)
        expect(grid.get_by_role("row").filter(has_text="2.2")).to_have_count(0)
        page.get_by_role("searchbox", name="Filter").fill("busy")
        expect(grid).to_have_attribute("aria-rowcount", "2")
        page.screenshot(path=shots / f"voila-{theme}.png")
        assert [error for error in watched.errors if NOTEBOOKS not in error] == []
        assert [url for url in watched.external if not url.startswith(ICONS)] == []


def test_a_notebook_is_a_page(page: Page, tmp_path: Path, shots: Path) -> None:
    notebook = Path(shutil.copy(notebooks.folder() / "06-registry-observatory.ipynb", tmp_path))
    with voila(notebook, tmp_path, "light") as server:
        page.route(f"{ICONS}**", lambda route: route.fulfill(body=""))
        watched = Watched(page, server.url)
        page.goto(server.url, wait_until="commit")  # it comes as the cells run
        expect(page.get_by_text("does the same with thousands of images")).to_be_visible(timeout=60_000)
        expect(page.get_by_role("cell", name="RUN make install")).to_be_visible()
        expect(page.get_by_text("def archive")).to_have_count(0)
        page.screenshot(path=shots / "voila-notebook.png", full_page=True)
        expect(page.locator(".jp-RenderedVegaCommon5 svg").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        expect(page.get_by_text("is not a function")).to_have_count(0)
        assert [error for error in watched.errors if NOTEBOOKS not in error] == []
        assert [url for url in watched.external if not url.startswith(ICONS)] == []
