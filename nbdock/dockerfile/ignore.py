"""`.dockerignore`: which paths are no part of a build context, by the rules of moby/patternmatcher.

They are not git's: a pattern without a slash matches at the top only, `**` is any number of folders, and the last
pattern that matches a path, or a folder above it, decides.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from nbdock.errors import UsageError
from nbdock.human import excerpt
from nbdock.oci.pattern import translated

_LONGEST = 100_000
_MOST_GAPS = 20
_MOST_JOINTS = 3
_UNIT = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\*\*/?|.", re.DOTALL)
_WILD = re.compile(r"[*?\[\\]")
_ALL = ("*", "**", "**/*")


class Ignore:
    """The patterns of a `.dockerignore`; each path is relative to the context, with slashes."""

    def __init__(self, text: str) -> None:
        lines = text.removeprefix("\ufeff").splitlines()
        self._read([line for line in lines if not line.startswith("#")])

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Ignore:
        """Patterns that are not in a file: those of `COPY --exclude`."""
        made = cls("")
        made._read(patterns)
        return made

    def _read(self, lines: Iterable[str]) -> None:
        patterns = [_cleaned(line.strip()) for line in lines if line.strip()]
        if sum(map(len, patterns)) > _LONGEST:
            raise UsageError("the patterns are too long", hint=f"{_LONGEST} characters are the most")
        self._exceptions = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
        self.has_exceptions = bool(self._exceptions)
        self.has_all = any(pattern in _ALL for pattern in patterns)
        self._runs = [(not is_exception, _compiled(run)) for is_exception, run in groupby(patterns, _is_exception)]

    def excludes(self, path: str) -> bool:
        """Whether a path is left out, because of itself or of a folder above it."""
        is_excluded = False
        for excludes, pattern in self._runs:
            if excludes != is_excluded and pattern.match(path):
                is_excluded = excludes
        return is_excluded

    def may_include_below(self, folder: str) -> bool:
        """Whether something in a folder that is left out may not be, by a pattern with `!`."""
        return any(_may_match_below(pattern, f"{folder}/") for pattern in self._exceptions)


def _is_exception(pattern: str) -> bool:
    return pattern.startswith("!")


def _cleaned(pattern: str) -> str:
    """A pattern without `.`, `..`, and slashes at its ends."""
    if pattern == "!":
        raise UsageError('illegal exclusion pattern: "!"', hint="write !PATTERN for what is not left out")
    if pattern.startswith("!"):
        return f"!{_cleaned(pattern[1:].strip())}"
    path = posixpath.normpath(pattern)
    return path.lstrip("/") or "/"


def _may_match_below(pattern: str, folder: str) -> bool:
    wild = _WILD.search(pattern)
    head = pattern[: wild.start()] if wild else f"{pattern}/"
    return head.startswith(folder) or folder.startswith(head)


def _compiled(patterns: Iterable[str]) -> re.Pattern[str]:
    """What matches a path if one of the patterns matches it, or a folder above it."""
    either = "|".join(_expression(pattern.removeprefix("!")) for pattern in patterns)
    return re.compile(rf"(?:{either})(?:/|\Z)", re.DOTALL)


def _expression(pattern: str) -> str:
    """A pattern as a regular expression, which takes time in proportion to a path's length for each `**`."""
    if pattern.startswith("**") and not _WILD.search(pattern[2:]) and pattern[2:3] != "/":
        return f".*{re.escape(pattern[2:])}"
    pieces = [""]
    for unit in _UNIT.findall(pattern):
        pieces = [*pieces, ""] if unit.startswith("**") else [*pieces[:-1], pieces[-1] + unit]
    joints = sum(not piece.endswith("/") for piece in pieces[:-1] if piece)
    if len(pieces) > _MOST_GAPS or joints > _MOST_JOINTS:
        raise UsageError(f"a pattern has too many **: {excerpt(pattern)}", hint="write **/ between folders")
    if pattern.endswith("**") and not pieces[-1]:
        return "|".join(f"{_joined(each)}.*" for each in _alternatives(pieces[:-1]))
    return "|".join(map(_joined, _alternatives(pieces)))


def _alternatives(pieces: list[str]) -> Iterator[list[str]]:
    """The pieces between `**`, so that each `**` comes after a slash: `a**b` is `ab` or `a*/**/b`."""
    at = next((index for index, piece in enumerate(pieces[:-1]) if piece and not piece.endswith("/")), None)
    if at is None:
        yield pieces
        return
    before, piece, following, after = pieces[:at], pieces[at], pieces[at + 1], pieces[at + 2 :]
    yield from _alternatives([*before, piece + following, *after])
    yield from _alternatives([*before, f"{piece}*/", following, *after])


def _joined(pieces: list[str]) -> str:
    """Each piece but the last is taken where it first fits, and never elsewhere: many `**` cost no more."""
    first, *others = map(translated, pieces)
    between = "".join(f"(?>(?:.*?/)??{piece})" for piece in others[:-1])
    return first + between + "".join(f"(?:.*/)?{piece}" for piece in others[-1:])
