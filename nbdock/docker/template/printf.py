"""Go's `printf`: the verbs that a template for people needs, and Go's own complaints in the text where they fail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from nbdock.docker.template.values import Nil, Record, kind, show

_VERB = re.compile(r"%(?P<flags>[-+# 0]*)(?P<width>\d{1,3})?(?:\.(?P<precision>\d{0,3}))?(?P<verb>.)?", re.DOTALL)
_NUMBERS = {"int": "bcdoxX", "float64": "eEfFgG"}


def printf(template: str, *values: Any) -> str:
    """Go's Sprintf. Width and precision have three digits at most."""
    queue = list(values)
    text = _VERB.sub(lambda match: _directive(match, queue), template)
    if queue:
        text += "%!(EXTRA " + ", ".join(map(_named, queue)) + ")"
    return text


def _directive(match: re.Match[str], queue: list[Any]) -> str:
    verb = match["verb"]
    if verb is None:
        return "%!(NOVERB)"
    if verb == "%":
        return "%"
    if not queue:
        return f"%!{verb}(MISSING)"
    return _formatted(match, queue.pop(0))


def _formatted(match: re.Match[str], value: Any) -> str:
    verb = match["verb"]
    if verb == "T":
        return _padded(match, kind(value))
    if isinstance(value, Record):
        return "{" + " ".join(_formatted(match, item) for item in value.values()) + "}"
    if isinstance(value, Mapping):
        pairs = (f"{_formatted(match, key)}:{_formatted(match, value[key])}" for key in sorted(value))
        return "map[" + " ".join(pairs) + "]"
    if isinstance(value, list | tuple):
        return "[" + " ".join(_formatted(match, item) for item in value) + "]"
    text = _scalar(match, value)
    return f"%!{verb}({_named(value)})" if text is None else _padded(match, text)


def _scalar(match: re.Match[str], value: Any) -> str | None:
    """None where the verb is not for such a value."""
    verb, name = match["verb"], kind(value)
    if name == "string":
        return _string(match, value)
    if verb == "v" or isinstance(value, Nil):
        return show(value)
    if name == "bool":
        return show(value) if verb == "t" else None
    if verb not in _NUMBERS.get(name, ""):
        return None
    return _number(match, value)


def _string(match: re.Match[str], value: str) -> str | None:
    cut = value if match["precision"] is None else value[: int(match["precision"] or 0)]
    match match["verb"]:
        case "s" | "v":
            return cut
        case "q":
            return _quoted(cut)
        case "x" | "X" as verb:
            digits = cut.encode(errors="replace").hex()
            return digits.upper() if verb == "X" else digits
        case _:
            return None


def _number(match: re.Match[str], value: float) -> str:
    flags, precision, verb = match["flags"], match["precision"], match["verb"]
    if verb == "g" and precision is None:
        return show(value)
    sign = "+" if "+" in flags else " " if " " in flags else ""
    places = f".{precision or 0}" if precision is not None and isinstance(value, float) else ""
    return format(value, f"{sign}{'#' if '#' in flags else ''}{places}{verb}")


def _padded(match: re.Match[str], text: str) -> str:
    width, flags = int(match["width"] or 0), match["flags"]
    if "-" in flags:
        return text.ljust(width)
    return text.zfill(width) if "0" in flags else text.rjust(width)


def _quoted(text: str) -> str:
    escaped = (
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in re.sub(r'["\\]', r"\\\g<0>", text)
    )
    return f'"{"".join(escaped)}"'


def _named(value: Any) -> str:
    return show(value) if value is None else f"{kind(value)}={show(value)}"
