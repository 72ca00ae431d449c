"""The file table of a layer: one row for each entry of its tar, in the tar's order, as an Arrow table.

It is made in the pass. Headers are kept as they come and decoded column by column, many at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nbdock.contents import header as headers
from nbdock.contents.columns import column, numbers
from nbdock.contents.header import Entry, Kind
from nbdock.contents.paths import absolute, hidden_by, shown
from nbdock.contents.tar import Taker
from nbdock.errors import InvalidContent
from nbdock.places import LayerFacts

try:
    from blake3 import blake3
except ImportError:  # Pyodide has none
    blake3 = None  # type: ignore[assignment, misc]

_BATCH = 1024
"""Entries decoded at once: few enough to stay in the processor's cache, and out of the collector's way."""
EMPTY = bytes.fromhex("af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")
"""What BLAKE3 makes of nothing."""
TYPES = {
    Kind.FILE: "file",
    Kind.LINK: "hardlink",
    Kind.SYMLINK: "symlink",
    Kind.CHARACTER: "char",
    Kind.BLOCK: "block",
    Kind.DIRECTORY: "directory",
    Kind.FIFO: "fifo",
}
"""What the column `type` says of each kind of entry; whiteouts apart."""
_MODE, _UID, _GID, _MTIME = (100, 108), (108, 116), (116, 124), (136, 148)
PERMISSIONS = 0o7777

SCHEMA = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("type", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("size_bytes", pa.int64(), nullable=False),
        pa.field("mode", pa.int32(), nullable=False),
        pa.field("uid", pa.int64(), nullable=False),
        pa.field("gid", pa.int64(), nullable=False),
        pa.field("mtime", pa.timestamp("us", "UTC")),
        pa.field("link", pa.string()),
        pa.field("hides", pa.string()),
        pa.field("raw_name", pa.binary()),
        pa.field("device", pa.string()),
        pa.field("xattrs", pa.string()),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("content", pa.binary(32)),
    ]
)
"""The columns of a file table; docs/tables.md says what they mean."""

Numbers = npt.NDArray[np.int64]
Save = Callable[[pa.Table, LayerFacts], None]


class FileTable:
    """A reader of the pass that makes the layer's file table. `save` receives it at the end of a valid layer."""

    def __init__(self, save: Save | None = None) -> None:
        self._save = save
        self._entries: list[Entry] = []
        self._contents: list[bytes | None] = []
        self._hash: Any = None
        self._parts: list[pa.RecordBatch] = []

    def visit(self, entry: Entry) -> Taker | None:
        """Keep the entry, and hash its content if it is a file."""
        self._end_content()
        if len(self._entries) == _BATCH:
            self._decode()
        self._entries.append(entry)
        if entry.kind is not Kind.FILE or entry.is_sparse:
            self._contents.append(None)
            return None
        if not entry.size or blake3 is None:
            self._contents.append(None if entry.size else EMPTY)
            return None
        self._hash = blake3()
        update: Taker = self._hash.update
        return update

    def finish(self, facts: LayerFacts) -> None:
        if self._save:
            self._save(self.table(), facts)

    def table(self) -> pa.Table:
        """The rows so far."""
        self._end_content()
        self._decode()
        return pa.Table.from_batches(self._parts, SCHEMA)

    def _end_content(self) -> None:
        """Keep the digest alone of the last content: what hashes is 2 kB."""
        if self._hash:
            self._contents.append(self._hash.digest())
            self._hash = None

    def _decode(self) -> None:
        if self._entries:
            self._parts.append(_batch(self._entries, self._contents))
            self._entries, self._contents = [], []


def _batch(entries: Sequence[Entry], contents: Sequence[bytes | None]) -> pa.RecordBatch:
    block = np.frombuffer(b"".join(entry.header for entry in entries), np.uint8).reshape(-1, headers.BLOCK)
    paths, raw_names = zip(*(absolute(entry.path) for entry in entries), strict=True)
    whiteouts = {row: found for row, path in enumerate(paths) if "/.wh." in path and (found := hidden_by(path))}
    types = [TYPES[entry.kind] for entry in entries]
    sizes = [entry.size for entry in entries]
    links: list[str | None] = [None] * len(entries)
    hides: list[str | None] = [None] * len(entries)
    for row, entry in enumerate(entries):
        if entry.kind is Kind.SYMLINK:
            links[row], sizes[row] = shown(entry.linkname)[0], len(entry.linkname)
        elif entry.kind is Kind.LINK:
            links[row] = absolute(entry.linkname)[0]
    for row, (kind, hidden) in whiteouts.items():
        types[row], hides[row], sizes[row], links[row] = kind, hidden, 0, None
    columns = {
        "path": paths,
        "type": types,
        "size_bytes": sizes,
        "mode": _numbers(block, _MODE, entries, lambda entry: entry.mode) & PERMISSIONS,
        "uid": _numbers(block, _UID, entries, lambda entry: entry.uid),
        "gid": _numbers(block, _GID, entries, lambda entry: entry.gid),
        "mtime": _times(block, entries),
        "link": links,
        "hides": hides,
        "raw_name": raw_names,
        "device": _rare(entries, (Kind.CHARACTER, Kind.BLOCK), _device),
        "xattrs": [_xattrs(entry) if entry.records else None for entry in entries],
        "offset": [entry.offset for entry in entries],
        "content": [None if row in whiteouts else content for row, content in enumerate(contents)],
    }
    return pa.RecordBatch.from_arrays([_array(columns[field.name], field.type) for field in SCHEMA], schema=SCHEMA)


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    return numbers(values, kind) if isinstance(values, np.ndarray) else column(values, kind)


def _numbers(
    block: npt.NDArray[np.uint8],
    at: tuple[int, int],
    entries: Sequence[Entry],
    read: Callable[[Entry], int],
    malformed: int = 0,
) -> Numbers:
    """A column of octal numbers: most fill their field with digits; `read` reads the others, and those of records."""
    digits = block[:, at[0] : at[1] - 1].astype(np.int64) - ord("0")
    last = block[:, at[1] - 1]
    plain = ((digits >= 0) & (digits <= 7)).all(axis=1) & ((last == 0) | (last == ord(" ")))
    numbers: Numbers = digits @ (8 ** np.arange(digits.shape[1] - 1, -1, -1, dtype=np.int64))
    odd = set(np.flatnonzero(~plain).tolist())
    for row in odd.union(row for row, entry in enumerate(entries) if entry.records):
        try:
            numbers[row] = read(entries[row])
        except InvalidContent:  # costs the field, not the layer
            numbers[row] = malformed
    return numbers


def _times(block: npt.NDArray[np.uint8], entries: Sequence[Entry]) -> pa.Array:
    """Modification times in microseconds; NA where it is none, or not one of the years 1 to 9999."""
    seconds = _numbers(block, _MTIME, entries, lambda entry: int(min(entry.mtime, _AFTER) // 1), _AFTER)
    micros = np.where((seconds >= _FIRST) & (seconds < _AFTER), seconds, 0) * 1_000_000
    absent = (seconds < _FIRST) | (seconds >= _AFTER)
    for row, entry in enumerate(entries):
        if b"mtime" in entry.records and not absent[row]:
            micros[row] += round(entry.mtime % 1 * 1_000_000)
    return numbers(micros, SCHEMA.field("mtime").type, ~absent)


_FIRST, _AFTER = -62_135_596_800, 253_402_300_800


def _rare(entries: Sequence[Entry], kinds: Iterable[Kind], read: Callable[[Entry], str]) -> list[str | None]:
    return [read(entry) if entry.kind in kinds else None for entry in entries]


def _device(entry: Entry) -> str:
    return f"{entry.device[0]}:{entry.device[1]}"


def _xattrs(entry: Entry) -> str | None:
    """The extended attributes as `getfattr -e hex` prints them."""
    found = sorted((name, value) for name, value in entry.records.items() if name.startswith(headers.XATTR))
    lines = [f"{shown(name.removeprefix(headers.XATTR))[0]}=0x{value.hex()}" for name, value in found]
    return "\n".join(lines) or None
