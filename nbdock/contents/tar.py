"""Walk a tar from header to header as it streams by."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from io import SEEK_END
from typing import IO

from nbdock.contents import header as headers
from nbdock.contents.header import BLOCK, Entry, Kind
from nbdock.errors import InvalidContent

Taker = Callable[[memoryview], object]
"""Takes the next bytes of an entry's content."""
Visitor = Callable[[Entry], Taker | None]
"""Sees an entry, and returns what takes its content; None to skip it."""

_END = bytes(BLOCK)
_NO_RECORDS: dict[bytes, bytes] = {}
"""Most entries have none: they share this one, which nothing changes."""
_SYMLINK = Kind.SYMLINK
_WHITEOUT = b".wh."
_EXTENDED = {headers.PAX, headers.GNU_PATH, headers.GNU_LINK}
_MAX_EXTENDED = 1 << 20
_SPARSE_MORE, _SPARSE_NEXT = 482, 504
_MAX_FILES = 1 << 50
_Wanted = tuple[int, int]


class Walk:
    """Shows every entry of a tar to its visitors, and its content to those who take it. Keeps nothing.

    As in Go, the tar may also end between two entries, and what follows two blocks of zeros is ignored.
    """

    def __init__(self, *visitors: Visitor) -> None:
        self._body = _Body()
        self._entries = _walk(visitors, self._body)
        self._skip, self._wanted = next(self._entries)
        self._held = bytearray()
        self._before = 0
        self._ended = False

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the tar. Raises InvalidContent."""
        if self._ended:
            return
        start, body = self._skip, self._body
        if body.takers:
            body.give(chunk, 0, start)
        try:
            while (end := start + self._wanted - len(self._held)) <= len(chunk):
                block = bytes(self._held) + chunk[start:end] if self._held else chunk[start:end]
                self._held.clear()
                body.offset = self._before + end
                skip, self._wanted = self._entries.send(block)
                start = end + skip
                if body.takers and skip:
                    body.give(chunk, end, start)
        except StopIteration:
            self._ended = True
        else:
            self._held += chunk[start:]
            self._skip = max(start - len(chunk), 0)
            self._before += len(chunk)

    def finish(self) -> None:
        """Raises InvalidContent if the tar ends in the middle of an entry."""
        if not self._ended and (self._held or self._skip):
            raise _cut()
        with suppress(StopIteration):
            self._entries.send(b"")


def scan(file: IO[bytes], *visitors: Visitor) -> None:
    """Show every entry of a tar in a file, of which no content is read. Raises InvalidContent."""
    body = _Body()
    entries = _walk(visitors, body)
    skip, wanted = next(entries)
    start = file.tell()
    end = file.seek(0, SEEK_END)
    with suppress(StopIteration):
        while True:
            start += skip
            file.seek(start)
            block = file.read(wanted)
            if start > end or 0 < len(block) < wanted:
                raise _cut()
            body.offset = start = start + len(block)
            skip, wanted = entries.send(block)


class Sizes:
    """A visitor that adds up docker's size of a layer: the bytes of regular files and of symlink targets.

    Hard links add nothing, nor do whiteouts, whatever is in them: docker makes devices and attributes of them.
    """

    def __init__(self) -> None:
        self.size = self.entries = 0

    def add(self, entry: Entry) -> None:
        """Add an entry's size. Raises InvalidContent if the sum exceeds any disk: a sparse file may claim any size."""
        self.entries += 1
        size = len(entry.linkname) if entry.kind is _SYMLINK else entry.size
        if size and not (_WHITEOUT in entry.path and entry.path.rpartition(b"/")[2].startswith(_WHITEOUT)):
            self.size += size
        if self.size > _MAX_FILES:
            raise InvalidContent("the files are larger than a pebibyte")


class _Body:
    """The content of the entry that was shown last: where it begins, who takes it, and how much is left."""

    __slots__ = ("left", "offset", "takers")

    def __init__(self) -> None:
        self.offset = self.left = 0
        self.takers: list[Taker] = []

    def give(self, chunk: bytes, start: int, end: int) -> None:
        """Pass on what is content of chunk[start:end]; padding follows it."""
        piece = memoryview(chunk)[start : min(end, start + self.left)]
        self.left -= len(piece)
        if piece:
            for take in self.takers:
                take(piece)


def _walk(visitors: Iterable[Visitor], body: _Body) -> Generator[_Wanted, bytes, None]:
    """Yields how many bytes to skip and how many to read then; receives those, or b"" at the end of the tar."""
    records = _NO_RECORDS
    skip = 0
    while (header := (yield skip, BLOCK)) and header != _END:
        flag = headers.verify(header)
        if flag in _EXTENDED:
            told = yield from _extended(flag, headers.size(header))
            if records:
                records.update(told)
            else:
                records = told
            skip = 0
        elif flag == headers.GLOBAL:
            # Docker ignores global headers.
            skip = _padded(headers.size(header))
        else:
            entry, stored = headers.entry(header, records)
            skip = _padded(stored)
            if flag == headers.GNU_SPARSE:
                yield from _pass_holes(header)
            entry.offset, body.left = body.offset, stored
            body.takers = [take for visit in visitors if (take := visit(entry))]
            records = _NO_RECORDS
    if records:
        raise _cut()
    if header and (yield 0, BLOCK) not in (b"", _END):
        raise InvalidContent("archive/tar: invalid tar header")


def _extended(flag: int, size: int) -> Generator[_Wanted, bytes, dict[bytes, bytes]]:
    """The records of a pax header, or of GNU's header for a long name, for the entry that follows."""
    if size > _MAX_EXTENDED:
        raise InvalidContent("archive/tar: header field too long")
    body = (yield 0, _padded(size)) if size else b""
    if len(body) < size:
        raise _cut()
    if flag == headers.PAX:
        return dict(headers.pax_records(body[:size]))
    return {b"path" if flag == headers.GNU_PATH else b"linkpath": headers.text(body[:size])}


def _pass_holes(header: bytes) -> Generator[_Wanted, bytes, None]:
    """Skip GNU's further list of holes, between the header and the content; no size includes it."""
    more = header[_SPARSE_MORE]
    while more:
        block = yield 0, BLOCK
        if not block:
            raise _cut()
        more = block[_SPARSE_NEXT]


def _padded(size: int) -> int:
    return size + -size % BLOCK


def _cut() -> InvalidContent:
    return InvalidContent("unexpected EOF")
