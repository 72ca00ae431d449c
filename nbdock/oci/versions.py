"""Tags as versions: in the order in which people look for one (`latest`, then versions, newest first, then builds, then
words), and within a range."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import zip_longest
from operator import eq, ge, gt, le, ne
from typing import Any, Self

from nbdock.errors import UsageError

_VERSION = re.compile(r"[vV]?(\d+(?:\.\d+)*)(.*)", re.ASCII)
_EARLY = re.compile(r"[-._]?(?:dev|a|alpha|b|beta|pre|preview|m|milestone|c|rc)[-._]?\d*(?![a-z])", re.ASCII)
_PARTS = re.compile(r"(\d+)", re.ASCII)
_BUILD = 100_000
"""Such a number and larger ones, without a point, are dates or the numbers of builds."""

_BOUND = re.compile(r"\s*(>=|<=|!=|>|<|=?)\s*[vV]?(\d{1,18}(?:\.\d{1,18}){0,9})\s*", re.ASCII)
_TESTS: dict[str, Callable[[Any, Any], bool]] = {">=": ge, "<=": le, ">": gt, "!=": ne, "=": eq, "": eq}


@dataclass(frozen=True, slots=True)
class Range:
    """A range of versions: `>=3.11,<3.13`.

    Variants belong to it (`3.12-slim`); what was released earlier than a bound (`3.13rc2`) is below it, but not within
    `<3.13`. Builds and dates are compared with such only.
    """

    bounds: tuple[tuple[str, tuple[int, ...]], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse bounds with commas between them. Raises UsageError."""
        matches = [_BOUND.fullmatch(each) for each in text.split(",")]
        bounds = tuple((match[1], _numbers(match[2])) for match in matches if match)
        if len(bounds) < len(matches):
            hint = "for example >=3.11,<3.13; the operators are >= > <= < = !="
            raise UsageError(f"invalid range of versions: {text}", hint=hint)
        return cls(bounds)

    def has(self, tag: str) -> bool:
        """Whether a tag is a version of this range."""
        match = _VERSION.fullmatch(tag)
        if not match:
            return False
        numbers, early = _numbers(match[1]), bool(_EARLY.match(match[2].lower()))
        return all(_is_within(numbers, early, sign, bound) for sign, bound in self.bounds)


def newest_first(tags: Iterable[str]) -> list[str]:
    """Sort tags.

    A version comes before its variants (`3.13` before `3.13-slim`), and after it what was released earlier (`3.13rc2`).

    Examples
    --------
    >>> newest_first(["3.9", "3.10-slim", "edge", "latest", "3.10", "20240101"])
    ['latest', '3.10', '3.10-slim', '3.9', '20240101', 'edge']
    """
    return sorted(sorted(tags, key=_natural), key=_rank)


def _rank(tag: str) -> tuple[Any, ...]:
    """What decides before the letters do."""
    match = _VERSION.fullmatch(tag)
    if tag == "latest" or not match:
        return (0 if tag == "latest" else 3,)
    found = _numbers(match[1])
    numbers = [-each for each in found]
    if _is_build(found):
        return (2, *numbers)
    variant = match[2]
    early = _EARLY.match(variant.lower())
    # What follows the numbers ends a shorter version after a longer one: 3.13.1 is newer than 3.13.
    return (1, [*numbers, 1], bool(early), _descending(early[0]) if early else [], bool(variant))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def _is_build(numbers: tuple[int, ...]) -> bool:
    return len(numbers) == 1 and numbers[0] >= _BUILD


def _is_within(numbers: tuple[int, ...], early: bool, sign: str, bound: tuple[int, ...]) -> bool:
    """Whether a version is on the right side of a bound; `3.13` is `3.13.0`."""
    if _is_build(numbers) != _is_build(bound):
        return False
    own, other = zip(*zip_longest(numbers, bound, fillvalue=0), strict=True)
    if sign == "<":
        return own < other
    return _TESTS[sign]((own, not early), (other, True))


def _descending(early: str) -> list[Any]:
    """`rc2` before `rc1` before `b3` before `a7` before `dev`."""
    return [tuple(-ord(each) for each in re.sub(r"\d|dev", "", early)), -int(re.sub(r"\D", "", early) or 0)]


def _natural(tag: str) -> list[tuple[int, str]]:
    """`node10` before `node9`."""
    return [(-int(each), "") if each.isdigit() else (1, each) for each in _PARTS.split(tag)]
