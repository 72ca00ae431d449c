"""Pictures of what is inside images: what they show, how much a notebook keeps of them, and that all text is data."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from typing import Any
from xml.etree import ElementTree

import nbformat
import numpy as np
import pandas as pd
import pytest

from nbdock import errors, plots
from nbdock.frames import inside
from nbdock.plots import Figure, vega
from tests.plots.test_plots import BOTH, HOSTILE, HTTPD, words

Draw = Callable[..., Figure]
IMAGE = {"image_id": "sha256:" + "ab" * 32, "reference": "docker.io/library/shop:1"}


def files(*rows: tuple[str, int, int], **image: str) -> pd.DataFrame:
    """Files as (path, bytes, position of the layer)."""
    return pd.DataFrame(
        [
            {"path": path, "size_bytes": size, "position": at, "layer": f"sha256:{at:064}", "created_by": STEPS[at % 3]}
            | (image or IMAGE)
            for path, size, at in rows
        ]
    )


STEPS = ("ADD rootfs /", "RUN /bin/sh -c make # buildkit", "COPY . /app # buildkit")
SHOP = files(("/usr/lib/libc.so", 600, 0), ("/usr/bin/make", 200, 1), ("/app/model/a", 300, 2), ("/app/run", 100, 2))
WASTED = pd.DataFrame(
    {
        "path": ["/tmp/a", "/tmp/b", "/x"],
        "wasted_bytes": [400, 100, 50],
        "how": ["deleted", "overwritten", "deleted"],
        "created_by": [STEPS[1], STEPS[1], STEPS[2]],
        "step": [1, 1, 2],
    }
)
CHANGES = pd.DataFrame(
    {
        "change": ["added", "removed", "changed"],
        "path": ["/app/new", "/app/old", "/etc/conf"],
        "before_bytes": pd.array([None, 70, 20], "Int64"),
        "after_bytes": pd.array([500, None, 30], "Int64"),
    }
)
ALL: list[tuple[Draw, pd.DataFrame]] = [
    *((plots.treemap, frame) for frame in (SHOP, BOTH)),
    (plots.icicle, SHOP),
    (plots.diff, CHANGES),
    (plots.waste, WASTED),
    (plots.waterfall, HTTPD),
    (plots.sharing, BOTH),
]
every = pytest.mark.parametrize(("draw", "frame"), ALL)


def named(figure: Figure) -> dict[str, Any]:
    return {box.name: box for box in figure.boxes}


def legend(figure: Figure) -> list[str]:
    return [entry.text for _, entry in figure.legend]


def colour(figure: Figure, name: str) -> str:
    return figure.groups[named(figure)[name].group].colour


def rows(figure: Figure, table: str) -> list[dict[str, str]]:
    (data,) = [each for each in vega.spec(figure)["data"] if each["name"] == table]
    return list(csv.DictReader(StringIO(data["values"])))


def test_the_areas_of_a_treemap_are_as_the_bytes_of_files() -> None:
    boxes = named(plots.treemap(SHOP))
    model, run = (boxes[name].width * boxes[name].height for name in ("/app/model/a", "/app/run"))
    assert model > 2 * run
    for each, folder in (("/app/run", "/app"), ("/usr/bin/make", "/usr/bin"), ("/usr/bin", "/usr")):
        a, b = boxes[each], boxes[folder]
        assert b.x <= a.x and b.y <= a.y and a.x + a.width <= b.x + b.width + 0.1 and a.y + a.height <= b.y + b.height


def test_a_row_of_an_icicle_is_as_wide_as_its_bytes_and_below_its_folder() -> None:
    boxes = named(plots.icicle(SHOP, width=1200))
    assert [boxes[name].width for name in ("/", "/app", "/app/run", "/usr")] == pytest.approx([1200, 400, 100, 800])
    assert boxes["/app/run"].y > boxes["/app"].y > boxes["/"].y and boxes["/app/run"].x >= boxes["/app"].x


@pytest.mark.parametrize("draw", [plots.treemap, plots.icicle])
def test_the_colour_is_the_layers_and_the_legend_says_which(draw: Draw) -> None:
    figure = draw(SHOP)
    assert [each for each in legend(figure) if "several" not in each] == [
        "0 ADD rootfs / 600B",
        "1 RUN make 200B",
        "2 COPY . /app 400B",
    ]
    assert colour(figure, "/app/run") == colour(figure, "/app/model/a") != colour(figure, "/usr/bin/make")
    assert figure.groups[named(figure)["/app/run"].group].tip == {"layer": "2", "instruction": "COPY . /app"}


def test_versions_of_a_file_in_several_layers_are_told_apart() -> None:
    both = plots.treemap(files(("/a", 10, 0), ("/a", 20, 1)))
    assert [(box.name, box.size, box.group) for box in both.boxes] == [("/a", "20B", 3), ("/a", "10B", 2)]


def test_files_of_several_images_are_below_the_names_of_their_images() -> None:
    two = pd.concat([SHOP, files(("/a", 10, 0), image_id="sha256:cd", reference="docker.io/library/other:2")])
    assert {"shop:1", "shop:1/app", "other:2/a"} <= set(named(plots.treemap(two)))


def test_what_is_added_removed_and_changed_has_a_colour_each() -> None:
    figure = plots.diff(CHANGES)
    assert legend(figure) == ["added 500B", "removed 70B", "changed 30B"]
    assert len({colour(figure, name) for name in ("/app/new", "/app/old", "/etc/conf")}) == 3
    assert figure.title == "Files: 1 added, 1 removed, 1 changed, 600B"


def test_waste_is_a_bar_for_each_instruction_with_a_part_for_each_how() -> None:
    figure = plots.waste(WASTED)
    assert figure.title == "2 instructions wrote 3 files in vain, 550B"
    assert legend(figure) == ["deleted 450B", "overwritten 100B"]
    first, second, third = (box for box in figure.boxes if box.group)
    assert (first.width, first.x + first.width) == pytest.approx((4 * second.width, second.x))
    assert third.y > second.y == first.y and [each.text for each in figure.words][:2] == ["RUN make", "500B"]


@every
@pytest.mark.parametrize("width", [480, 900])
def test_nothing_is_wider_than_asked(draw: Draw, frame: pd.DataFrame, width: int) -> None:
    figure = draw(frame, title="Mine", width=width, theme="dark")
    assert "Mine" in words(figure)
    assert figure.legend and vega.spec(figure)["width"] == width
    assert max(box.x + box.width for box in figure.boxes) <= width + 2
    assert max(entry.x + len(entry.text) * 7.3 for entry in figure.captions if entry.anchor == "start") <= width + 2
    assert 'fill="#0d1117"' in figure.svg and 'fill="transparent"' in draw(frame).svg


@every
def test_a_notebook_gets_vega_and_svg_and_words_but_no_html(draw: Draw, frame: pd.DataFrame) -> None:
    figure = draw(frame)
    bundle, metadata = figure._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.vega.v5+json", "image/svg+xml", "text/plain"} and set(metadata) == {
        vega.TYPE
    }
    assert bundle["text/plain"] == repr(figure) == figure.alt == bundle[vega.TYPE]["description"]
    title = ElementTree.fromstring(bundle["image/svg+xml"]).find("{http://www.w3.org/2000/svg}title")
    assert title is not None and title.text == figure.alt


@every
def test_only_a_page_of_voila_gets_a_png_too(draw: Draw, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.8")
    assert set(draw(frame)._repr_mimebundle_()[0]) == {vega.TYPE, "image/svg+xml", "image/png", "text/plain"}
    monkeypatch.setenv("SERVER_SOFTWARE", "another/1")
    assert set(draw(frame)._repr_mimebundle_()[0]) == {vega.TYPE, "image/svg+xml", "text/plain"}


@every
def test_a_frame_of_nothing_draws_nothing(draw: Draw, frame: pd.DataFrame) -> None:
    assert "0B in all" in draw(frame.head(0)).alt
    assert draw(frame.head(0))._repr_mimebundle_()


def test_frames_of_nbdock_itself_have_what_the_pictures_need() -> None:
    assert "0B in all" in plots.treemap(inside.FILES.frame([])).alt
    assert "0B in all" in plots.waste(inside.WASTED.frame([])).alt
    assert "0B in all" in plots.diff(inside.CHANGED_FILES.frame([])).alt


@pytest.mark.parametrize("draw", [plots.treemap, plots.icicle])
def test_a_notebook_keeps_little_of_many_files(draw: Draw) -> None:
    """Also if each name is long, and each folder has one that is shown and others that are not."""
    rng = np.random.default_rng(5)
    sizes = rng.pareto(0.8, 20_000) * 1000 + 1
    many = files(
        *((f"/{'深' * 60}{i % 701}/{'x' * 90}{i % 97}/{i}", int(size), i % 12) for i, size in enumerate(sizes))
    )
    figure = draw(many)
    assert 150 < len(figure.boxes) <= 500
    assert sum(box.size != "" and " other" in box.label for box in figure.boxes) > 10
    cell = nbformat.v4.new_output("display_data", {vega.TYPE: vega.spec(figure)})
    assert len(json.dumps(cell, indent=1, ensure_ascii=False)) <= 60_000


def test_all_bytes_are_in_the_picture_however_many_files_there_are() -> None:
    many = files(*((f"/f{i % 40}/{i}", 1000 + i, 0) for i in range(5000)))
    figure = plots.icicle(many, width=4000)
    row = [box for box in figure.boxes if box.y == figure.boxes[1].y]
    assert sum(box.width for box in row) == pytest.approx(4000)


def test_deep_and_steep_trees_are_drawn() -> None:
    deep = files(
        ("/" + "d/" * 3000 + "f", 10, 0), ("/big", 1 << 62, 1), ("/none", 0, 1), ("/" + "e/" * 50 + "g", 1 << 61, 2)
    )
    for draw in (plots.treemap, plots.icicle):
        assert draw(deep).svg and all(box.width >= 0 and box.height >= 0 for box in draw(deep).boxes)


def hostile(frame: pd.DataFrame) -> pd.DataFrame:
    text = pd.Series([f"/{HOSTILE}"] * len(frame), dtype=object)
    texts = [name for name in ("path", "created_by", "reference", "layer") if name in frame]
    return frame.reset_index(drop=True).assign(**dict.fromkeys(texts, text))


@every
def test_hostile_words_are_data(draw: Draw, frame: pd.DataFrame) -> None:
    """No tag, no link, no expression: what is not data is the same as for a harmless frame."""
    figure = draw(hostile(frame))
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(figure.svg).iter()}
    assert tags == {"svg", "title", "text", "rect"} and not {"\u202e", "\x00", "\ud800"} & {*figure.svg}
    spec, harmless = vega.spec(figure), vega.spec(draw(frame))
    assert [each["name"] for each in spec["data"]] == [each["name"] for each in harmless["data"]]
    code = json.dumps([spec["marks"], [each for each in spec["signals"] if each["name"] not in ("groups",)]])
    assert "script" not in code and "href" not in json.dumps(spec) and "url" not in json.dumps(spec["data"])
    assert not {"\u202e", "\x00", "\ud800"} & {*json.dumps(spec, ensure_ascii=False)}


def test_the_tables_of_a_spec_are_read_as_they_were_written() -> None:
    odd = files(('/a"b,c\nd', 10, 0), ("/e", 20, 1))
    assert [row["n"] for row in rows(plots.treemap(odd), "boxes")] == ["/e", '/a"b,c\\nd']
    assert {row["t"] for row in rows(plots.treemap(SHOP), "views")} == {"", "/app 400B", "/app/model 300B", "/usr 800B",
        "/usr/lib 600B", "/usr/bin 200B"}  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"theme": "blue"}, "unknown theme 'blue'"),
        ({"width": 10}, "cannot be 10 pixels"),
        ({"width": 10**9}, "cannot be"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(errors.UsageError, match=said) as raised:
        plots.treemap(SHOP, **arguments)
    assert raised.value.hint


@every
def test_another_frame_is_one_line_that_names_the_column(draw: Draw, frame: pd.DataFrame) -> None:
    with pytest.raises(errors.UsageError, match="the frame has no column") as raised:
        draw(frame.drop(columns=["size_bytes", "wasted_bytes", "before_bytes"], errors="ignore"))
    assert "needs" in raised.value.hint
