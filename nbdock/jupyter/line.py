"""A magic's line to words: split first, then put Python's values in, so that no value is ever split or read again.

`{expression}` and `$name` are Python; `{{.ID}}` is a Go template and left alone; `#` begins a comment. A backslash
escapes nothing: Windows paths live.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbdock.errors import UsageError
from nbdock.grammar import Text

EXPRESSION = re.compile(r"\$?\{[^{}]*\}|\$[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
PIECE = re.compile(rf"""'[^']*'|"[^"]*"|\{{\{{.*?\}}\}}|{EXPRESSION.pattern}|[^\s'"{{$]+|[{{$]""")
TOKEN = re.compile(rf"(?P<comment>#.*)|(?P<word>(?:{PIECE.pattern})+)|(?P<rest>\S.*)")
SHELL = re.compile(r"\|{1,2}|&{1,2}|>{1,2}|<|\$\(.*|`.*")


@dataclass(frozen=True, slots=True)
class Line:
    """What was typed after the magic's name. `silent`: it ends in `;` and shows no result."""

    words: list[str]
    silent: bool


def read(text: str, names: Mapping[str, Any]) -> Line:
    """The words, with the values of `names` in them.

    A word that is one unquoted expression of a list, tuple or Series of text becomes as many words. Raises UsageError
    for an open quote, for what cannot be expanded, and for what only a shell understands.
    """
    raw = list(_split(text))
    silent = bool(raw) and raw[-1].endswith(";")
    if silent:
        raw[-1] = raw[-1].removesuffix(";")
    return Line([word for part in raw if part for word in _words(part, names)], silent)


def _split(text: str) -> Iterator[str]:
    """The words, still quoted."""
    for token in TOKEN.finditer(text):
        if token["comment"]:
            return
        if token["rest"]:
            raise UsageError(f"no closing quotation: {token['rest']}", hint="quote what holds a ' with \"")
        if SHELL.fullmatch(token["word"]):
            raise UsageError(
                f"no shell reads this line: {token['word']}",
                hint="keep a result with ids = %docker images -q, and give it on with %docker rmi {ids}",
            )
        yield token["word"]


def _words(raw: str, names: Mapping[str, Any]) -> list[str]:
    if EXPRESSION.fullmatch(raw):
        value = _value(raw, names)
        several = _several(value)
        return [_one(raw, value)] if several is None else several
    return ["".join(_piece(piece, names) for piece in PIECE.findall(raw))]


def _piece(piece: str, names: Mapping[str, Any]) -> str:
    text = piece[1:-1] if piece[0] in "'\"" else piece
    return text if "{{" in text else EXPRESSION.sub(lambda found: _one(found[0], _value(found[0], names)), text)


def _value(expression: str, names: Mapping[str, Any]) -> Any:
    try:
        return eval(expression.strip("${}"), dict(names))  # noqa: S307 (the user's own cell)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    raise UsageError(f"cannot expand {expression!r}: {reason}", hint="'{{' and '}}' around it leave it as it is")


def _several(value: Any) -> list[str] | None:
    """The words of a list, a tuple, a Series, or of what `-q` gave; None for what is one word."""
    if isinstance(value, Text):
        return value.split()
    items = value.tolist() if hasattr(value, "tolist") else value
    return list(map(str, items)) if isinstance(items, list | tuple) else None


def _one(expression: str, value: Any) -> str:
    if _several(value) is None and not hasattr(value, "columns"):
        return str(value)
    raise UsageError(
        f"{expression!r} is not one word",
        hint="several names can be a word of their own, {names}, and a frame gives them by a column: {df.reference}",
    )
