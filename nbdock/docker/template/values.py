"""The values a template works on, as Go sees them: what they print as, what their JSON is, which are empty."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any


class Record(dict[str, Any]):
    """Go's struct: its JSON keeps the order of its fields, and a field it has not is an error. A plain mapping is
    Go's map: sorted, and `<no value>` for what is not in it.

    `unset` are fields that the JSON leaves out (Go's omitempty), with what a template finds in them.
    """

    __slots__ = ("unset",)

    def __init__(self, fields: Mapping[str, Any], unset: Mapping[str, Any] | None = None) -> None:
        super().__init__(fields)
        self.unset = unset or {}

    def __missing__(self, name: str) -> Any:
        return self.unset[name]


class Nil(Enum):
    """Go's typed nils, by what they print as. Each is `null` in JSON, empty and false."""

    POINTER = "<nil>"
    SLICE = "[]"
    MAP = "map[]"


def show(value: Any) -> str:
    """As Go prints it (fmt, `%v`)."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return str(value).lower()
        case float():
            return repr(value).removesuffix(".0")
        case Nil():
            return value.value
        case Record():
            return "{" + " ".join(map(show, value.values())) + "}"
        case Mapping():
            return "map[" + " ".join(f"{show(key)}:{show(value[key])}" for key in sorted(value)) + "]"
        case list() | tuple():
            return "[" + " ".join(map(show, value)) + "]"
        case _:
            return str(value)


def to_json(value: Any) -> str:
    """As docker's `json` function prints it: Go's encoding/json, but `<`, `>` and `&` stay as they are."""
    text = json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"))
    return text.replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")


def is_true(value: Any) -> bool:
    """What `if`, `and`, `or`, `not` and `with` go by: anything but zero, nil and what is empty."""
    return bool(value) and not isinstance(value, Nil)


def kind(value: Any) -> str:
    """The name of its type in Go."""
    match value:
        case None | Nil():
            return "<nil>"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float64"
        case str():
            return "string"
        case Mapping():
            return "map"
        case _:
            return "slice"


def _ordered(value: Any) -> Any:
    match value:
        case Nil():
            return None
        case Mapping():
            keys = value if isinstance(value, Record) else sorted(value)
            return {key: _ordered(value[key]) for key in keys}
        case list() | tuple():
            return [_ordered(item) for item in value]
        case _:
            return value
