"""The values of Go's templates: how they print, what their JSON is, which of them are empty."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any


class Record(dict[str, Any]):
    """A Go struct: it keeps the order of its fields, and asking for an unknown field is an error.

    `unset` are more fields, which JSON leaves out (Go's `omitempty`). A plain mapping is a Go map: sorted by key, and a
    missing key is `<no value>`.
    """

    __slots__ = ("unset",)

    def __init__(self, fields: Mapping[str, Any], unset: Mapping[str, Any] | None = None) -> None:
        super().__init__({**fields, **(unset or {})})
        self.unset = frozenset(unset or ())


class Nil(Enum):
    """Go's typed nils; the value is what they print as. Each is empty, false and `null` in JSON."""

    POINTER = "<nil>"
    SLICE = "[]"
    MAP = "map[]"


_KINDS = ((bool, "bool"), (int, "int"), (float, "float64"), (str, "string"), (Mapping, "map"), (Nil | None, "<nil>"))


def kind(value: Any) -> str:
    """The name of a value's type in Go."""
    return next((name for type, name in _KINDS if isinstance(value, type)), "slice")


def is_true(value: Any) -> bool:
    """Whether `if`, `with`, `and`, `or` and `not` take the value as true: not zero, nil or empty."""
    return bool(value) and not isinstance(value, Nil)


def show(value: Any) -> str:
    """The value as Go's `fmt` prints it with `%v`."""
    match value:
        case Nil() | None:
            return value.value if value else "<nil>"
        case bool():
            return str(value).lower()
        case float():
            return repr(value).removesuffix(".0")
        case Mapping() | list() | tuple():
            return nested(value, show)
    return str(value)


def nested(value: Any, show: Callable[[Any], str]) -> str:
    """A struct, map or slice as Go's `fmt` prints it, with `show` for each value in it."""
    match value:
        case Record():
            return "{" + " ".join(map(show, value.values())) + "}"
        case Mapping():
            return "map[" + " ".join(f"{show(key)}:{show(value[key])}" for key in sorted(value)) + "]"
    return "[" + " ".join(map(show, value)) + "]"


def to_json(value: Any, indent: int | None = None) -> str:
    """The value as docker's `json` prints it, with `<`, `>` and `&` unescaped; compact without `indent`."""
    separators = None if indent else (",", ":")
    text = json.dumps(_encoded(value), ensure_ascii=False, separators=separators, indent=indent)
    return text.replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")


def _encoded(value: Any) -> Any:
    match value:
        case Nil():
            return None
        case Record():
            return {key: _encoded(item) for key, item in value.items() if key not in value.unset}
        case Mapping():
            return {key: _encoded(value[key]) for key in sorted(value)}
        case list() | tuple():
            return [_encoded(item) for item in value]
    return value
