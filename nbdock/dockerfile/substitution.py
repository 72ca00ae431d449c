"""Patterns in the substitutions of variables: `${NAME#pattern}`, `${NAME%%pattern}`, `${NAME/pattern/word}`.

In a pattern `*` is any text and `?` any character; a backslash makes them ordinary. From the leftmost
start each part of the pattern is looked for once: if it is not there, no later start helps, so that a match costs what
the value is long.
"""

from __future__ import annotations

import re
from itertools import groupby

_TOKEN = re.compile(r"(?P<star>\*)|(?P<one>\?)|\\(?P<escaped>[*?\\/}])|(?P<plain>[^\\])", re.DOTALL)
_LONGEST = 255
_STAR = ""


def trimmed(value: str, pattern: str, modifier: str) -> str:
    """The value without what the pattern matches at its start (`#`) or end (`%`); with `##`, `%%` as much as can be.

    Raises ValueError for an invalid pattern.
    """
    tokens, is_longest = _tokens(pattern), len(modifier) > 1
    if modifier[0] == "#":
        span = _span(value, tokens, 0, is_longest, is_anchored=True)
        return value[span[1] :] if span else value
    span = _span(value[::-1], tokens[::-1], 0, is_longest, is_anchored=True)
    return value[: len(value) - span[1]] if span else value


def replaced(value: str, pattern: str, word: str, every: bool, most: int) -> str:
    """The value with the word for the first match of the pattern, or for every match.

    Raises ValueError for an invalid pattern, and for a value that becomes longer than `most`.
    """
    tokens = _tokens(pattern)
    found: list[str] = []
    at = 0
    while at <= len(value) and (span := _span(value, tokens, at, True)) and (span[1] > at or not at):
        found += [value[at : span[0]], word]
        most -= len(word)
        if most < 0:
            raise ValueError("it makes the value too long")
        at = span[1]
        if not every or span[0] == span[1]:
            break
    return "".join(found) + value[at:]


def _span(
    value: str, tokens: list[str], start: int, is_longest: bool, *, is_anchored: bool = False
) -> tuple[int, int] | None:
    """Where the leftmost match starts and ends."""
    first, *others = _chunks(tokens)
    match = first.match(value, start) if is_anchored else first.search(value, start)
    if match is None:
        return None
    begin = match.start()
    for chunk in others:
        before, match = match.end(), chunk.search(value, match.end())
        if match is None:
            return None
    if is_longest and others:
        match = re.compile(f"(?s:.*)(?:{others[-1].pattern})", re.DOTALL).match(value, before)
    return (begin, match.end()) if match else None


def _chunks(tokens: list[str]) -> list[re.Pattern[str]]:
    """What stands between the stars."""
    chunks = [""]
    for is_star, group in groupby(tokens, lambda token: token == _STAR):
        chunks = [*chunks, ""] if is_star else [*chunks[:-1], "".join(group)]
    return [re.compile(chunk, re.DOTALL) for chunk in chunks]


def _tokens(pattern: str) -> list[str]:
    if len(pattern) > _LONGEST:
        raise ValueError(f"{_LONGEST} characters are the most")
    tokens: list[str] = []
    at = 0
    while match := _TOKEN.match(pattern, at):
        tokens.append(
            _STAR if match["star"] else "." if match["one"] else re.escape(match["escaped"] or match["plain"])
        )
        at = match.end()
    if at < len(pattern):
        raise ValueError(f"invalid escape '{pattern[at : at + 2]}'")
    return tokens
