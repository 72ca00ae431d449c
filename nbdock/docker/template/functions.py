"""What a template can call: docker's functions and those of Go's text/template that fit them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from nbdock.docker.template.printf import printf
from nbdock.docker.template.values import Nil, is_true, kind, show, to_json

_LONGEST_PAD = 1000


@dataclass(frozen=True, slots=True)
class Function:
    """`call` takes arguments of these types, and any number more of type `rest`. It raises ValueError."""

    call: Callable[..., Any]
    takes: tuple[type, ...]
    rest: type | None = None

    def expects(self, count: int) -> str:
        """How many arguments it wants instead of so many; "" where they are right."""
        wanted = len(self.takes)
        if self.rest is None:
            return "" if count == wanted else str(wanted)
        return "" if count >= wanted else f"at least {wanted}"

    def __call__(self, *arguments: Any) -> Any:
        types = self.takes + (self.rest or object,) * (len(arguments) - len(self.takes))
        for argument, wanted in zip(arguments, types, strict=True):
            if not isinstance(argument, wanted) or (wanted is int and isinstance(argument, bool)):
                name = {str: "string", int: "int"}[wanted]
                raise ValueError(f"wrong type for value; expected {name}; got {kind(argument)}")
        return self.call(*arguments)


def _split(text: str, separator: str) -> list[str]:
    return text.split(separator) if separator else list(text)


def _join(items: Any, separator: str) -> str:
    match items:
        case None | Nil():
            return ""
        case list() | tuple():
            return separator.join(map(show, items))
        case Mapping():
            return separator.join(sorted(map(show, items.values())))
        case _:
            raise ValueError(f"expected slice, got {kind(items)}")


def _title(text: str) -> str:
    return re.sub(r"(?<!\w)\w", lambda match: match[0].upper(), text)


def _pad(text: str, before: int, after: int) -> str:
    if not (0 <= before <= _LONGEST_PAD and 0 <= after <= _LONGEST_PAD):
        raise ValueError(f"from 0 to {_LONGEST_PAD} spaces, not {before} and {after}")
    return " " * before + text + " " * after if text else text


def _truncate(text: str, length: int) -> str:
    if length < 0:
        raise ValueError(f"index out of range: {length}")
    return _cut(text, 0, length)


def _print(*values: Any) -> str:
    """Go's Sprint: a space between two values of which neither is a string."""
    text = "".join(map(show, values[:1]))
    for last, value in pairwise(values):
        text += " " * (not isinstance(last, str) and not isinstance(value, str)) + show(value)
    return text


def _println(*values: Any) -> str:
    return " ".join(map(show, values)) + "\n"


def _length(value: Any) -> int:
    match value:
        case None | Nil():
            return 0
        case str():
            return len(_bytes(value))
        case Mapping() | list() | tuple():
            return len(value)
        case _:
            raise ValueError(f"len of type {kind(value)}")


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        value = _item(value, key)
    return value


def _item(value: Any, key: Any) -> Any:
    match value, key:
        case (Mapping(), str()):
            try:
                return value[key]
            except KeyError:
                return ""
        case (list() | tuple(), int()):
            if 0 <= key < len(value):
                return value[key]
            raise ValueError(f"index out of range: {key}")
        case (Nil(), str()):
            return ""
        case _:
            raise ValueError(f"can't index {kind(value)} with {kind(key)}")


def _slice(value: Any, *bounds: int) -> Any:
    if not isinstance(value, str | list | tuple):
        raise ValueError(f"can't slice {kind(value)}")
    start, stop, *more = (*bounds, *(0, _length(value))[len(bounds) :])
    if more or not 0 <= start <= stop <= _length(value):
        raise ValueError(f"index out of range: {':'.join(map(str, bounds))}")
    return _cut(value, start, stop) if isinstance(value, str) else value[start:stop]


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")


def _cut(text: str, start: int, stop: int) -> str:
    """By bytes, as Go does; a character that is cut in two becomes U+FFFD."""
    return _bytes(text)[start:stop].decode(errors="replace")


def _equal(first: Any, *others: Any) -> bool:
    return any(_same(first, other) for other in others)


def _same(first: Any, second: Any) -> bool:
    kinds = {kind(first), kind(second)}
    if "<nil>" in kinds:
        return len(kinds) == 1
    if len(kinds) > 1 or kinds & {"map", "slice"}:
        raise ValueError(f"incompatible types for comparison: {kind(first)} and {kind(second)}")
    return bool(first == second)


def _ordered(compare: Callable[[Any, Any], bool]) -> Function:
    def call(first: Any, second: Any) -> bool:
        if kind(first) != kind(second) or kind(first) not in ("int", "float64", "string"):
            raise ValueError(f"incompatible types for comparison: {kind(first)} and {kind(second)}")
        return compare(first, second)

    return Function(call, (object, object))


FUNCTIONS: Mapping[str, Function] = {
    "json": Function(to_json, (object,)),
    "split": Function(_split, (str, str)),
    "join": Function(_join, (object, str)),
    "title": Function(_title, (str,)),
    "lower": Function(str.lower, (str,)),
    "upper": Function(str.upper, (str,)),
    "pad": Function(_pad, (str, int, int)),
    "truncate": Function(_truncate, (str, int)),
    "print": Function(_print, (), object),
    "println": Function(_println, (), object),
    "printf": Function(printf, (str,), object),
    "len": Function(_length, (object,)),
    "index": Function(_index, (object,), object),
    "slice": Function(_slice, (object,), int),
    "eq": Function(_equal, (object, object), object),
    "ne": Function(lambda first, second: not _same(first, second), (object, object)),
    "lt": _ordered(operator.lt),
    "le": _ordered(operator.le),
    "gt": _ordered(operator.gt),
    "ge": _ordered(operator.ge),
    "not": Function(lambda value: not is_true(value), (object,)),
}

_AS_IT_IS = Function(lambda text, *_: text, (object,), object)
HEADINGS: Mapping[str, Function] = {
    **FUNCTIONS,
    **dict.fromkeys("json split join title lower upper truncate".split(), _AS_IT_IS),
}
"""The functions as docker has them for the line of headings, which it leaves as they are."""
