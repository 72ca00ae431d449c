"""Tags in the order in which people look for one: `latest`, then versions, newest first, then builds, then words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_VERSION = re.compile(r"[vV]?(\d+(?:\.\d+)*)(.*)", re.ASCII)
_EARLY = re.compile(r"[-._]?(?:dev|a|alpha|b|beta|pre|preview|m|milestone|c|rc)[-._]?\d*(?![a-z])", re.ASCII)
_PARTS = re.compile(r"(\d+)", re.ASCII)
_BUILD = 6
"""A number of so many digits, without a point, is a date or the number of a build."""


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
    numbers = [-int(each) for each in match[1].split(".")]
    if len(numbers) == 1 and len(match[1]) >= _BUILD:
        return (2, *numbers)
    variant = match[2]
    early = _EARLY.match(variant.lower())
    # What follows the numbers ends a shorter version after a longer one: 3.13.1 is newer than 3.13.
    return (1, [*numbers, 1], bool(early), _descending(early[0]) if early else [], bool(variant))


def _descending(early: str) -> list[Any]:
    """`rc2` before `rc1` before `b3` before `a7` before `dev`."""
    return [tuple(-ord(each) for each in re.sub(r"\d|dev", "", early)), -int(re.sub(r"\D", "", early) or 0)]


def _natural(tag: str) -> list[tuple[int, str]]:
    """`node10` before `node9`."""
    return [(-int(each), "") if each.isdigit() else (1, each) for each in _PARTS.split(tag)]
