"""Frames in JupyterLab: no mathematics, headings in sight, sorting and copying; a plain table where no script runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, Locator, Page, expect

from nbdock.frames import schemas, script
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
    html = (schemas.HISTORY.frame(rows)._repr_html_() or "") + f"<script>{script.source()}</script>"
    path = write(server.root / "stranger.ipynb", "history")
    content = nbformat.read(path, as_version=4)
    content.cells[0].outputs = [nbformat.v4.new_output("display_data", {"text/html": html})]
    nbformat.write(content, path)
    notebook = Lab(page, server, path, shots)
    output = page.locator(".jp-OutputArea table")
    expect(output).to_be_visible()
    page.wait_for_timeout(500)
    assert page.locator(FORMULA).count() == 0 and "$HOME:$PATH" in output.inner_text()
    area = page.locator(".jp-OutputArea-output")
    assert area.locator("button, script").count() == 0 and "nbdockFrames" not in area.inner_text()
    assert output.locator("th", has_text="size_bytes").evaluate("(head) => getComputedStyle(head).textAlign") == "right"
    notebook.end()


IMAGES = """from nbdock.frames import schemas
from datetime import UTC, datetime
def image(number, tag=None, **values):
    return {"repository": "httpd", "image_id": f"sha256:{number:064x}", "layers": 3, "containers": 0,
            "dangling": tag is None, "runs_as_root": True, "kind": "image", "tag": tag,
            "created": datetime(2023, 1, 1 + number, tzinfo=UTC), "size_bytes": 1000 ** number, **values}
TAGS = ["3.9", "3.10", None, "3.12.1-alpine", "latest"]
images = schemas.IMAGES.frame([image(number % 3, tag) for number, tag in enumerate(TAGS)])"""
SMALL = "images[['tag', 'image_id', 'created', 'size_bytes']]"
AXE = "div:has(> .nbdock-frame)"


def column(output: Locator, number: int) -> list[str]:
    return output.locator(f"tbody tr > :nth-child({number + 1})").all_inner_texts()


def violations(page: Page) -> list[Any]:
    return [(each["id"], each["nodes"]) for each in Axe().run(page, context=AXE).response["violations"]]


def test_a_click_on_a_heading_sorts_by_value(lab: Callable[..., Lab]) -> None:
    output = lab(IMAGES).run(SMALL)
    tags, sizes = ["3.9", "3.10", "<none>", "3.12.1-alpine", "latest"], ["1B", "1kB", "1MB", "1B", "1kB"]
    assert column(output, 0) == tags and column(output, 3) == sizes
    head = output.get_by_role("columnheader", name="tag")
    for direction, expected in (
        ("ascending", ["3.9", "3.10", "3.12.1-alpine", "latest", "<none>"]),
        ("descending", ["latest", "3.12.1-alpine", "3.10", "3.9", "<none>"]),
        ("none", tags),
    ):
        head.get_by_role("button").click()
        expect(head).to_have_attribute("aria-sort", direction)
        assert column(output, 0) == expected
    output.get_by_role("button", name="size_bytes").click()
    assert column(output, 3) == ["1B", "1B", "1kB", "1kB", "1MB"]
    assert column(output, 0) == ["3.9", "3.12.1-alpine", "3.10", "latest", "<none>"]
    output.get_by_role("button", name="created").click()
    output.get_by_role("button", name="created").click()
    assert column(output, 3) == ["1MB", "1kB", "1kB", "1B", "1B"]
    expect(output.locator("[aria-sort=ascending], [aria-sort=descending]")).to_have_count(1)


def test_sorting_leaves_the_frame_as_it_is(lab: Callable[..., Lab]) -> None:
    notebook = lab(IMAGES)
    output = notebook.run(f"{SMALL}.set_index('tag')")
    output.get_by_role("button", name="size_bytes").click()
    output.get_by_role("button", name="tag").click()
    assert column(output, 0) == ["3.9", "3.10", "3.12.1-alpine", "latest", "<none>"]
    assert "['3.9', '3.10', <NA>, '3.12.1-alpine', 'latest']" in notebook.run("images.tag.tolist()").inner_text()


def test_sorting_and_copying_by_keyboard(lab: Callable[..., Lab]) -> None:
    notebook = lab(IMAGES)
    notebook.page.context.grant_permissions(["clipboard-read"])
    output = notebook.run(SMALL)
    keys = notebook.page.keyboard
    output.get_by_role("button", name="tag").focus()
    keys.press("Enter")
    expect(output.get_by_role("columnheader", name="tag")).to_have_attribute("aria-sort", "ascending")
    keys.press("Space")
    expect(output.get_by_role("columnheader", name="tag")).to_have_attribute("aria-sort", "descending")
    keys.press("x")  # JupyterLab's, to cut the cell
    for _ in range(4):
        keys.press("Tab")
    expect(output.get_by_role("button", name="Copy").first).to_be_focused()
    keys.press("Enter")
    expect(output.get_by_role("status")).to_have_text("Copied")
    assert notebook.page.evaluate("() => navigator.clipboard.readText()") == f"sha256:{1:064x}"
    expect(output.get_by_role("status")).to_be_empty()


def test_a_digest_is_copied_in_full_where_the_page_may_not_use_the_clipboard(lab: Callable[..., Lab]) -> None:
    notebook = lab(IMAGES)
    notebook.page.evaluate("() => Object.defineProperty(navigator, 'clipboard', { value: undefined })")  # plain HTTP
    for code, at in ((SMALL, 2), ("schemas.INSPECTED.frame([image(2, layers=1)])", 0), (f"{SMALL}.assign(a=1)", 2)):
        output = notebook.run(code)
        output.get_by_role("button", name="Copy").nth(at).click()
        expect(output.get_by_role("status")).to_have_text("Copied")
        notebook.page.evaluate(
            "() => document.body.append(Object.assign(document.createElement('textarea'), {id: 'in'}))"
        )
        notebook.page.locator("#in").focus()
        notebook.page.keyboard.press("Control+V")
        expect(notebook.page.locator("#in")).to_have_value(f"sha256:{2:064x}")
        notebook.page.evaluate("() => document.querySelector('#in').remove()")


def test_a_frame_with_rows_left_out_is_not_sorted(lab: Callable[..., Lab]) -> None:
    output = lab(IMAGES).run(f"pd = __import__('pandas')\npd.concat([{SMALL}] * 40)")
    expect(output.get_by_role("button", name="Copy")).to_have_count(10)
    expect(output.locator("thead button, [aria-sort]")).to_have_count(0)
    expect(output.get_by_text("190 more rows; sort_values() sorts them all")).to_be_visible()


def test_axe_finds_nothing_and_wide_frames_scroll_in_themselves(lab: Callable[..., Lab]) -> None:
    notebook = lab(SETUP, IMAGES)
    for code in (
        "history",
        f"{SMALL}.assign(part=1 / 3)",
        "history.pivot_table(index=['step', 'comment'], columns=['empty_layer', 'created'], values='size_bytes')",
        "schemas.INSPECTED.frame([image(2, layers=1, env=['A=1', 'B=2'])])",
        "images.assign(**{f'own_{number}': 1 for number in range(30)})",
    ):
        notebook.run(code)
    page = notebook.page
    page.locator("tbody button").first.click()
    assert violations(page) == []
    notebook.dark()
    assert violations(page) == []
    notebook.shot("frames-dark")
    page.emulate_media(forced_colors="active")
    assert violations(page) == []
    notebook.shot("frames-high-contrast")
    page.emulate_media(forced_colors="none")
    page.set_viewport_size({"width": 480, "height": 900})
    page.wait_for_function("() => document.querySelector('.nbdock-frame[tabindex]')")
    assert violations(page) == []
    notebook.shot("frames-480")
    wide = "(areas) => areas.map((area) => area.scrollWidth > area.clientWidth)"
    assert all(page.locator(".nbdock-frame").evaluate_all(wide))
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    output = "(nodes) => nodes.every((node) => node.scrollWidth <= node.clientWidth)"
    assert page.locator(".jp-OutputArea-output:has(.nbdock-frame)").evaluate_all(output)


def test_hostile_text_is_still_text_once_it_was_sorted(lab: Callable[..., Lab]) -> None:
    notebook = lab(IMAGES)
    rows = ["<img src=x onerror=alert(1)>", "$$x$$ \\\\u202e", "</script><b>b</b>"]
    output = notebook.run(f"schemas.IMAGES.frame([image(1, tag=tag) for tag in {rows!r}])[['tag', 'size_bytes']]")
    output.get_by_role("button", name="tag").click()
    assert sorted(column(output, 0)) == sorted(rows)
    assert output.locator(f"tbody :is(img, b, script), {FORMULA}").count() == 0


def test_a_notebook_carries_little_more_than_its_tables(lab: Callable[..., Lab]) -> None:
    notebook = lab(IMAGES)
    output = notebook.run(f"for _ in range(25): display({SMALL})")
    expect(output.locator("[data-live]")).to_have_count(25)
    more = notebook.run(f"for _ in range(25): display({SMALL})")
    expect(more.locator("[data-live]")).to_have_count(25)
    cells = json.loads(notebook.save())["cells"][-2:]
    frames = ["".join(output["data"]["text/html"]) for cell in cells for output in cell["outputs"]]
    scripts = [html[html.index("<script>") :] for html in frames]
    assert len(frames) == 50 and sum(map(len, scripts)) < 50 * 60 + 4_500
    again = notebook.page.locator(".jp-CodeCell").nth(-2)
    again.click()
    notebook.command("notebook:run-cell")
    expect(again.locator("[data-live]")).to_have_count(25)
    assert notebook.save().count("window.nbdockFrames = ") == 1


def test_nbconvert_has_one_plain_table_that_is_sorted_where_scripts_run(
    lab: Callable[..., Lab], browser: Browser, shots: Path
) -> None:
    notebook = lab(IMAGES)
    notebook.run(SMALL)
    notebook.save()
    made = HTMLExporter().from_filename(str(notebook.path))[0]
    (shots / "frames-nbconvert.html").write_text(made)
    for runs in (False, True):
        context = browser.new_context(java_script_enabled=runs)
        page = context.new_page()
        page.route("http*://**", lambda route: route.abort())
        page.goto(f"file://{shots}/frames-nbconvert.html")
        expect(page.locator("table")).to_have_count(1)
        assert column(page.locator("table"), 3) == ["1B", "1kB", "1MB", "1B", "1kB"]
        expect(page.locator("th button")).to_have_count(4 * runs)
        page.screenshot(path=shots / f"frames-nbconvert-{'live' if runs else 'plain'}.png")
        context.close()
