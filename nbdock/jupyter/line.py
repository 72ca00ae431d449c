"""Splits a magic's line into words, then expands Python values in them, so that no value is split or expanded again.

`{expression}` and `$name` are Python; `{{.ID}}` is a Go template and left alone; `#` starts a comment. A backslash is a
plain character, for Windows paths.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from nbdock.errors import UsageError
from nbdock.grammar import Text
from nbdock.grammar.values import several

EXPRESSION = re.compile(r"\$?\{[^{}]*\}|\$[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
SEGMENT = re.compile(rf"""'[^']*'|"[^"]*"|\{{\{{.*?\}}\}}|{EXPRESSION.pattern}|[^\s'"{{$]+|[{{$]""")
TOKEN = re.compile(rf"(?P<comment>#.*)|(?P<word>(?:{SEGMENT.pattern})+)|(?P<rest>\S.*)")
SHELL = re.compile(r"\|{1,2}|&{1,2}|>{1,2}|<|\$\(.*|`.*")


@dataclass(frozen=True, slots=True)
class Line:
    """The words after the magic's name. A `silent` line ends in `;` and shows no result; `empty` stood for no word."""

    words: list[str]
    silent: bool
    empty: str = ""


def read(text: str, names: Mapping[str, Any]) -> Line:
    """Read a line, expanding expressions with the values of `names`.

    A word that is one unquoted expression of a list, Series, frame or other iterable becomes one word for each item; a
    time is written as ISO 8601. Raises UsageError for an open quote, an expression that fails or is missing, and shell
    syntax.
    """
    raw = list(_split(text))
    silent = bool(raw) and raw[-1].endswith(";")
    if silent:
        raw[-1] = raw[-1].removesuffix(";")
    words = {number: _words(part, names) for number, part in enumerate(raw) if part}
    empty = next((raw[number] for number, found in words.items() if not found), "")
    return Line([word for found in words.values() for word in found], silent, empty)


def _split(text: str) -> Iterator[str]:
    """The words, still quoted."""
    for token in TOKEN.finditer(text):
        if token["comment"]:
            return
        if token["rest"]:
            raise UsageError(
                f"no closing quotation: {token['rest']}", hint="use double quotes around a value that contains '"
            )
        if SHELL.fullmatch(token["word"]):
            raise UsageError(
                f"this line is not read by a shell: {token['word']}",
                hint="assign a result, ids = %docker images -q, and use it in another line: %docker rmi {ids}",
            )
        yield token["word"]


def _words(raw: str, names: Mapping[str, Any]) -> list[str]:
    if EXPRESSION.fullmatch(raw):
        value = _value(raw, names)
        several = _several(value)
        return [_one(raw, value)] if several is None else several
    return ["".join(_segment(segment, names) for segment in SEGMENT.findall(raw))]


def _segment(segment: str, names: Mapping[str, Any]) -> str:
    text = segment[1:-1] if segment[0] in "'\"" else segment
    return text if "{{" in text else EXPRESSION.sub(lambda found: _one(found[0], _value(found[0], names)), text)


def _value(expression: str, names: Mapping[str, Any]) -> Any:
    try:
        return eval(expression.strip("${}"), dict(names))  # noqa: S307 (the user's own cell)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    raise UsageError(f"cannot expand {expression!r}: {reason}", hint="write {{.ID}} for a Go template")


def _several(value: Any) -> list[str] | None:
    """The words of a list, a Series, a frame or any other iterable, or the text of `-q`; None for a single word."""
    if isinstance(value, Text):
        return value.split()
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping) and getattr(value, "ndim", True):
        return list(map(str, several([value])))
    return None


def _one(expression: str, value: Any) -> str:
    if value is None or str(value) in ("nan", "<NA>", "NaT"):
        raise UsageError(f"{expression!r} is missing: {value}", hint="leave out what is missing, as with .dropna()")
    if _several(value) is None:
        return value.isoformat() if isinstance(value, date) else str(value)
    hint = "write several names as a word of their own: {names}, or {df.reference} for a column of a frame"
    raise UsageError(f"{expression!r} is not one word", hint=hint)
