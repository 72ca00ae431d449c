"""Parts of a layer's tar, read forwards: a compressed layer is inflated up to them, a plain tar is opened there.

Or parts of its blob as it is, compressed or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from nbdock.contents.inflate import detect, inflated
from nbdock.errors import InvalidContent

Open = Callable[[int], Iterable[bytes]]
"""Returns a layer's blob from a byte on, in chunks."""


class Forward:
    """Reads a layer's tar once, part after part, in bounded memory; or its blob `as_it_is`."""

    def __init__(self, open: Open, as_it_is: bool = False) -> None:
        self._open, self._as_it_is = open, as_it_is
        self._chunks: Iterator[bytes] | None = None
        self._at = 0
        self._held = memoryview(b"")

    def part(self, start: int, size: int) -> Iterator[memoryview]:
        """The bytes of the tar from `start` on, which is behind the part before. Raises InvalidContent."""
        if self._chunks is None:
            self._chunks = self._begin(start)
        while self._at < start + size:
            if not self._held:
                self._held = memoryview(next(self._chunks, b""))
                if not self._held:
                    raise InvalidContent(f"the layer breaks off at byte {self._at} of its tar")
            is_before = self._at < start
            piece = self._held[: (start if is_before else start + size) - self._at]
            self._at += len(piece)
            self._held = self._held[len(piece) :]
            if not is_before:
                yield piece

    def _begin(self, start: int) -> Iterator[bytes]:
        if not self._as_it_is and detect(next(iter(self._open(0)), b"")):
            return inflated(self._open(0))
        self._at = start
        return iter(self._open(start))
