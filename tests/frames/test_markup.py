"""Frames as HTML: what the numbers look like, what sorting and copying need, and what a notebook carries for them."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from nbdock.frames import schemas, script
from nbdock.frames.frame import Frame
from tests.frames.test_frame import image

ID = "sha256:" + "0123456789abcdef" * 4


class Cells(HTMLParser):
    """Each cell as its attributes and its text."""

    def __init__(self, html: str | None) -> None:
        super().__init__()
        self.all: list[tuple[dict[str, str | None], str]] = []
        self.feed(html or "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("td", "th"):
            self.all.append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.all:
            attributes, text = self.all.pop()
            self.all.append((attributes, text + data))

    def titles(self) -> dict[str, str | None]:
        return {text: attributes.get("title") for attributes, text in self.all}

    def bars(self) -> list[str]:
        return [found[1] for each, _ in self.all if (found := re.search(r" 0 100%/(\d+%) ", each["style"] or ""))]


def cells(frame: Any) -> Cells:
    html = frame._repr_html_()
    return Cells(html[: html.index("</table>")])


def sized(*sizes: int | None, **values: Any) -> Frame:
    return schemas.IMAGES.frame(image(size_bytes=size, **values) for size in sizes)[["tag", "size_bytes"]]


def test_thousands_are_separated_and_the_title_has_the_number_itself() -> None:
    found = schemas.FOUND.frame([{"name": "httpd", "stars": 12345, "official": True, "pulls": 1234567}])
    titles = cells(found).titles()
    assert titles["12,345"] == "12345" and titles["1,234,567"] == "1234567"
    assert "12345" in repr(found) and "12,345" not in repr(found)  # a terminal's text is docker's


def test_a_number_that_counts_nothing_is_shown_as_it_is() -> None:
    files = schemas.COLUMNS["uid"]
    frame = Frame({"uid": pd.Series([65534], dtype=files.dtype), "mode": [0o4755], "year": [2024]})
    assert {"65534", "4755", "2024"} <= set(cells(frame).titles())


def test_a_computed_number_of_bytes_is_separated_too() -> None:
    halves = sized(148_123_456, 2)
    halves["size_bytes"] = halves.size_bytes // 2
    assert cells(halves).titles()["74,061,728"] == "74061728"


def test_bars_compare_the_sizes_of_all_rows() -> None:
    assert cells(sized(100, 50, 0, None)).bars() == ["100%", "50%"]
    with pd.option_context("display.max_rows", 2):
        assert cells(sized(50, 200, 100)).bars() == ["25%", "50%"]


@pytest.mark.parametrize("sizes", [(5,), (5, 5), (None, None), ()])
def test_there_are_no_bars_where_nothing_is_compared(sizes: tuple[int | None, ...]) -> None:
    assert cells(sized(*sizes)).bars() == []


def test_there_are_no_bars_for_what_is_no_size() -> None:
    computed = sized(100, 50)
    computed["size_bytes"] = computed.size_bytes // 2
    assert cells(computed).bars() == [] and cells(computed.assign(size_bytes=0.5)).bars() == []


def test_a_label_has_its_value_in_full_too() -> None:
    frame = schemas.IMAGES.frame([image(image_id=ID)])[["image_id", "created", "tag"]]
    assert cells(frame.set_index("image_id")).titles()["0123456789ab"] == ID
    assert str(frame.created[0]) in cells(frame.set_index("created")).titles().values()


def test_the_title_of_what_is_absent_is_empty() -> None:
    assert cells(sized(5, tag=None)).titles()["<none>"] == ""


def test_the_gap_is_no_row_and_the_note_says_how_to_sort_them_all() -> None:
    with pd.option_context("display.max_rows", 4):
        html = sized(*range(9))._repr_html_() or ""
    assert '<tr><td colspan="2" style="text-align:center">…</td></tr>' in html
    assert "5 more rows; sort_values() sorts them all" in html


def test_own_columns_do_not_change_the_look_of_the_others() -> None:
    frame = schemas.IMAGES.frame([image(image_id=ID)])[["image_id", "size_bytes"]]
    titles = cells(frame.assign(share=1 / 3, what=["<b>\x1b"], at=pd.Timestamp("2024-01-02"))).titles()
    assert titles["0123456789ab"] == ID and "0.333333" in titles and "<b>\\x1b" in titles and "2024-01-02" in titles
    with pd.option_context("display.precision", 2):
        assert "0.33" in cells(frame.assign(share=1 / 3)).titles()


def test_headings_of_hierarchies_stay_in_sight_and_none_is_empty() -> None:
    html = sized(5, 6).assign(count=1).pivot_table(index="tag", columns="size_bytes", values="count")._repr_html_()
    assert '<thead style="position:sticky' in html and "<th></th>" not in html
    html = schemas.INSPECTED.frame([{"env": ["A=1", "B=2"], "layers": 1}])._repr_html_()
    assert html.count("<th") == 2 and "></th>" not in html


class Shell:
    """A kernel's shell, as far as it says which cell runs."""

    def __init__(self) -> None:
        self.parent: dict[str, dict[str, str]] = {}

    def get_parent(self) -> dict[str, dict[str, str]]:
        return self.parent

    def runs(self, cell: str, run: str) -> None:
        self.parent = {"metadata": {"cellId": cell} if cell else {}, "header": {"msg_id": run}}


@pytest.mark.parametrize(
    "runs, expected",
    [
        (["a1", "b2", "c3"], "x.."),  # the first cell that shows a frame
        (["a1", "a1", "b2"], "x.."),  # once, if it shows several
        (["a1", "b2", "a3", "a3", "b4"], "x.x.."),  # again when it runs again: the first output is gone
        (["-1", "-2", "-3"], "x.."),  # nbclient does not say which cell it is: each runs once
    ],
)
def test_one_cell_of_a_notebook_carries_the_script(runs: list[str], expected: str) -> None:
    shell, carrier = Shell(), script.Carrier()
    made = []
    for cell, run in runs:
        shell.runs(cell.strip("-"), run)
        made.append(carrier.script(shell))
    assert "".join("x" if each == script.source() else "." for each in made) == expected
    assert {each for each in made if each != script.source()} == {"window.nbdockFrames?.()"}


def test_where_outputs_are_pages_of_their_own_each_carries_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    shell, carrier = Shell(), script.Carrier()
    shell.runs("a", "1")
    assert [carrier.script(shell) for _ in range(2)] == [script.source()] * 2


def test_outside_of_notebooks_there_is_no_script() -> None:
    assert "<script" not in (sized(5)._repr_html_() or "") and script.Carrier().script(None) == ""


def test_the_script_is_short_and_only_a_script() -> None:
    assert len(script.source()) < 4_500
    assert "//" not in script.source() and "<" not in script.source().replace(" < 2", "")
    for word in ("innerHTML", "insertAdjacentHTML", "outerHTML", "eval(", "fetch(", "document.write"):
        assert word not in script.source()
