"""Frames in JupyterLab: no mathematics, headings in sight, also in an untrusted notebook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from nbdock.frames import schemas
from tests.browser.pages import Lab, write
from tests.browser.servers import Server

pytestmark = pytest.mark.slow
ROWS = """[{"created_by": "ENV PATH=$HOME/bin:$PATH $$x$$ \\\\\\\\(y\\\\\\\\)", "size_bytes": 148_123_456 * (step % 2),
    "empty_layer": step % 2 == 0, "step": step, "compressed_bytes": 5, "image_id": "sha256:" + "ab" * 32,
    "created": datetime(2024, 11, 7, 17, step, tzinfo=UTC), "comment": "buildkit.dockerfile.v0",
    "step_image_id": "sha256:" + "ab" * 32 if step == 39 else None} for step in reversed(range(40))]"""
SETUP = f"""from datetime import UTC, datetime
import pandas as pd
from nbdock.frames import schemas
history = schemas.HISTORY.frame({ROWS})"""
FORMULA = "mjx-container, .MathJax"


def test_what_an_image_says_is_no_formula(lab: Callable[..., Lab]) -> None:
    notebook = lab(SETUP)
    plain = notebook.run("pd.DataFrame({'created_by': ['$HOME:$PATH']})")
    expect(plain.locator(FORMULA).first).to_be_attached()
    for code in (
        "history",
        "history[['created_by', 'size_bytes']]",
        "history.set_index(['created_by', 'step'])[['size_bytes']].head()",
        "history.assign(other=history.created_by)[['other']].head()",
        "schemas.INSPECTED.frame([{'env': ['PATH=$HOME:$PATH'], 'layers': 1}])",
        "history[['created_by']].style",
        "from IPython.display import HTML\nHTML(history[['created_by']].to_html())",
    ):
        output = notebook.run(code)
        expect(output.locator("table")).to_be_visible()
        notebook.page.wait_for_timeout(500)  # the typesetter comes later than the table
        assert output.locator(FORMULA).count() == 0 and "$HOME" in output.inner_text()


def test_headings_stay_in_sight_on_light_and_dark(lab: Callable[..., Lab]) -> None:
    notebook = lab(SETUP)
    output = notebook.run("history")
    area, head = output.locator("div:has(> table)"), output.locator("thead")
    before = head.bounding_box()
    area.evaluate("(area) => { area.scrollTop = 150; }")
    assert area.evaluate("(area) => area.scrollTop") == 150 and head.bounding_box() == before
    assert head.evaluate("(head) => getComputedStyle(head).backgroundColor") != "rgba(0, 0, 0, 0)"
    notebook.shot("history-light")
    notebook.dark()
    notebook.shot("history-dark")


def test_an_untrusted_notebook_shows_the_same(page: Page, server: Server, shots: Path) -> None:
    rows = [{"created_by": "ENV PATH=$HOME:$PATH", "size_bytes": 5, "empty_layer": False, "step": 0}]
    html = schemas.HISTORY.frame(rows)._repr_html_()
    path = write(server.root / "stranger.ipynb", "history")
    content = nbformat.read(path, as_version=4)
    content.cells[0].outputs = [nbformat.v4.new_output("display_data", {"text/html": html})]
    nbformat.write(content, path)
    notebook = Lab(page, server, path, shots)
    output = page.locator(".jp-OutputArea table")
    expect(output).to_be_visible()
    page.wait_for_timeout(500)
    assert page.locator(FORMULA).count() == 0 and "$HOME:$PATH" in output.inner_text()
    assert output.locator("th", has_text="size_bytes").evaluate("(head) => getComputedStyle(head).textAlign") == "right"
    notebook.end()
