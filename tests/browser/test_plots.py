"""Pictures in JupyterLab: hovering tells, a click enlarges; nbconvert shows the still one."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import expect

from tests.browser.pages import Lab

pytestmark = pytest.mark.slow
SETUP = """import pandas as pd
from nbdock import plots
rows = [("/usr/lib/<b>libc</b>.so", 600, 0), ("/usr/bin/make", 200, 1), ("/app/model", 300, 2), ("/app/run", 100, 2)]
files = pd.DataFrame(rows, columns=["path", "size_bytes", "position"]).assign(
    layer=["a", "b", "c", "c"], created_by="COPY . /app # buildkit", image_id="sha256:ab", reference="shop")
"""


@pytest.mark.parametrize("draw", ["treemap", "icicle"])
def test_hovering_tells_and_a_click_enlarges(lab: Callable[..., Lab], draw: str) -> None:
    notebook = lab(SETUP)
    picture = notebook.run(f"plots.{draw}(files)").locator("svg.marks")
    title, label = picture.get_by_text("shop: 4 files, 1.2kB"), picture.get_by_text("model", exact=False).first
    expect(title).to_be_visible()
    area = label.bounding_box()
    assert area
    notebook.page.mouse.move(area["x"] + 5, area["y"] + 5)
    tip = notebook.page.locator("#vg-tooltip-element")
    expect(tip).to_contain_text("/app/model")
    expect(tip).to_contain_text("COPY . /app")
    notebook.shot(f"plots-{draw}")
    notebook.page.mouse.click(area["x"] + 5, area["y"] + 5)
    expect(picture.get_by_text("‹ /app 400B")).to_be_visible()
    picture.get_by_text("‹ /app 400B").click()
    expect(title).to_be_visible()


def test_a_saved_notebook_has_the_still_picture_for_nbconvert(lab: Callable[..., Lab]) -> None:
    notebook = lab(SETUP)
    expect(notebook.run("plots.treemap(files)").locator("svg.marks")).to_be_visible()
    html, _ = HTMLExporter().from_notebook_node(nbformat.reads(notebook.save(), as_version=4))
    stills = [base64.b64decode(each).decode() for each in re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", html)]
    assert any("shop: 4 files, 1.2kB in all" in still and "<b>libc" not in still for still in stills)
