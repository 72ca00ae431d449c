"""The values of Go's templates: how they print, what their JSON is, which of them are empty."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any


class Record(dict[str, Any]):
    """A Go struct: JSON keeps the order of its fields, and an unknown field is an error.

    A plain mapping is a Go map: it is sorted by key, and a missing key is `<no value>`.

    Parameters
    ----------
    fields
        The fields in Go's order.
    unset
        Fields that JSON leaves out (Go's `omitempty`), with the value that a template sees.
    """

    __slots__ = ("unset",)

    def __init__(self, fields: Mapping[str, Any], unset: Mapping[str, Any] | None = None) -> None:
        super().__init__(fields)
        self.unset = unset or {}

    def __missing__(self, name: str) -> Any:
        return self.unset[name]


class Nil(Enum):
    """Go's typed nils; the value is what they print as. Each is empty, false and `null` in JSON."""

    POINTER = "<nil>"
    SLICE = "[]"
    MAP = "map[]"


_KINDS = ((bool, "bool"), (int, "int"), (float, "float64"), (str, "string"), (Mapping, "map"), (object, "slice"))


def kind(value: Any) -> str:
    """The name of a value's type in Go."""
    if value is None or isinstance(value, Nil):
        return "<nil>"
    return next(name for type, name in _KINDS if isinstance(value, type))


def is_true(value: Any) -> bool:
    """Whether `if`, `with`, `and`, `or` and `not` take the value as true: not zero, nil or empty."""
    return bool(value) and not isinstance(value, Nil)


def show(value: Any) -> str:
    """The value as Go's `fmt` prints it with `%v`."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return str(value).lower()
        case float():
            return repr(value).removesuffix(".0")
        case Nil():
            return value.value
        case Mapping() | list() | tuple():
            return nested(value, show)
        case _:
            return str(value)


def nested(value: Any, show: Any) -> str:
    """A struct, map or slice as Go's `fmt` prints it, with `show` for each value in it."""
    match value:
        case Record():
            return "{" + " ".join(map(show, value.values())) + "}"
        case Mapping():
            return "map[" + " ".join(f"{show(key)}:{show(value[key])}" for key in sorted(value)) + "]"
        case _:
            return "[" + " ".join(map(show, value)) + "]"


def to_json(value: Any) -> str:
    """The value as docker's `json` prints it: compact, with `<`, `>` and `&` unescaped."""
    text = json.dumps(_in_order(value), ensure_ascii=False, separators=(",", ":"))
    return text.replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")


def _in_order(value: Any) -> Any:
    match value:
        case Nil():
            return None
        case Mapping():
            keys = value if isinstance(value, Record) else sorted(value)
            return {key: _in_order(value[key]) for key in keys}
        case list() | tuple():
            return [_in_order(item) for item in value]
        case _:
            return value
