"""Pictures of steps and layers, from frames alone."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from nbdock.frames import schemas
from nbdock.plots import Figure, sharing, treemap, waterfall

HOSTILE = "<script>alert(1)</script>\"'& \u202e\x00\x0b\ufffe\uffff\ud800" + "x" * 10_000


def history(image: str, *steps: tuple[str, int | None, str]) -> pd.DataFrame:
    """Steps as (instruction, bytes or None where it made no layer, layer), oldest first."""
    rows: list[dict[str, Any]] = [
        {
            "created_by": words,
            "size_bytes": size or 0,
            "compressed_bytes": size or 0,
            "empty_layer": size is None,
            "layer": layer if size is not None else None,
            "step": step,
            "image_id": f"sha256:{image:0>64}",
        }
        for step, (words, size, layer) in enumerate(steps)
    ]
    return schemas.HISTORY.frame(reversed(rows))


HTTPD = history(
    "a1", ("ADD rootfs", 700, "base"), ("RUN build", 250, "built"), ("WORKDIR /", 0, "w"), ("CMD x", None, "")
)
PYTHON = history("b2", ("ADD rootfs", 700, "base"), ("RUN pip", 50, "pip"))
BOTH = pd.concat([HTTPD.assign(reference="httpd:2.4"), PYTHON.assign(reference="python:3.12")])


def elements(figure: Figure, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(figure.svg).iter(f"{{http://www.w3.org/2000/svg}}{tag}"))


def words(figure: Figure) -> list[str]:
    return [element.text or "" for element in elements(figure, "text")]


def bars(figure: Figure) -> list[tuple[float, float]]:
    """Where each coloured bar begins and how long it is."""
    return [
        (float(element.get("x", "")), float(element.get("width", "")))
        for element in elements(figure, "rect")
        if element.get("fill", "").startswith("#0072b2")
    ][:-1]  # the last is the legend's


def test_each_bar_of_a_waterfall_begins_where_the_one_above_it_ends() -> None:
    (first, long), (second, shorter), (third, stroke) = bars(waterfall(HTTPD))
    assert second == pytest.approx(first + long, abs=0.2)
    assert third == pytest.approx(second + shorter, abs=0.2)
    assert long / shorter == pytest.approx(700 / 250, abs=0.02)
    assert stroke == 1.5


def test_a_layer_of_no_bytes_and_no_layer_at_all_are_told_apart() -> None:
    assert words(waterfall(HTTPD, title="")) == [
        "ADD rootfs",
        "700B",
        "RUN build",
        "250B",
        "WORKDIR /",
        "0B",
        "CMD x",
        "no layer",
        "bytes that the instruction added",
    ]


def test_the_alternative_text_says_the_top_facts() -> None:
    assert repr(waterfall(HTTPD)).startswith(
        "4 instructions made 3 layers, 950B in all. Largest: 700B ADD rootfs; 250B RUN build;"
    )
    assert "750B python:3.12" in treemap(BOTH).alt
    assert "700B httpd:2.4 and python:3.12" in sharing(BOTH).alt


def test_what_images_share_stands_where_they_cross() -> None:
    assert words(sharing(BOTH)).count("700B") == 2
    assert words(sharing(BOTH)).count("950B") == 1


def test_one_image_under_two_names_is_one_image() -> None:
    twice = pd.concat([HTTPD.assign(reference="httpd:2.4"), HTTPD.assign(reference="httpd:latest")])
    assert treemap(twice).alt.startswith("1 image by the size of their layers, 950B in all")


def test_without_references_the_short_ids_are_the_names() -> None:
    assert "000000000000" in treemap(HTTPD).alt


@pytest.mark.parametrize("draw", [waterfall, treemap, sharing])
def test_hostile_words_are_text(draw: Any) -> None:
    """Also those that XML has no characters for, in frames that are not nbdock's."""
    hostile = pd.Series([HOSTILE], dtype=object)  # pandas' own strings hold no halves of characters with pyarrow
    frame = history("c3", ("", 10, "")).assign(created_by=hostile, layer=hostile, reference=hostile)
    figure = draw(frame)
    assert {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(figure.svg).iter()} <= {
        *("svg", "title", "text", "rect")
    }
    assert max(map(len, words(figure))) <= 140
    assert "\u202e" not in figure.svg
    assert "<script" not in figure.svg


@pytest.mark.parametrize("draw", [waterfall, treemap, sharing])
def test_a_frame_of_nothing_draws_nothing(draw: Any) -> None:
    assert "0B in all" in draw(HTTPD.head(0)).alt
