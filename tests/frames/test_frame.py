"""The frame that people can read."""

import pickle
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from nbdock.frames import schemas
from nbdock.frames.columns import TIME
from nbdock.frames.frame import Frame
from nbdock.frames.schema import Schema

DIGEST = "sha256:" + "ab" * 32
HOSTILE = '<script>alert("x")</script>\x1b[31m\u202e\n' + "x" * 10_000


def image(**more: object) -> dict[str, object]:
    return {
        "repository": "httpd",
        "tag": "2.4",
        "image_id": DIGEST,
        "created": datetime.now(UTC) - timedelta(days=21),
        "pulled_at": None,
        "size_bytes": 148_123_456,
        "compressed_bytes": 59_000_000,
        "layers": 6,
        "containers": 0,
        "dangling": False,
        "platform": "linux/amd64",
        "digest": DIGEST,
        "manifest_digest": DIGEST,
        "reference": "docker.io/library/httpd:2.4",
    } | more


@pytest.fixture
def images() -> Frame:
    return schemas.IMAGES.frame([image(), image(tag="2.2", size_bytes=0)])


def test_people_see_docker_s_look(images: Frame) -> None:
    first, second = repr(images).splitlines()[1:]
    assert first.split() == ["httpd", "2.4", "abababababab", "3", "weeks", "ago", "148MB"]
    assert second.split()[-1] == "0B"


@pytest.mark.parametrize("moment", [datetime(9000, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(hours=1)])
def test_the_newest_age_is_no_wider_than_the_next(moment: datetime) -> None:
    shown = repr(schemas.IMAGES.frame([image(pulled_at=moment)]))
    assert "1 second ago" in shown and len(shown.splitlines()) == 2


def test_the_data_stay_numbers_times_and_whole_digests(images: Frame) -> None:
    assert images.size_bytes.sum() == 148_123_456
    assert str(images.dtypes["created"]) == TIME
    assert images.image_id[0] == DIGEST


@pytest.mark.parametrize("schema", schemas.ALL, ids=lambda schema: schema.entity)
def test_an_empty_frame_has_every_dtype(schema: Schema) -> None:
    frame = schema.frame([])
    assert list(frame.columns) == list(schema.names)
    found = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert found == {column.name: column.dtype for column in schema.columns}
    assert isinstance(repr(frame), str) and isinstance(frame._repr_html_(), str)


def test_a_whole_frame_shows_its_main_columns_and_names_the_others(images: Frame) -> None:
    shown = images._repr_html_()
    assert "more columns: compressed_bytes" in shown
    assert "linux/amd64" not in shown


def test_a_selection_shows_what_was_selected(images: Frame) -> None:
    assert "linux/amd64" in images[["tag", "platform"]]._repr_html_()
    assert "linux/amd64" in repr(images[["tag", "platform"]])


@pytest.mark.parametrize("column", ["repository", "tag", "reference"])
def test_hostile_text_is_shown_as_text(column: str) -> None:
    frame = schemas.IMAGES.frame([image(**{column: HOSTILE})])[[column, "size_bytes"]]
    shown = frame._repr_html_()
    assert "<script>" not in shown and "&lt;script&gt;" in shown
    assert "\x1b" not in shown + repr(frame) and "\u202e" not in shown + repr(frame)
    assert len(shown) < 3000 and "\n" not in repr(frame).splitlines()[1]


def test_hostile_text_in_a_card_is_shown_as_text() -> None:
    frame = schemas.INSPECTED.frame(
        [{"image_id": DIGEST, "size_bytes": 1, "compressed_bytes": 1, "layers": 1, "labels": {"<b>": "<script>"}}]
    )
    assert "<script>" not in frame._repr_html_() and "&lt;script&gt;" in frame._repr_html_()


def test_a_card_shows_only_the_fields_that_there_are() -> None:
    frame = schemas.INSPECTED.frame(
        [{"image_id": DIGEST, "size_bytes": 5, "compressed_bytes": 1, "layers": 1, "env": ["A=1", "B=2"]}]
    )
    lines = repr(frame).splitlines()
    assert [line.split() for line in lines if line] == [
        ["image_id", DIGEST],
        ["size_bytes", "5B"],
        ["compressed_bytes", "1B"],
        ["layers", "1"],
        ["env", "A=1"],
        ["B=2"],
    ]


def test_times_outside_what_can_be_held_are_not_a_time() -> None:
    frame = schemas.IMAGES.frame([image(created=datetime.max.replace(tzinfo=UTC)), image(created=None)])
    assert str(frame.dtypes["created"]) == TIME
    assert pd.isna(frame.created[1])
    assert isinstance(repr(frame), str)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.head(1),
        lambda frame: frame[frame.size_bytes > 0],
        lambda frame: frame.sort_values("size_bytes"),
        lambda frame: frame.query("size_bytes > 0"),
        lambda frame: frame.copy(),
        lambda frame: pickle.loads(pickle.dumps(frame)),
        lambda frame: pd.concat([frame, frame]),
        lambda frame: frame.assign(twice=frame.size_bytes * 2),
        lambda frame: frame.set_index("tag"),
        lambda frame: frame.merge(frame[["tag"]], on="tag"),
    ],
)
def test_the_look_survives_what_pandas_does(images: Frame, change: object) -> None:
    changed = change(images)  # type: ignore[operator]
    assert isinstance(changed, Frame)
    assert "148MB" in changed._repr_html_() and "148MB" in repr(changed)


def test_results_of_different_commands_concatenate() -> None:
    both = pd.concat([schemas.IMAGES.frame([image()]), schemas.IMAGES.frame([])])
    assert both.dtypes.equals(schemas.IMAGES.frame([]).dtypes)


def test_html_is_plain_enough_for_an_untrusted_notebook(images: Frame) -> None:
    shown = images._repr_html_()
    assert "<style" not in shown and "<th></th>" not in shown and 'scope="col"' in shown


def test_many_rows_are_cut_and_counted(images: Frame) -> None:
    many = schemas.IMAGES.frame(image() for _ in range(100))
    assert many._repr_html_().count("<tr>") == 1 + 10 + 1  # pandas' `min_rows`, and the gap
    assert "90 more rows" in many._repr_html_()


def test_pandas_switch_for_html_is_heard(images: Frame) -> None:
    with pd.option_context("display.notebook_repr_html", False):
        assert images._repr_html_() is None


def test_a_terminal_gets_docker_s_headings(images: Frame) -> None:
    head = images.table().text().splitlines()[0].split()
    assert head == ["REPOSITORY", "TAG", "IMAGE", "ID", "CREATED", "PULLED", "AT", "SIZE"]


def test_no_trunc_cuts_nothing_and_exact_is_exact() -> None:
    rows = [image(repository="x" * 60, created=datetime(2024, 11, 7, 17, 20, tzinfo=UTC))]
    whole, exact = schemas.IMAGES.frame(rows, no_trunc=True), schemas.IMAGES.frame(rows, exact=True)
    assert DIGEST in repr(whole) and "x" * 60 in repr(whole) and DIGEST in whole.head(1)._repr_html_()
    assert "2024-11-07T17:20:00Z" in repr(exact) and "148123456" in repr(exact) and DIGEST not in repr(exact)


def test_digests_are_shown_whole(images: Frame) -> None:
    assert DIGEST in repr(schemas.IMAGES_WITH_DIGESTS.frame([image()]))


def test_a_line_break_is_a_blank_as_docker_has_it() -> None:
    found = schemas.FOUND.frame([{"name": "x", "description": "one\ntwo\r\n\tthree", "stars": 0, "official": False}])
    assert "one two  three" in repr(found)


@pytest.mark.parametrize("schema", schemas.ALL, ids=lambda schema: schema.entity)
def test_every_frame_has_nbdock_s_own_look(schema: Schema) -> None:
    assert "<th></th>" not in schema.frame([])._repr_html_()  # type: ignore[operator]  # pandas' index has this heading
