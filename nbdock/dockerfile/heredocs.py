"""Heredocs: files that stand in a Dockerfile, between a line with `<<NAME` and one with `NAME`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_UNIT = r"""'[^']*+'|"(?:\\.|[^"\\])*+"|\\.|<<[\t\r ]*+|[^\s'"\\]"""
_LINE = re.compile(rf"(?:{_UNIT}|\s)*+\\?", re.DOTALL)
_WORD = re.compile(rf"(?:{_UNIT})++", re.DOTALL)
_OPENING = re.compile(r"[0-9]*<<(-?)\s*([^<]+)", re.DOTALL)
_QUOTED = re.compile(r"""'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)""", re.DOTALL)
_ESCAPED = re.compile(r'\\(["$\\])')
_TABS = re.compile(r"^\t+", re.MULTILINE)


class Heredoc(NamedTuple):
    """A file in a Dockerfile. Its variables are replaced if `expand`, which quotes around the name forbid."""

    name: str
    content: str
    expand: bool


class Opening(NamedTuple):
    """What a word `<<NAME` says: with `<<-`, tabs at the start of the lines are no part of the content."""

    name: str
    expand: bool
    strips_tabs: bool

    @classmethod
    def of(cls, word: str) -> Opening | None:
        """None if the word opens no heredoc."""
        match = _OPENING.fullmatch(word)
        if match is None or not _WORD.fullmatch(match[2]):
            return None
        name = _QUOTED.sub(_unquoted, match[2])
        is_quoted = any(each[0][0] in "'\"" for each in _QUOTED.finditer(match[2]))
        return cls(name, not is_quoted, bool(match[1]))

    def ends_at(self, line: str) -> bool:
        """Whether the heredoc ends at this line."""
        return (line.lstrip("\t") if self.strips_tabs else line) == self.name

    def filled(self, lines: Iterable[str]) -> Heredoc:
        """The heredoc with these lines."""
        content = "".join(f"{line}\n" for line in lines)
        return Heredoc(self.name, _TABS.sub("", content) if self.strips_tabs else content, self.expand)


def openings(line: str) -> list[Opening]:
    """The heredocs that the words of a line open. There are none where a quote is not closed."""
    if "<<" not in line or not _LINE.fullmatch(line):
        return []
    return [opening for word in _WORD.findall(line) if (opening := Opening.of(word))]


def _unquoted(match: re.Match[str]) -> str:
    single, double, escaped = match.groups()
    return single or escaped or _ESCAPED.sub(r"\1", double or "")
