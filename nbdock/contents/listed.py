"""The file table of a layer as its table of contents lists it (the JSON that eStargz and zstd:chunked share).

It has the columns of any file table. The place in the tar and the BLAKE3 of a file, which no table of contents knows,
are absent; what it knows instead is its SHA-256, and the chunks that hold it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nbdock.contents.columns import column, numbers
from nbdock.contents.files import EMPTY, PERMISSIONS, SCHEMA
from nbdock.contents.paths import absolute, hidden_by, shown
from nbdock.errors import InvalidContent
from nbdock.oci import fields
from nbdock.oci.fields import JSON

_TYPES = {
    "reg": "file",
    "dir": "directory",
    **{same: same for same in ("hardlink", "symlink", "char", "block", "fifo")},
}
_MARK = b"nbdock.listed"
_CHUNK = "chunk"
_SHA256 = re.compile("sha256:([0-9a-f]{64})")
_MOST_BYTES = 1 << 50
"""Of the files of a layer together: as many as a tar may have."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBERS = ("start", "end", "skip", "size")
_OF_CHUNK = pa.struct([*((name, pa.int64()) for name in _NUMBERS), ("sha256", pa.binary(32))])

LISTED = pa.schema(
    [
        *(field.with_nullable(True) if field.name == "offset" else field for field in SCHEMA),
        pa.field("sha256", pa.binary(32)),
        pa.field("chunks", pa.list_(_OF_CHUNK)),
    ],
    {_MARK: b""},
)
"""The columns of a table that is listed."""


@dataclass(slots=True)
class Chunk:
    """`size` bytes of a file with this SHA-256: they are in the blob from `start` to `end`, compressed by themselves,
    behind `skip` bytes of other files."""

    start: int
    size: int
    skip: int
    sha256: bytes
    end: int = 0


def is_listed(table: pa.Table) -> bool:
    """Whether a file table, or some columns of one, is what a table of contents says."""
    return _MARK in (table.schema.metadata or {})


def comparable(table: pa.Table) -> pa.Table:
    """A file table that has the SHA-256 of files as their `content` if it is listed: that, too, tells whether two files
    are the same, as long as both are listed."""
    if not is_listed(table):
        return table
    place = table.schema.names.index("content")
    return table.set_column(place, SCHEMA.field("content"), pc.coalesce(table["content"], table["sha256"]))


def table(entries: Sequence[JSON], end: int) -> pa.Table:
    """The file table that these entries list; all chunks end before byte `end` of the blob. Raises InvalidContent."""
    files = list(_files(entries))
    _end(list(chain.from_iterable(file.chunks for file in files)), end)
    if sum(file.size for file in files) > _MOST_BYTES:
        raise _invalid("its files are too large")
    rows = [file.row() for file in files]
    columns = {field.name: _column([row.get(field.name) for row in rows], field.type) for field in SCHEMA}
    columns["sha256"] = column([file.sha256 for file in files], pa.binary(32))
    columns["chunks"] = _lists([file.chunks for file in files])
    return pa.table(columns, schema=LISTED)


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if not pa.types.is_timestamp(kind):
        return column(values, kind)
    present = np.array([value is not None for value in values], np.bool_)
    return numbers(np.array([value or 0 for value in values], np.int64), kind, present)


@dataclass(frozen=True, slots=True)
class _File:
    """An entry that is more than a further chunk of the one before."""

    entry: JSON
    type: str
    size: int
    sha256: bytes | None
    chunks: list[Chunk]

    def row(self) -> dict[str, Any]:
        """Its row in the table, without what is absent."""
        path, raw_name = absolute(_raw(self.entry, "name"))
        row = {"path": path, "raw_name": raw_name, "mtime": _micros(self.entry), "xattrs": _xattrs(self.entry)}
        row |= {"mode": fields.integer(self.entry, "mode") & PERMISSIONS}
        row |= {name: fields.integer(self.entry, name) for name in ("uid", "gid")}
        whiteout = hidden_by(path) if "/.wh." in path else None
        if whiteout:
            return {**row, "type": whiteout[0], "hides": whiteout[1], "size_bytes": 0}
        return {**row, "type": self.type, "size_bytes": self.size, **self._own()}

    def _own(self) -> dict[str, Any]:
        """What only entries of its type have."""
        if self.type == "symlink":
            raw = _raw(self.entry, "linkName")
            return {"link": shown(raw)[0], "size_bytes": len(raw)}
        if self.type == "hardlink":
            return {"link": absolute(_raw(self.entry, "linkName"))[0]}
        if self.type in ("char", "block"):
            return {"device": ":".join(str(fields.integer(self.entry, name)) for name in ("devMajor", "devMinor"))}
        return {"content": EMPTY} if self.type == "file" and not self.size else {}


def _files(entries: Sequence[JSON]) -> Iterator[_File]:
    """The files, folders and links, each with the chunks that follow it."""
    starts = [row for row, entry in enumerate(entries) if entry.get("type") != _CHUNK]
    if entries and starts[:1] != [0]:
        raise _invalid("it begins with a chunk")
    for start, stop in zip(starts, [*starts, len(entries)][1:], strict=True):
        entry, parts = entries[start], entries[start:stop]
        kind = _TYPES.get(fields.text(entry, "type"))
        if kind is None:
            raise _invalid(f"an entry of an unknown type, {fields.text(entry, 'type')[:20]!r}")
        size = fields.integer(entry, "size") if kind == "file" else 0
        if any(part.get("name") != entry.get("name") for part in parts) or (len(parts) > 1 and not size):
            raise _invalid("a chunk of another file")
        chunks = _chunks(parts, size) if size else []
        sha256 = _sha256(entry, "digest") or (chunks[0].sha256 if len(chunks) == 1 else None)
        yield _File(entry, kind, size, sha256, chunks)


def _chunks(parts: Sequence[JSON], size: int) -> list[Chunk]:
    """The chunks of a file, which follow one another and are all of it."""
    found, done = [], 0
    for part in parts:
        length = fields.integer(part, "chunkSize") or size - done
        sha256 = _sha256(part, "chunkDigest") or (_sha256(part, "digest") if length == size else None)
        if fields.integer(part, "chunkOffset") != done or length < 1 or sha256 is None:
            raise _invalid("chunks that do not follow one another, or have no digest")
        found.append(Chunk(fields.integer(part, "offset"), length, fields.integer(part, "innerOffset"), sha256))
        done += length
    if done != size:
        raise _invalid("chunks that are not all of their file")
    found[-1].end = fields.integer(parts[0], "endOffset")
    return found


def _end(chunks: Sequence[Chunk], end: int) -> None:
    """Say where each chunk ends: where the next one begins, unless it says an earlier place. Several may begin at one
    place: they are compressed together."""
    start = end
    for chunk in reversed(chunks):
        if chunk.start > start or chunk.start >= end:
            raise _invalid("chunks that overlap, or lie outside of the layer")
        if chunk.start < start:
            start, end = chunk.start, start
        chunk.end = min(chunk.end, end) if chunk.end > chunk.start else end


def _lists(chunks: Sequence[Sequence[Chunk]]) -> pa.Array:
    """A column of the chunks of each row."""
    ends = np.cumsum([0, *map(len, chunks)]).astype(np.int32)
    flat = list(chain.from_iterable(chunks))
    columns = [numbers(np.array([getattr(each, name) for each in flat], np.int64), pa.int64()) for name in _NUMBERS]
    columns.append(column([each.sha256 for each in flat], pa.binary(32)))
    structs = pa.StructArray.from_arrays(columns, fields=list(_OF_CHUNK))
    return pa.ListArray.from_arrays(numbers(ends, pa.int32()), structs)


def _raw(entry: JSON, key: str) -> bytes:
    """A name as the bytes that a tar would have."""
    return fields.text(entry, key).encode(errors="surrogatepass")


def _sha256(entry: JSON, key: str) -> bytes | None:
    text = fields.text(entry, key)
    match = _SHA256.fullmatch(text)
    if text and not match:
        raise _invalid("a digest that is no SHA-256")
    return bytes.fromhex(match[1]) if match else None


def _micros(entry: JSON) -> int | None:
    """The time of the last change in microseconds since 1970."""
    moment = fields.time(fields.text(entry, "modtime"))
    return None if moment is None else round((moment - _EPOCH).total_seconds() * 1_000_000)


def _xattrs(entry: JSON) -> str | None:
    """The extended attributes as `getfattr -e hex` prints them."""
    return "\n".join(_attributes(fields.string_map(entry, "xattrs").items())) or None


def _attributes(found: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in sorted(found):
        try:
            yield f"{shown(name.encode(errors='surrogatepass'))[0]}=0x{base64.b64decode(value).hex()}"
        except (binascii.Error, ValueError):
            raise _invalid("an attribute that is not in base64") from None


def _invalid(why: str) -> InvalidContent:
    return InvalidContent(f"invalid table of contents: {why}")
