from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from nbdock.errors import Refused
from nbdock.widgets.components import Grid, GridColumn, PasswordField, Status, age, heading, safe

HOSTILE = "<script>alert('x')</script>\"\u202e\u2066\x1b[31m" + "x" * 10_000


def table(**traits: Any) -> Grid:
    made = Grid([GridColumn("name", "Name")], "Images", **traits)
    made.show([("a", "a"), ("b", "b"), ("c", "c")])
    return made


def test_rows_stay_selected_while_they_are_there() -> None:
    made = table(selected=["a", "c"])
    made.show([("c", "c"), ("d", "d")])
    assert made.selected == ["c"]


def test_the_button_of_a_row_sends_its_key() -> None:
    pressed: list[str] = []
    made = table(action="Delete")
    made.on_action(pressed.append)
    made._handle_custom_msg({"act": "b"}, [])
    assert pressed == ["b"]


def test_hostile_text_is_escaped_and_cut_to_one_line() -> None:
    shown = safe(HOSTILE)
    assert len(shown) == 300
    assert "\\u202e\\u2066\\x1b" in shown
    assert not set(shown) & set("\u202e\u2066\x1b\n")


def test_a_heading_is_text() -> None:
    assert heading("<b>&$x$") == '<h3 class="mathjax_ignore tex2jax_ignore">&lt;b&gt;&amp;$x$</h3>'


def test_a_status_shows_an_error_and_its_hint() -> None:
    status = Status()
    with status.showing_errors():
        raise Refused("conflict", hint="force it")
    assert (status.text, status.tone) == ("conflict\nforce it", "error")


def test_other_exceptions_are_raised() -> None:
    with pytest.raises(ZeroDivisionError), Status().showing_errors():
        raise ZeroDivisionError


def test_a_password_is_in_no_trait() -> None:
    taken: list[str] = []
    field = PasswordField(button="Log in")
    field.on_submit(taken.append)
    field._handle_custom_msg({"password": "s3cret"}, [])
    assert taken == ["s3cret"]
    assert "s3cret" not in str(field.get_state())


def test_a_missing_time_is_empty() -> None:
    assert age(pd.NaT) == ("", None)
    text, seconds = age(pd.Timestamp("2020-01-01", tz="UTC"))[:2]
    assert text.endswith("years ago")
    assert seconds == 1577836800
