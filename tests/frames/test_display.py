"""What is shown follows pandas' own options."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from nbdock.frames import schemas
from nbdock.frames.frame import Frame
from tests.frames.test_frame import image


@pytest.fixture
def many() -> Frame:
    return schemas.IMAGES.frame(image(tag=str(number)) for number in range(200))


def rows(text: str) -> int:
    return sum(line.strip().startswith("httpd") for line in text.splitlines())


def test_rows_are_as_many_as_pandas_shows(many: Frame) -> None:
    assert rows(repr(many)) == 10 and "[200 rows x 21 columns]" in repr(many)
    with pd.option_context("display.min_rows", 4):
        assert rows(repr(many)) == 4 and many._repr_html_().count("<tr>") == 1 + 4 + 1
    with pd.option_context("display.max_rows", 6):
        assert rows(repr(many)) == 6
    with pd.option_context("display.max_rows", None):
        assert rows(repr(many)) == 200 and many._repr_html_().count("<tr>") == 201


def test_the_gap_stands_between_head_and_tail(many: Frame) -> None:
    lines = [line.split() for line in repr(many).splitlines()]
    assert [line[1] for line in lines if line[:1] == ["httpd"]] == [*"01234", "195", "196", "197", "198", "199"]
    assert lines[6][0] == ".."


def test_columns_are_as_many_as_pandas_shows(many: Frame) -> None:
    with pd.option_context("display.max_columns", 2):
        assert "..." in repr(many) and "image_id" not in repr(many)
        assert "image_id" not in many._repr_html_().partition("</thead>")[0]


def test_lines_are_as_wide_as_pandas_has_them(many: Frame) -> None:
    with pd.option_context("display.width", 40):
        assert max(map(len, repr(many).splitlines())) <= 40
    with pd.option_context("display.width", 200):
        assert repr(many).count("repository") == 1


def test_cells_are_as_wide_as_pandas_has_them() -> None:
    frame = schemas.IMAGES.frame([image(repository="x" * 100)])
    assert "x" * 49 + "…" in repr(frame) and "x" * 50 not in repr(frame)
    with pd.option_context("display.max_colwidth", 20):
        assert "x" * 19 + "…" in repr(frame) and "x" * 20 not in repr(frame)
    with pd.option_context("display.max_colwidth", None):
        assert "x" * 100 in repr(frame)


def test_dimensions_are_shown_as_pandas_does(many: Frame) -> None:
    with pd.option_context("display.show_dimensions", False):
        assert "rows x" not in repr(many)
    with pd.option_context("display.show_dimensions", True):
        assert "[2 rows x 21 columns]" in repr(many.head(2))


def test_info_is_pandas_own(many: Frame) -> None:
    with pd.option_context("display.large_repr", "info", "display.max_rows", 5):
        assert "RangeIndex: 200 entries" in repr(many)


def test_no_more_cells_are_formatted_than_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    many = schemas.IMAGES.frame(image(tag=str(number)) for number in range(1000))
    large = pd.concat([many] * 200, ignore_index=True)
    formatted: list[str] = []

    def counted(text: str, columns: int | None) -> str:
        formatted.append(text)
        return text

    monkeypatch.setattr("nbdock.frames.cells.cut", counted)
    assert len(large) == 200_000 and repr(large) and large._repr_html_()
    assert 0 < len(formatted) < 300


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.groupby("repository").layers.agg(["sum", "count"]),
        lambda x: x.pivot_table(index="repository", columns=["platform", "tag"], values="layers"),
        lambda x: x[["layers"]].set_axis(pd.MultiIndex.from_product([["a", "b"], range(100)])),
        lambda x: x[["layers"]].T,
        lambda x: x[["layers"]].describe(),
        lambda x: (x[["layers"]] / 7).rename_axis("n"),
        lambda x: x[["layers"]].rename_axis(columns="what"),
        lambda x: x[["layers"]].set_axis(pd.date_range("2024", periods=200, freq="D"), axis=0),
        lambda x: x[["layers"]].iloc[0:0],
        lambda x: x[[]],
        lambda x: x[["layers", "layers"]],
        lambda x: x[["layers"]].set_axis([3], axis=1),
    ],
)
def test_what_is_no_schema_s_looks_as_pandas_has_it(many: Frame, change: Any) -> None:
    changed = change(many)
    if isinstance(changed.index, pd.RangeIndex):
        changed = changed.set_axis(
            pd.Index([number * 3 % 1000 for number in changed.index])
        )  # rows that are only numbered show no numbers
    with pd.option_context("display.max_columns", 20):
        assert repr(changed).split() == repr(pd.DataFrame(changed)).split()
    assert "<table" in (Frame(changed)._repr_html_() or "")


def test_hierarchies_are_tables_with_hostile_labels_escaped(many: Frame) -> None:
    odd = schemas.IMAGES.frame([image(repository="<b>\x1b[31m"), image(repository="$x$")])
    for frame in (
        odd.set_index(["repository", "tag"])[["size_bytes"]],
        odd.pivot_table(index="tag", columns="repository", values="size_bytes"),
        odd.set_index("repository")[["size_bytes"]],
        odd.groupby(["repository", "tag"])[["layers"]].sum(),
        odd.assign(other=["<b>\x1b", "\u202e"])[["other"]],
        odd.rename(columns={"tag": "<b>\x1b"})[["<b>\x1b"]],
        odd.rename_axis("<b>\x1b")[["tag"]],
    ):
        html, text = frame._repr_html_(), repr(frame)
        assert "<b>" not in html and not {"\x1b", "\u202e"} & {*html, *text}


def test_columns_that_are_empty_are_named_and_left_out() -> None:
    frame = schemas.IMAGES.frame([image(), image()])
    shown = frame._repr_html_()
    assert "<th" in shown and ">pulled_at<" not in shown and "empty: pulled_at" in shown
    assert "pulled_at" not in repr(frame)
    assert ">pulled_at<" in frame[["tag", "pulled_at"]]._repr_html_()


def test_absent_is_missing_in_data_and_docker_s_word_in_the_look() -> None:
    frame = schemas.IMAGES.frame([image(repository=None, tag=None)])
    assert frame.repository.isna().all() and frame.tag.isna().all()
    assert repr(frame).count("<none>") == 2 and frame._repr_html_().count("&lt;none&gt;") == 2
    assert schemas.IMAGES.table([image(repository=None, tag=None)]).text().count("<none>") == 2


def test_headings_stay_numbers_are_right_and_times_do_not_wrap() -> None:
    html = schemas.IMAGES.frame([image()])._repr_html_()
    assert "position:sticky" in html and "overflow:auto" in html
    assert 'style="text-align:right;white-space:nowrap">size_bytes</th>' in html
    assert 'style="text-align:left;white-space:nowrap">created</th>' in html


def test_nothing_is_mathematics() -> None:
    for frame in (schemas.IMAGES.frame([image()]), schemas.INSPECTED.frame([{"env": ["A=$B$"], "layers": 1}])):
        assert 'class="mathjax_ignore tex2jax_ignore"' in frame._repr_html_()


def test_a_bool_in_the_index_is_shown_as_it_is() -> None:
    frame = schemas.IMAGES.frame([image(dangling=True), image(dangling=False)])[["repository", "dangling"]]
    assert [line.split()[0] for line in repr(frame.set_index("dangling")).splitlines()[2:]] == ["yes", "no"]
    by_two = frame.assign(size=1).set_index(["repository", "dangling"])
    assert "yes" in repr(by_two) and "no" in by_two._repr_html_()


def test_an_absent_number_in_the_index_is_shown() -> None:
    frame = schemas.IMAGES.frame([image(), image(size_bytes=None)])[["repository", "size_bytes"]]
    assert "<NA>" in repr(frame.set_index("size_bytes")) and "&lt;NA&gt;" in frame.set_index("size_bytes")._repr_html_()


def test_a_card_of_other_values_shows_them() -> None:
    inspected = schemas.INSPECTED.frame(
        [{"image_id": "sha256:" + "a" * 64, "created": "2024-01-01", "size_bytes": 5, "layers": 1}]
    )
    absent = repr(inspected.isna()).splitlines()
    assert [line.split() for line in absent if line.startswith(("created", "env", "size"))] == [
        ["created", "False"],
        ["size_bytes", "False"],
        ["env", "True"],
    ]
    assert "2024-01-01" in inspected.astype(str)._repr_html_()


def test_frames_with_a_column_that_is_called_name_concatenate() -> None:
    found = schemas.FOUND.frame([{"name": "httpd", "stars": 1, "official": True}])
    assert pd.concat([found, found]).name.tolist() == ["httpd", "httpd"]
    assert found.merge(found, on="name").name.tolist() == ["httpd"]


def test_a_build_s_rows_say_yes_no_and_how_long() -> None:
    rows = [
        {"line": 1, "text": "FROM scratch", "cached": True, "seconds": 0.25001},
        {"line": 2, "text": "CMD x", "seconds": 2e-5},
    ]
    frame = schemas.BUILT.frame(rows)
    assert [line.split()[-2:] for line in repr(frame).splitlines()] == [
        ["cached", "seconds"],
        ["yes", "0.3s"],
        ["x", "0.0s"],
    ]
    assert 'title="0.25001">0.3s</td>' in frame._repr_html_() and "NA" not in frame._repr_html_()
