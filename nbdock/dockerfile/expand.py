"""Quotes, escapes and variables in the words of an instruction, by docker's rules: a shell's, but simpler."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nbdock.dockerfile.parser import BACKSLASH
from nbdock.dockerfile.substitution import replaced, trimmed
from nbdock.errors import UsageError

_NAME = re.compile(r"[^\W\d]\w*|\d+|[@*#?$!-]")
_MODIFIER = re.compile(r":?[-+?]|##?|%%?|//?")
_MAX_DEPTH = 50
_LONGEST_SHOWN = 200


class Scope(dict[str, str]):
    """Variables, of which the names that were asked for are remembered: those `used`, those `missing`."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        self.restart()

    def restart(self) -> None:
        """Remember no name so far."""
        self.used: dict[str, None] = {}
        self.missing: dict[str, None] = {}

    def find(self, name: str) -> str | None:
        """The variable's value, None if it is not set."""
        (self.used if name in self else self.missing)[name] = None
        return self.get(name)


def expand(word: str, scope: Scope, most: int, *, escape: str = BACKSLASH, keep_quotes: bool = False) -> str:
    """The text that a word stands for: without its quotes, each variable replaced by its value.

    `${NAME-word}`, `${NAME+word}`, `${NAME?word}`, `${NAME#pattern}`, `${NAME%pattern}` and `${NAME/pattern/word}` are
    a shell's. A variable that is not set is empty. Raises UsageError for invalid syntax, and if the values are longer
    than `most`.
    """
    return _Scanner(word, scope, most, escape, keep_quotes).text()


class _Scanner:
    """Reads a word from left to right, once."""

    def __init__(self, word: str, scope: Scope, most: int, escape: str, keep_quotes: bool) -> None:
        self._word, self._scope, self._left, self._escape = word, scope, most, escape
        self._quotes = {} if keep_quotes else {"'": self._single, '"': self._double}
        self._at = self._depth = 0

    def text(self, end: str = "", *, keep_escapes: bool = False) -> str:
        """What is before the `end`, or the end of the word."""
        found: list[str] = []
        while char := self._next():
            if char == end:
                return "".join(found)
            if char in self._quotes:
                found.append(self._quotes[char]())
            elif char == "$":
                found.append(self._variable())
            elif char == self._escape:
                found.append((char if keep_escapes else "") + self._next())
            else:
                found.append(char)
        if end:
            raise self._error("syntax error: missing '}'" if end == "}" else "syntax error: missing '/' in ${}")
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
            elif char == self._escape:
                escaped = self._next()
                found.append(escaped if escaped in ("$", '"', self._escape) else char + escaped)
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
        return self._valued(self._scope.find(name) or "") if name else "$"

    def _braced(self) -> str:
        name = self._match(_NAME)
        modifier = self._match(_MODIFIER)
        if modifier and name:
            return self._modified(name, modifier)
        following = self._next()
        if following == "}" and name:
            return self._valued(self._scope.find(name) or "")
        if not following:
            raise self._error("syntax error: missing '}'")
        raise self._error(f"unsupported modifier ({following}) in substitution" if name else "bad substitution")

    def _modified(self, name: str, modifier: str) -> str:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error("variables are nested too deeply")
        if modifier[0] in "#%/":
            found = self._rewritten(name, modifier)
        else:
            found = self._chosen(name, modifier, self.text("}"))
        self._depth -= 1
        return found

    def _chosen(self, name: str, modifier: str, word: str) -> str:
        """`${NAME:-word}`: the value or the word. With a `:` an empty value is as one that is not set."""
        value = self._scope.find(name)
        is_set = bool(value) if ":" in modifier else value is not None
        if modifier.endswith("+"):
            return word if is_set else ""
        if modifier.endswith("?") and not is_set:
            state = "unset" if value is None else "empty"
            raise self._error(f"{name}: {word or f'is not allowed to be {state}'}")
        return self._valued(value or "") if is_set else word

    def _rewritten(self, name: str, modifier: str) -> str:
        """`${NAME#pattern}`, `${NAME%pattern}`: the value without its start or end; `${NAME/pattern/word}`."""
        pattern = self.text("/" if modifier[0] == "/" else "}", keep_escapes=True)
        word = self.text("}", keep_escapes=True) if modifier[0] == "/" else ""
        value = self._valued(self._scope.find(name) or "")
        try:
            if modifier[0] == "/":
                return replaced(value, pattern, word, modifier == "//", self._left)
            return trimmed(value, pattern, modifier)
        except ValueError as error:
            raise self._error(f"invalid pattern ({pattern}) in substitution: {error}") from None

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
        hint = f"a {self._escape} before a $ or a quote makes it an ordinary character"
        shown = self._word if len(self._word) <= _LONGEST_SHOWN else f"{self._word[:_LONGEST_SHOWN]}…"
        return UsageError(f'failed to process "{shown}": {problem}', hint=hint)
