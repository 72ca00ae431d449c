"""The functions of docker's templates: docker's own, and those of Go's text/template.

Not supported: `html`, `js`, `urlquery` and `call`. `printf` knows `%v %T %t %s %q %c %d %o %x %X %e %f %g` with flags,
and width and precision of up to three digits; it does not know `%b`, `%U`, `%p` and `*`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from nbdock.docker.values import Nil, is_true, kind, nested, show, to_json

_MAX_PADDING = 1000
_TYPES = {str: "string", int: "int"}
_VERB = re.compile(r"%(?P<flags>[-+# 0]*)(?P<width>\d{1,3})?(?:\.(?P<precision>\d{0,3}))?(?P<verb>.)?", re.DOTALL)
_NUMBERS = {"int": "cdoxX", "float64": "eEfFgG"}


@dataclass(frozen=True, slots=True)
class Function:
    """A function that takes arguments of the types `takes`, and any number of type `rest` after them.

    Calling it raises ValueError or OverflowError.
    """

    call: Callable[..., Any]
    takes: tuple[type, ...]
    rest: type | None = None

    def wanted(self, count: int) -> str:
        """How many arguments it takes, for a message; "" if `count` is right."""
        least = len(self.takes)
        if self.rest is None:
            return "" if count == least else str(least)
        return "" if count >= least else f"at least {least}"

    def __call__(self, *arguments: Any) -> Any:
        more = (self.rest or object,) * (len(arguments) - len(self.takes))
        for argument, wanted in zip(arguments, self.takes + more, strict=True):
            if not isinstance(argument, wanted) or (wanted is int and isinstance(argument, bool)):
                raise ValueError(f"wrong type for value; expected {_TYPES[wanted]}; got {kind(argument)}")
        return self.call(*arguments)


def printf(template: str, *values: Any) -> str:
    """Go's `Sprintf`; a verb that does not fit its value is reported in the text, as Go does."""
    queue = list(values)
    text = _VERB.sub(lambda match: _directive(match, queue), template)
    return text + ("%!(EXTRA " + ", ".join(map(_typed, queue)) + ")" if queue else "")


def _directive(match: re.Match[str], queue: list[Any]) -> str:
    match match["verb"]:
        case None:
            return "%!(NOVERB)"
        case "%":
            return "%"
        case verb if not queue:
            return f"%!{verb}(MISSING)"
        case _:
            return _formatted(match, queue.pop(0))


def _formatted(match: re.Match[str], value: Any) -> str:
    verb, name = match["verb"], kind(value)
    if name in ("map", "slice") and verb != "T":
        return nested(value, lambda item: _formatted(match, item))
    if verb in _NUMBERS.get(name, "") and (verb != "g" or match["precision"] is not None):
        return str(match[0] % value)  # Python's % formats numbers as Go does
    text = _text(verb, value, match["precision"])
    if text is None:
        return f"%!{verb}({_typed(value)})"
    width = int(match["width"] or 0)
    return text.ljust(width) if "-" in match["flags"] else text.rjust(width, "0" if "0" in match["flags"] else " ")


def _text(verb: str, value: Any, precision: str | None) -> str | None:
    """The value as text, without padding; None if the verb does not fit it."""
    cut = value[: None if precision is None else int(precision or 0)] if isinstance(value, str) else ""
    match verb, value:
        case "T", _:
            return kind(value)
        case "s" | "v", str():
            return cut
        case "q", str():
            return _quoted(cut)
        case "x" | "X", str():
            return _bytes(cut).hex() if verb == "x" else _bytes(cut).hex().upper()
        case ("v", _) | (_, Nil()) | ("t", bool()) | ("g", float()):
            return show(value)
        case _:
            return None


def _quoted(text: str) -> str:
    escaped = re.sub(r'["\\]', r"\\\g<0>", text)
    return '"' + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in escaped) + '"'


def _typed(value: Any) -> str:
    return show(value) if value is None else f"{kind(value)}={show(value)}"


def _print(*values: Any) -> str:
    """Go's `Sprint`: a space between two values if neither is a string."""
    text = "".join(map(show, values[:1]))
    for last, value in pairwise(values):
        text += " " * (not isinstance(last, str) and not isinstance(value, str)) + show(value)
    return text


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


def _pad(text: str, before: int, after: int) -> str:
    if not (0 <= before <= _MAX_PADDING and 0 <= after <= _MAX_PADDING):
        raise ValueError(f"padding must be from 0 to {_MAX_PADDING} spaces, not {before} and {after}")
    return " " * before + text + " " * after if text else text


def _truncate(text: str, length: int) -> str:
    if length < 0:
        raise ValueError(f"index out of range: {length}")
    return _cut(text, 0, length)


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
        case Mapping(), str():
            return value[key] if key in value or key in getattr(value, "unset", ()) else ""
        case ((list() | tuple()), int()) if 0 <= key < len(value):
            return value[key]
        case ((list() | tuple()), int()):
            raise ValueError(f"index out of range: {key}")
        case Nil(), str():
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
    """Slice by bytes, as Go does; a character that is cut in two becomes U+FFFD."""
    return _bytes(text)[start:stop].decode(errors="replace")


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
    "split": Function(lambda text, separator: text.split(separator) if separator else list(text), (str, str)),
    "join": Function(_join, (object, str)),
    "title": Function(lambda text: re.sub(r"(?<!\w)\w", lambda match: match[0].upper(), text), (str,)),
    "lower": Function(str.lower, (str,)),
    "upper": Function(str.upper, (str,)),
    "pad": Function(_pad, (str, int, int)),
    "truncate": Function(_truncate, (str, int)),
    "print": Function(_print, (), object),
    "println": Function(lambda *values: " ".join(map(show, values)) + "\n", (), object),
    "printf": Function(printf, (str,), object),
    "len": Function(_length, (object,)),
    "index": Function(_index, (object,), object),
    "slice": Function(_slice, (object,), int),
    "eq": Function(lambda first, *others: any(_same(first, other) for other in others), (object, object), object),
    "ne": Function(lambda first, second: not _same(first, second), (object, object)),
    "lt": _ordered(operator.lt),
    "le": _ordered(operator.le),
    "gt": _ordered(operator.gt),
    "ge": _ordered(operator.ge),
    "and": Function(lambda *values: values[-1], (object,), object),
    "or": Function(lambda *values: values[-1], (object,), object),
    "not": Function(lambda value: not is_true(value), (object,)),
}

SHORT_CIRCUITS = {"and": False, "or": True}
"""The functions whose arguments are evaluated only up to the first one that is so."""

_UNCHANGED = Function(lambda text, *_: text, (object,), object)
HEADINGS: Mapping[str, Function] = {
    **FUNCTIONS,
    **dict.fromkeys("json split join title lower upper truncate".split(), _UNCHANGED),
}
"""The functions for a table's headings, which docker leaves as they are."""
