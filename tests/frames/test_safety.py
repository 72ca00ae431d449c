"""Frames hold text of strangers: whatever pandas shows of it is harmless."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from nbdock.frames import schemas
from nbdock.frames.frame import Frame

EVIL = "<b>$x$</b>\x1b]0;title\x07\x9b31m\r\u202e\u2066\u200e\ud800\uffff\0"
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u202e\u2066\ud800\uffff]")


@pytest.fixture
def frame() -> Frame:
    return schemas.HISTORY.frame(
        [{"created_by": EVIL, "comment": "RUN a;\r\n\tb", "step": 0, "size_bytes": 1}, {"created_by": None, "step": 1}]
    )


SHOWN: dict[str, Callable[[pd.DataFrame], Any]] = {
    "a value": lambda frame: frame.created_by[0],
    "a Series": lambda frame: repr(frame.created_by),
    "value_counts": lambda frame: repr(frame.created_by.value_counts()),
    "an index": lambda frame: repr(frame.set_index("created_by").index),
    "to_string": lambda frame: frame.to_string(),
    "to_html": lambda frame: frame.to_html(),
    "to_csv": lambda frame: frame.to_csv(),
    "unique": lambda frame: str(frame.created_by.unique()),
    "style": lambda frame: frame.style.to_html(),
    "a plain frame": lambda frame: repr(pd.DataFrame(frame)[["created_by"]]),
}


@pytest.mark.parametrize("way", SHOWN)
def test_text_of_strangers_controls_nothing(frame: Frame, way: str) -> None:
    assert "u001b" in SHOWN[way](frame)
    assert not UNSAFE.search(SHOWN[way](frame))


def test_lists_and_mappings_hold_no_control_characters_either() -> None:
    frame = schemas.INSPECTED.frame([{"env": [EVIL], "labels": {EVIL: EVIL}, "layers": 1}])
    (env,), labels = frame.env[0], frame.labels[0]
    assert not UNSAFE.search("".join([env, *labels.keys(), *labels.values()]))


def test_white_space_and_absent_values_stay(frame: Frame) -> None:
    assert frame.comment[0] == "RUN a;\n\tb"
    assert frame.created_by.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    "styled",
    [
        lambda frame: frame.style,
        lambda frame: frame.style.format({"size_bytes": "{:.1f}"}),
        lambda frame: frame.style.format_index(str),
        lambda frame: frame.style.hide(axis="columns", subset=["step"]).highlight_max(subset=["size_bytes"]),
        lambda frame: frame.set_index("created_by")[["step"]].style,
        lambda frame: frame.set_index("created_by")[["step"]].T.style,
        lambda frame: frame.groupby("created_by")[["step"]].sum().style,
    ],
)
def test_a_style_escapes_and_is_no_mathematics(frame: Frame, styled: Callable[[Frame], Any]) -> None:
    shown = styled(frame)._repr_html_()
    assert "&lt;b&gt;$x$" in shown and "<b>" not in shown
    assert shown.startswith('<div class="mathjax_ignore tex2jax_ignore">')


def test_a_style_escapes_unless_it_is_told_otherwise(frame: Frame) -> None:
    assert "<b>" in frame.style.format(escape=None).to_html()


@pytest.mark.parametrize("classes", [None, "mine", ["mine", "yours"]])
def test_html_of_pandas_is_no_mathematics(frame: Frame, classes: Any) -> None:
    head = frame.to_html(classes=classes).partition(">")[0]
    assert "mathjax_ignore tex2jax_ignore" in head and ("mine" in head) == bool(classes)
