"""The functions of docker's templates: docker's own, and those of Go's text/template.

Not supported: `html`, `js`, `urlquery` and `call`. `printf` knows `%v %T %t %s %q %c %d %o %x %X %e %f %g` with flags,
and width and precision of up to three digits; it does not know `%b`, `%U`, `%p` and `*`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

from nbdock.docker.values import Nil, is_true, kind, nested, quoted, show, to_json

_MAX_PADDING = 1000
_VERB = re.compile(r"%(?P<flags>[-+# 0]*)(?P<width>\d{1,3})?(?:\.(?P<precision>\d{0,3}))?(?P<verb>.)?", re.DOTALL)
_NUMBERS = {"int": "cdoxX", "float64": "eEfFgG"}


class Function:
    """A function with the Go types of its arguments; `...` after the last: any number of these."""

    def __init__(self, call: Callable[..., Any], takes: str) -> None:
        self.call = call
        self.types = takes.removesuffix("...").split()
        self.more = self.types.pop() if takes.endswith("...") else ""

    def wanted(self, count: int) -> str:
        """How many arguments it takes, for a message; "" if `count` is right."""
        least = len(self.types)
        if count == least or (self.more and count > least):
            return ""
        return f"at least {least}" if self.more else str(least)

    def __call__(self, *arguments: Any) -> Any:
        """Raises ValueError or OverflowError."""
        for argument, wanted in zip(arguments, self.types + [self.more] * len(arguments), strict=False):
            if wanted not in ("any", kind(argument)):
                raise ValueError(f"wrong type for value; expected {wanted}; got {kind(argument)}")
        return self.call(*arguments)


def _printf(template: str, *values: Any) -> str:
    """Go's `Sprintf`; a verb that does not fit its value is reported in the text, as Go does."""
    queue = list(values)

    def directive(match: re.Match[str]) -> str:
        verb = match["verb"]
        if verb in (None, "%"):
            return verb or "%!(NOVERB)"
        return _formatted(match, queue.pop(0)) if queue else f"%!{verb}(MISSING)"

    text = _VERB.sub(directive, template)
    return text + ("%!(EXTRA " + ", ".join(map(_typed, queue)) + ")" if queue else "")


def _formatted(match: re.Match[str], value: Any) -> str:
    flags, width, precision, verb = match.groups()
    type = kind(value)
    if type in ("map", "slice") and verb != "T":
        return nested(value, partial(_formatted, match))
    if verb in _NUMBERS.get(type, "") and (verb != "g" or precision is not None):
        return str(match[0] % value)  # Python's % formats numbers as Go does
    if type == "string" and precision is not None:
        value = value[: int(precision or 0)]
    convert = show if isinstance(value, Nil) else _VERBS.get(verb) or _VERBS.get(f"{type} {verb}")
    return f"%{flags}{width or ''}s" % convert(value) if convert else f"%!{verb}({_typed(value)})"


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
        case Mapping() | list() | tuple() | str():
            return len(_bytes(value) if isinstance(value, str) else value)
    raise ValueError(f"len of type {kind(value)}")


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        match value, key:
            case Mapping(), str():
                value = value.get(key, "")
            case Nil(), str():
                value = ""
            case ((list() | tuple()), int()):
                if not 0 <= key < len(value):
                    raise ValueError(f"index out of range: {key}")
                value = value[key]
            case _:
                raise ValueError(f"can't index {kind(value)} with {kind(key)}")
    return value


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


def _comparison(compare: Callable[[Any, Any], bool], comparable: str) -> Callable[[Any, Any], bool]:
    """A comparison of two values of one of these types; nil is comparable with any value, or with none."""

    def compared(first: Any, second: Any) -> bool:
        kinds = {kind(first), kind(second)}
        if "<nil>" in kinds and "<nil>" in comparable:
            return compare(kinds, {"<nil>"})
        if len(kinds) > 1 or not kinds <= set(comparable.split()):
            raise ValueError(f"incompatible types for comparison: {kind(first)} and {kind(second)}")
        return compare(first, second)

    return compared


_ORDERED, _COMPARABLE = "int float64 string", "<nil> bool int float64 string"
_equal = _comparison(operator.eq, _COMPARABLE)
_VERBS: Mapping[str, Callable[[Any], str]] = {
    "T": kind,
    "v": show,
    "bool t": show,
    "float64 g": show,
    "string s": show,
    "string q": quoted,
    "string x": lambda text: _bytes(text).hex(),
    "string X": lambda text: _bytes(text).hex().upper(),
}
FUNCTIONS: Mapping[str, Function] = {
    "json": Function(to_json, "any"),
    "split": Function(lambda text, separator: text.split(separator) if separator else list(text), "string string"),
    "join": Function(_join, "any string"),
    "title": Function(lambda text: re.sub(r"(?<!\w)\w", lambda match: match[0].upper(), text), "string"),
    "lower": Function(str.lower, "string"),
    "upper": Function(str.upper, "string"),
    "pad": Function(_pad, "string int int"),
    "truncate": Function(_truncate, "string int"),
    "print": Function(_print, "any..."),
    "println": Function(lambda *values: " ".join(map(show, values)) + "\n", "any..."),
    "printf": Function(_printf, "string any..."),
    "len": Function(_length, "any"),
    "index": Function(_index, "any any..."),
    "slice": Function(_slice, "any int..."),
    "eq": Function(lambda first, *others: any(_equal(first, other) for other in others), "any any any..."),
    "ne": Function(_comparison(operator.ne, _COMPARABLE), "any any"),
    "lt": Function(_comparison(operator.lt, _ORDERED), "any any"),
    "le": Function(_comparison(operator.le, _ORDERED), "any any"),
    "gt": Function(_comparison(operator.gt, _ORDERED), "any any"),
    "ge": Function(_comparison(operator.ge, _ORDERED), "any any"),
    "and": Function(lambda *values: values[-1], "any any..."),
    "or": Function(lambda *values: values[-1], "any any..."),
    "not": Function(lambda value: not is_true(value), "any"),
}
SHORT_CIRCUITS = {"and": False, "or": True}
"""The functions whose arguments are evaluated only up to the first one that is so."""

_UNCHANGED = ("json", "split", "join", "title", "lower", "upper", "truncate")
HEADINGS = {**FUNCTIONS, **dict.fromkeys(_UNCHANGED, Function(lambda text, *_: text, "any any..."))}
"""The functions for a table's headings, which docker leaves as they are."""
