"""The values of Go's templates: how they print, what their JSON is, which of them are empty."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any


class Record(dict[str, Any]):
    """A Go struct: it keeps the order of its fields, and asking for an unknown field is an error.

    `unset` are fields that JSON leaves out (Go's `omitempty`), with their values: `in` and `[]` find them too. A plain
    mapping is a Go map: sorted by key, and a missing key is `<no value>`.
    """

    __slots__ = ("unset",)

    def __init__(self, fields: Mapping[str, Any], unset: Mapping[str, Any] | None = None) -> None:
        super().__init__(fields)
        self.unset = unset or {}

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self.unset

    def __missing__(self, name: str) -> Any:
        return self.unset[name]


class Nil(Enum):
    """Go's typed nils; the value is what they print as. Each is empty, false and `null` in JSON."""

    POINTER = "<nil>"
    SLICE = "[]"
    MAP = "map[]"


_KINDS: dict[Any, str] = {
    bool: "bool",
    int: "int",
    float: "float64",
    str: "string",
    Mapping: "map",
    Nil | None: "<nil>",
}


def kind(value: Any) -> str:
    """The name of a value's type in Go."""
    return next((name for type, name in _KINDS.items() if isinstance(value, type)), "slice")


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


def to_json(value: Any) -> str:
    """The value as docker's `json` prints it: compact, with `<`, `>` and `&` unescaped."""
    text = json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":"), default=lambda nil: None)
    return text.replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in (value if isinstance(value, Record) else sorted(value))}
    return [_sorted(item) for item in value] if isinstance(value, list | tuple) else value
