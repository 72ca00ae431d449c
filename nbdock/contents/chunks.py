"""Files of a chunked layer, each read alone: only its chunks are fetched, and each is verified."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa

from nbdock.contents.chunked import Fetch
from nbdock.contents.inflate import Inflater
from nbdock.errors import DigestMismatch, IntegrityError, InvalidContent
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.verify import verified

_NEAR = 1 << 14
"""Bytes between two chunks that are sooner fetched than another request is answered."""
_AT_ONCE = 1 << 22


class Chunks:
    """Reads files of a listed table, in few requests if they are read in their order. `rows` are those that will be."""

    def __init__(self, table: pa.Table, rows: Iterable[int], fetch: Fetch) -> None:
        self._table, self._fetch = table, fetch
        self._ranges = _ranges(chain.from_iterable(self._chunks(row) for row in sorted(rows)))
        self._held, self._at = b"", 0

    def file(self, row: int) -> Iterator[bytes]:
        """The content of a file. Raises DigestMismatch, InvalidContent instead of yielding the last of wrong bytes."""
        chunks, path = self._chunks(row), self._table["path"][row].as_py()
        size, sha256 = self._table["size_bytes"][row].as_py(), self._table["sha256"][row].as_py()
        content = chain.from_iterable(map(self._content, chunks))
        try:
            yield from _verified(content, sha256, size) if sha256 and len(chunks) > 1 else content
        except IntegrityError as error:
            expected, actual = (str(getattr(error, name, "")) for name in ("expected", "actual"))
            message = f"{path} is not what its layer's table of contents says: {error}"
            hint = "`pull` the image: a whole layer is verified by its own digest"
            raise DigestMismatch(message, expected=expected, actual=actual, hint=hint) from None

    def _chunks(self, row: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._table["chunks"][row].as_py()
        return found

    def _content(self, chunk: dict[str, Any]) -> Iterator[bytes]:
        """A chunk, decompressed and verified."""
        inflater, blob = Inflater(), self._blob(chunk["start"], chunk["end"])
        data = chain.from_iterable(map(inflater.feed, blob))
        return _verified(_cut(data, chunk["skip"], chunk["size"]), chunk["sha256"], chunk["size"])

    def _blob(self, start: int, end: int) -> Iterator[bytes]:
        """The blob from `start` to `end`. What is fetched reaches over the chunks that come next, if they are near."""
        while start < end:
            if not self._at <= start < self._at + len(self._held):
                far = next((stop for first, stop in self._ranges if first <= start < stop), end)
                self._held, self._at = self._fetch(start, min(far - start, _AT_ONCE)), start
            piece = self._held[start - self._at : end - self._at]
            if not piece:
                raise InvalidContent(f"the layer breaks off at byte {start}")
            start += len(piece)
            yield piece


def _ranges(chunks: Iterable[dict[str, Any]]) -> Sequence[tuple[int, int]]:
    """The parts of the blob that the chunks are in, those that are near one another as one."""
    found: list[tuple[int, int]] = []
    for chunk in chunks:
        if found and found[-1][0] <= chunk["start"] <= found[-1][1] + _NEAR:
            found[-1] = found[-1][0], max(found[-1][1], chunk["end"])
        else:
            found.append((chunk["start"], chunk["end"]))
    return found


def _verified(content: Iterable[bytes], sha256: bytes, size: int) -> Iterator[bytes]:
    return verified(Descriptor(media.OCTETS, Digest("sha256", sha256.hex()), size), content)


def _cut(chunks: Iterable[bytes], skip: int, size: int) -> Iterator[bytes]:
    """`size` bytes of a stream, behind its first `skip`."""
    for data in chunks:
        piece = data[skip : skip + size]
        skip, size = max(0, skip - len(data)), size - len(piece)
        yield piece
        if not size:
            return
