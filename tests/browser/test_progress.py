"""The progress of a magic in JupyterLab: bars that move, and what stays in the file."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.pages import Lab
from tests.parts.gate import Gate

pytestmark = pytest.mark.slow


def test_bars_move_and_stay_in_the_file_without_a_widget(lab: Callable[..., Lab], large: Gate) -> None:
    notebook = lab()
    output = notebook.start("layers = %image pull large:1")
    expect(output.locator("progress")).to_have_count(3)
    expect(output.get_by_text("no data for").first).to_be_visible()
    notebook.shot("progress-stalled")
    large.opened.set()
    expect(output.get_by_text("2/2 layers")).to_be_visible()
    expect(output.get_by_text("Status: Downloaded newer image")).to_be_visible()
    expect(output.locator("progress, table.tex2jax_ignore")).to_have_count(0)  # one line, above the frame
    notebook.shot("progress-complete")
    saved = json.loads(notebook.save())
    assert not any(state["state"] for state in saved["metadata"].get("widgets", {}).values())
    (kept,) = (output["data"] for output in saved["cells"][-1]["outputs"] if "data" in output)
    assert "2/2 layers" in "".join(kept["text/plain"]) and "".join(kept["text/html"]).count("<") == 2
