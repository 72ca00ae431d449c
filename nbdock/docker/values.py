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


class Listed(Record):
    """A row of a list. docker encodes it twice: `<`, `>` and `&` are escaped, and `encoded` replaces fields in JSON."""

    __slots__ = ("encoded",)

    def __init__(
        self,
        fields: Mapping[str, Any],
        unset: Mapping[str, Any] | None = None,
        encoded: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(fields, unset)
        self.encoded = encoded or {}


class Duration(int):
    """Go's time.Duration: a number of nanoseconds in JSON, `1m30s` where it is shown."""

    def __str__(self) -> str:
        if abs(self) < 10**9:
            unit, nanoseconds = next(((name, size) for name, size in _FRACTIONS if abs(self) >= size), ("s", 1))
            return _decimal(self, nanoseconds) + unit
        minutes, seconds = divmod(abs(self), 60 * 10**9)
        hours, minutes = divmod(minutes, 60)
        larger = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
        return "-" * (self < 0) + larger + _decimal(seconds, 10**9) + "s"


class Nil(Enum):
    """Go's typed nils; the value is what they print as. Each is empty, false and `null` in JSON."""

    POINTER = "<nil>"
    SLICE = "[]"
    MAP = "map[]"


_KINDS = ((bool, "bool"), (int, "int"), (float, "float64"), (str, "string"), (Mapping, "map"), (Nil | None, "<nil>"))


_ESCAPES = dict(zip('\a\b\f\n\r\t\v"\\', map("\\{}".format, 'abfnrtv"\\'), strict=True))
_FRACTIONS = (("ms", 10**6), ("µs", 10**3), ("ns", 1))


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


def quoted(text: str) -> str:
    """Text as Go's `strconv.Quote` and `%q` write it."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    code = ord(character)
    if character in _ESCAPES or character.isprintable():
        return _ESCAPES.get(character, character)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def to_json(value: Any, indent: int | None = None) -> str:
    """The value as docker's `json` prints it, with `<`, `>` and `&` unescaped; compact without `indent`."""
    separators = None if indent else (",", ":")
    text = json.dumps(_encoded(value), ensure_ascii=False, separators=separators, indent=indent)
    return text.translate(_TWICE if isinstance(value, Listed) else _ONCE)


_ONCE = {0x2028: r"\u2028", 0x2029: r"\u2029"}
_TWICE = _ONCE | {ord(sign): rf"\u00{ord(sign):02x}" for sign in "<>&"}


def _encoded(value: Any) -> Any:
    match value:
        case Nil():
            return None
        case Record():
            encoded = value.encoded if isinstance(value, Listed) else {}
            return {key: _encoded(encoded.get(key, item)) for key, item in value.items() if key not in value.unset}
        case Mapping():
            return {key: _encoded(value[key]) for key in sorted(value)}
        case list() | tuple():
            return [_encoded(item) for item in value]
    return value


def _decimal(value: int, unit: int) -> str:
    """A quotient with as many decimals as it has."""
    whole, rest = divmod(abs(value), unit)
    decimals = str(rest).zfill(len(str(unit)) - 1).rstrip("0") if rest else ""
    return "-" * (value < 0) + str(whole) + ("." + decimals if decimals else "")
