from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from nbdock.api import Dock
from nbdock.errors import Denied, Refused
from nbdock.registry.failures import login_command
from nbdock.widgets.application import Application, Login
from nbdock.widgets.components import Grid, GridColumn, PasswordField, Status, heading, moment, safe
from nbdock.widgets.image_list import Images

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


def test_a_time_is_what_it_is_and_the_browser_shows_its_age() -> None:
    assert moment(pd.NaT) == ("", None)
    assert moment(pd.Timestamp("2020-01-01", tz="UTC")) == ("2020-01-01 00:00:00 UTC", 1577836800)


def test_a_hint_names_the_tab_instead_of_a_command() -> None:
    status = Status()
    hint = f"check the name; if it is private, log in: {login_command('example.org')}"
    status.say_error(Denied("no", host="example.org", hint=hint))
    assert status.text == "no\ncheck the name; if it is private, log in: in the tab “Log in”"


def test_without_a_kernel_there_is_a_table_of_what_was_shown(dock: Dock) -> None:
    for widget in (Images(dock), Application(dock)):
        shown = widget._repr_mimebundle_()["text/html"]
        assert repr(widget) in shown and "UTC" in shown
        assert "busybox" in shown
    assert "<table" not in Login(dock)._repr_mimebundle_()["text/html"]
