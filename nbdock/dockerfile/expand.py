"""Quotes, escapes and variables in the words of an instruction, by docker's rules: a shell's, but simpler."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nbdock.errors import UsageError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]")
_MODIFIER = re.compile(r":?[-+?]")
_MAX_DEPTH = 50
_LONGEST_SHOWN = 200


def expand(word: str, variables: Mapping[str, str], most: int) -> str:
    """The text that a word stands for: without its quotes, each variable replaced by its value.

    `${NAME-word}`, `${NAME+word}` and `${NAME?word}` are a shell's, with a `:` too. A variable that is not set is
    empty. Raises UsageError for invalid syntax, and if the values are longer than `most`.
    """
    return _Scanner(word, variables, most).text()


class _Scanner:
    """Reads a word from left to right, once."""

    def __init__(self, word: str, variables: Mapping[str, str], most: int) -> None:
        self._word, self._variables, self._left = word, variables, most
        self._at = self._depth = 0

    def text(self, end: str = "") -> str:
        """What is before the `end`, or the end of the word."""
        found: list[str] = []
        while char := self._next():
            if char == end:
                return "".join(found)
            match char:
                case "'":
                    found.append(self._single())
                case '"':
                    found.append(self._double())
                case "$":
                    found.append(self._variable())
                case _:
                    found.append(self._next() if char == "\\" else char)
        if end:
            raise self._error("syntax error: missing '}'")
        return "".join(found)

    def _next(self) -> str:
        """The next character; "" at the end."""
        self._at += 1
        return self._word[self._at - 1 : self._at]

    def _single(self) -> str:
        start, end = self._at, self._word.find("'", self._at)
        if end < 0:
            raise self._error("unexpected end of statement while looking for matching single-quote")
        self._at = end + 1
        return self._word[start:end]

    def _double(self) -> str:
        found: list[str] = []
        while (char := self._next()) != '"':
            if char == "$":
                found.append(self._variable())
            elif char == "\\":
                escaped = self._next()
                found.append(escaped if escaped in ("$", '"', "\\") else char + escaped)
            elif not char:
                raise self._error("unexpected end of statement while looking for matching double-quote")
            else:
                found.append(char)
        return "".join(found)

    def _variable(self) -> str:
        """What is after a `$`, which stands for itself where no name follows."""
        if self._word[self._at : self._at + 1] == "{":
            self._at += 1
            return self._braced()
        name = self._match(_NAME)
        return self._valued(self._variables.get(name, "")) if name else "$"

    def _braced(self) -> str:
        name = self._match(_NAME)
        value = self._variables.get(name)
        modifier = self._match(_MODIFIER)
        if modifier:
            return self._modified(name, value, modifier)
        following = self._next()
        if following == "}" and name:
            return self._valued(value or "")
        if not following:
            raise self._error("syntax error: missing '}'")
        raise self._error(f"unsupported modifier ({following}) in substitution" if name else "bad substitution")

    def _modified(self, name: str, value: str | None, modifier: str) -> str:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error("variables are nested too deeply")
        word = self.text("}")
        self._depth -= 1
        is_set = bool(value) if ":" in modifier else value is not None
        if modifier.endswith("+"):
            return word if is_set else ""
        if modifier.endswith("?") and not is_set:
            raise self._error(f"{name}: {word or 'is not allowed to be unset'}")
        return self._valued(value or "") if is_set else word

    def _match(self, pattern: re.Pattern[str]) -> str:
        """What the pattern matches here; "" if it does not."""
        match = pattern.match(self._word, self._at)
        self._at = match.end() if match else self._at
        return match[0] if match else ""

    def _valued(self, value: str) -> str:
        self._left -= len(value)
        if self._left < 0:
            raise self._error("the values of its variables are too long")
        return value

    def _error(self, problem: str) -> UsageError:
        hint = "a backslash before a $ or a quote makes it an ordinary character"
        shown = self._word if len(self._word) <= _LONGEST_SHOWN else f"{self._word[:_LONGEST_SHOWN]}…"
        return UsageError(f'failed to process "{shown}": {problem}', hint=hint)
