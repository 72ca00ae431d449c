from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from nbdock.errors import Refused
from nbdock.widgets.parts import Grid, GridColumn, Secret, Status, heading, safe, time

HOSTILE = "<script>alert('x')</script>\"\u202e\u2066\x1b[31m" + "x" * 10_000


def table(**traits: Any) -> Grid:
    made = Grid([GridColumn("name", "Name")], "Images", **traits)
    made.show([("a", ("a",)), ("b", ("b",)), ("c", ("c",))])
    return made


def test_what_is_selected_stays_so_while_it_is_there() -> None:
    made = table(selected=["a", "c"])
    made.show([("c", ("c",)), ("d", ("d",))])
    assert made.selected == ["c"]


def test_the_button_of_a_row_says_which() -> None:
    pressed: list[str] = []
    made = table(action="Delete")
    made.on_action(pressed.append)
    made._handle_custom_msg({"act": "b"}, [])
    assert pressed == ["b"]


def test_words_from_outside_are_one_line_of_bounded_length_that_cannot_turn_or_hide() -> None:
    shown = safe(HOSTILE)
    assert len(shown) == 300
    assert "\\u202e\\u2066\\x1b" in shown
    assert not set(shown) & set("\u202e\u2066\x1b\n")


def test_a_heading_is_text() -> None:
    assert heading("<b>&").removeprefix("<h3>").removesuffix("</h3>") == "&lt;b&gt;&amp;"


def test_a_status_says_an_error_and_its_hint() -> None:
    status = Status()
    with status.guarding():
        raise Refused("conflict", hint="force it")
    assert (status.text, status.tone) == ("conflict\nforce it", "error")


def test_what_is_no_refusal_is_raised() -> None:
    with pytest.raises(ZeroDivisionError), Status().guarding():
        raise ZeroDivisionError


def test_a_secret_is_in_no_trait() -> None:
    taken: list[str] = []
    secret = Secret(button="Log in")
    secret.on_submit(taken.append)
    secret._handle_custom_msg({"secret": "s3cret"}, [])
    assert taken == ["s3cret"]
    assert "s3cret" not in str(secret.get_state())


def test_a_time_that_is_missing_is_nothing() -> None:
    assert time(pd.NaT) == ("", None)
    words, seconds = time(pd.Timestamp("2020-01-01", tz="UTC"))[:2]
    assert words.endswith("years ago")
    assert seconds == 1577836800
