"""Generated text in place of programs: of any size, and determined by the name."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from scripts.samples.deflate import WINDOW

_WORDS = (
    "a image layer is of the digest and blob by config tag registry to manifest in store pull index file whose size "
    "names every name stands for content that was made once here where nothing runs it only shows what bytes are"
).split()
_LINE = 64
_PARAGRAPH = 4 * _LINE
_LINES = 1024
# Of 16 paragraphs 7 are new, so that filler compresses to about two fifths, as real layers do.
_NEW = 7


@dataclass(frozen=True, slots=True)
class Filler:
    """`bytes(filler)` is `size` bytes of ASCII text; the first line names the file it stands for."""

    name: str
    size: int

    def __bytes__(self) -> bytes:
        heading = f"Sample text made by nbdock; stands for {self.name}\n".encode("ascii")
        first = (heading + b"".join(_lines()[:4]))[:_PARAGRAPH]
        count = max(self.size - 1, 0) // _PARAGRAPH
        return b"".join((first, *_paragraphs(draws(self.name), count)))[: self.size]


def draws(name: str) -> Iterator[int]:
    """Pseudo-random numbers of 48 bits, seeded with the name: Knuth's MMIX generator without its weak low bits."""
    state = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield state >> 16


def _paragraphs(numbers: Iterator[int], count: int) -> Iterator[bytes]:
    lines = _lines()
    recent: deque[bytes] = deque(maxlen=WINDOW // 2 // _PARAGRAPH)
    for _ in range(count):
        number = next(numbers)
        if number % 16 < _NEW or not recent:
            recent.append(b"".join(lines[number >> shift & _LINES - 1] for shift in (4, 14, 24, 34)))
            yield recent[-1]
        else:
            yield recent[(number >> 8) % len(recent)]


@cache
def _lines() -> tuple[bytes, ...]:
    numbers = draws("lines")
    return tuple(_line(numbers) for _ in range(_LINES))


def _line(numbers: Iterator[int]) -> bytes:
    text = ""
    while len(text) < _LINE:
        text += _WORDS[next(numbers) % len(_WORDS)] + " "
    return text[: _LINE - 1].encode("ascii") + b"\n"
