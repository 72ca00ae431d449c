"""Tars walked from header to header as they stream past."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import suppress

from nbdock.contents import header as headers
from nbdock.contents.header import BLOCK, Entry, Kind
from nbdock.errors import InvalidContent

Visitor = Callable[[Entry], None]

_END = bytes(BLOCK)
_EXTENDED = {headers.PAX, headers.GNU_PATH, headers.GNU_LINK}
_MAX_EXTENDED = 1 << 20
_SPARSE_MORE, _SPARSE_NEXT = 482, 504
_MAX_FILES = 1 << 50
_Wanted = tuple[int, int]


class Walk:
    """A reader that shows every entry of a tar to its visitors. It keeps none of them, and skips what files hold.

    As in Go, the bytes may also end between two entries, and what follows two blocks of zeros is not looked at.
    """

    def __init__(self, *visitors: Visitor) -> None:
        self._entries = _walk(visitors)
        self._skip, self._wanted = next(self._entries)
        self._held = bytearray()
        self._ended = False

    def feed(self, piece: bytes) -> None:
        """The next bytes of the tar, however many. Raises InvalidContent."""
        if self._ended:
            return
        start = self._skip
        try:
            while (end := start + self._wanted - len(self._held)) <= len(piece):
                block = bytes(self._held) + piece[start:end] if self._held else piece[start:end]
                self._held.clear()
                skip, self._wanted = self._entries.send(block)
                start = end + skip
        except StopIteration:
            self._ended = True
        else:
            self._held += piece[start:]
            self._skip = max(start - len(piece), 0)

    def finish(self) -> None:
        """Raises InvalidContent where the tar ends in the middle of an entry."""
        if not self._ended and (self._held or self._skip):
            raise _cut()
        with suppress(StopIteration):
            self._entries.send(b"")


class Sizes:
    """A visitor that adds up docker's size of a layer: the bytes of its files, and of its symlinks' targets.

    A hard link adds nothing, nor does a whiteout, which is an empty file.
    """

    def __init__(self) -> None:
        self.files = self.entries = 0

    def add(self, entry: Entry) -> None:
        """Raises InvalidContent for more than any disk holds: a sparse file may claim what it likes."""
        self.entries += 1
        self.files += len(entry.linkname) if entry.kind is Kind.SYMLINK else entry.size
        if self.files > _MAX_FILES:
            raise InvalidContent("the files are larger than a pebibyte")


def _walk(visitors: Iterable[Visitor]) -> Generator[_Wanted, bytes, None]:
    """Yields how many bytes to skip and how many it wants then; is sent those, or b"" where there are no more."""
    records: dict[bytes, bytes] = {}
    skip = 0
    while (header := (yield skip, BLOCK)) and header != _END:
        flag = headers.verify(header)
        if flag in _EXTENDED:
            records |= yield from _extended(flag, headers.size(header))
            skip = 0
        elif flag == headers.GLOBAL:
            # Docker ignores what is said of all entries at once.
            skip = _padded(headers.size(header))
        else:
            entry, stored = headers.entry(header, records)
            skip = _padded(stored)
            for visit in visitors:
                visit(entry)
            if flag == headers.GNU_SPARSE:
                yield from _pass_holes(header)
            records = {}
    if records:
        raise _cut()
    if header and (yield 0, BLOCK) not in (b"", _END):
        raise InvalidContent("archive/tar: invalid tar header")


def _extended(flag: int, size: int) -> Generator[_Wanted, bytes, headers.Records]:
    """What a pax header, or GNU's header for a long name, says of the entry that follows."""
    if size > _MAX_EXTENDED:
        raise InvalidContent("archive/tar: header field too long")
    body = (yield 0, _padded(size)) if size else b""
    if len(body) < size:
        raise _cut()
    if flag == headers.PAX:
        return dict(headers.pax_records(body[:size]))
    return {b"path" if flag == headers.GNU_PATH else b"linkpath": headers.text(body[:size])}


def _pass_holes(header: bytes) -> Generator[_Wanted, bytes, None]:
    """GNU's list of holes goes on between the header and the content, and no size counts it."""
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
