"""`nbdock/tables`: tables of what is in layers, one Parquet file a layer, named by its diff id (docs/tables.md).

A layer is read once, whatever image or compression it comes in. Each row has the diff id too, so that the files of many
layers are one table to whatever reads Parquet. Files are written whole and renamed. They may be deleted at any time:
they are made anew when they are asked for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, get_args

from nbdock.contents.layer import Reader, Readers, no_readers, walk
from nbdock.errors import StoreError
from nbdock.oci.digest import Digest
from nbdock.places import Found, Kind, LayerFacts, Read
from nbdock.store import disk

if TYPE_CHECKING:
    import pyarrow as pa

    from nbdock.contents.header import Entry
    from nbdock.contents.tar import Taker

VERSION = b"1"
_KINDS: tuple[Kind, ...] = get_args(Kind)

VERSIONED = {b"nbdock.tables": VERSION}
"""What the metadata of each file has."""
Noted = Mapping[bytes, bytes]
_DIFF_ID = "diff_id"
_PLAIN = {"path": "DELTA_BYTE_ARRAY", "offset": "DELTA_BINARY_PACKED"}
"""Columns that no dictionary makes smaller: paths share beginnings with their neighbours, offsets grow."""
_UNCODED = {*_PLAIN, "content", "raw_name", "sha256"}


class Tables:
    """The tables of one store or cache. Those of its base are read; its own are written, counted and deleted."""

    def __init__(self, root: Path, folder: str = "nbdock/tables", base: Tables | None = None) -> None:
        self._root, self._base = root, base
        self.folder = root / folder

    def path(self, kind: Kind, diff_id: Digest) -> Path:
        """The file of a layer's table, which need not exist."""
        return self.folder / kind / diff_id.hex[:2] / f"{diff_id.hex}.parquet"

    def read(self, kind: Kind, diff_id: Digest, columns: Sequence[str] | None = None) -> pa.Table | None:
        """The table of a layer; None if it is not there, damaged, or of another version of nbdock."""
        found = read_table(self.path(kind, diff_id), _noted(diff_id), columns)
        return found if found is not None or self._base is None else self._base.read(kind, diff_id, columns)

    def found(self, kind: Kind, diff_id: Digest) -> Path | None:
        """The file in which `read` finds the table of a layer."""
        if read_table(self.path(kind, diff_id), _noted(diff_id), ()) is not None:
            return self.path(kind, diff_id)
        return self._base.found(kind, diff_id) if self._base else None

    def table(self, kind: Kind, facts: LayerFacts | None, read: Read, columns: Sequence[str] | None = None) -> Found:
        """A table of the layer with these facts, made of what `read` returns if it is not there.

        Returns also where the layer breaks off, if it does; its tables are not kept.
        """
        known = self.read(kind, facts.diff_id, columns) if facts else None
        if known is not None:
            return known, None
        made = _makers(kind)
        broken = walk(read(), *(maker.visit for maker in made.values()))
        if facts and not broken:
            for each, maker in made.items():
                self.save(each, facts.diff_id, maker.table())
        table = made[kind].table()
        return table if columns is None else table.select(columns), broken

    def save(self, kind: Kind, diff_id: Digest, table: pa.Table) -> None:
        """Write the table of a layer. A store that is read-only or full does without."""
        save_table(self._root, self.path(kind, diff_id), with_diff_id(table, diff_id), _noted(diff_id))

    def readers(self, more: Readers = no_readers) -> Readers:
        """Readers that make and save the tables of each layer that passes, and `more`."""

        def make() -> Iterable[Reader]:
            from nbdock.contents.ecosystems.table import PackageTable
            from nbdock.contents.files import FileTable  # late: pyarrow takes a quarter of a second

            return (FileTable(partial(self._save, "files")), PackageTable(partial(self._save, "packages")), *more())

        return make

    def _save(self, kind: Kind, table: pa.Table, facts: LayerFacts) -> None:
        self.save(kind, facts.diff_id, table)

    def all(self) -> Iterator[tuple[Path, Digest]]:
        """Every file, and the diff id of its layer."""
        for path in self.folder.glob("*/*/*.parquet"):
            with contextlib.suppress(ValueError):
                yield path, Digest("sha256", path.stem)

    def delete(self, diff_ids: Iterable[Digest]) -> None:
        """Delete the tables of these layers."""
        for diff_id in diff_ids:
            for kind in _KINDS:
                with contextlib.suppress(OSError):
                    self.path(kind, diff_id).unlink(missing_ok=True)

    def delete_except(self, diff_ids: Iterable[Digest]) -> None:
        """Delete the tables of all other layers."""
        kept = set(diff_ids)
        self.delete(diff_id for _, diff_id in list(self.all()) if diff_id not in kept)

    def sizes(self) -> dict[Digest, int]:
        """Bytes on disk of each layer's tables."""
        sizes: dict[Digest, int] = {}
        for path, diff_id in self.all():
            with contextlib.suppress(OSError):
                sizes[diff_id] = sizes.get(diff_id, 0) + path.stat().st_size
        return sizes


class _Maker(Protocol):
    """A visitor that makes a table of what it sees."""

    def visit(self, entry: Entry, /) -> Taker | None: ...

    def table(self) -> pa.Table: ...


def _makers(kind: Kind) -> dict[Kind, _Maker]:
    """What makes a table, and those that are made in the same walk."""
    from nbdock.contents.ecosystems.table import PackageTable
    from nbdock.contents.files import FileTable
    from nbdock.contents.search import Hashes

    return {"sha256": Hashes()} if kind == "sha256" else {"files": FileTable(), "packages": PackageTable()}


def read_table(path: Path, noted: Noted, columns: Sequence[str] | None = None) -> pa.Table | None:
    """The table of a file; None if it is not there, damaged, or if its metadata are not what must be noted in it."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            own = [name for name in file.schema_arrow.names if name != _DIFF_ID]
            is_right = noted.items() <= (file.metadata.metadata or {}).items()
            return file.read(own if columns is None else columns, use_threads=False) if is_right else None
    except (OSError, pa.ArrowException):
        return None


def save_table(root: Path, path: Path, table: pa.Table, noted: Noted) -> None:
    """Write a table as a file. A store that is read-only or full does without."""
    from pyarrow import parquet

    with contextlib.suppress(OSError, StoreError):
        part = disk.fresh(root, path.name)
        try:
            with disk.create(root, part) as file:
                parquet.write_table(table.replace_schema_metadata(noted), file, **settings(table.schema))
            disk.commit(root, part, path)
        finally:
            part.unlink(missing_ok=True)


def with_diff_id(table: pa.Table, diff_id: Digest) -> pa.Table:
    """The table of a layer with the diff id in each row, which a dictionary keeps once."""
    import numpy as np
    import pyarrow as pa

    from nbdock.contents.columns import column, numbers

    rows = numbers(np.zeros(table.num_rows, np.int8), pa.int8())
    named = pa.DictionaryArray.from_arrays(rows, column([str(diff_id)], pa.string()))
    return table.add_column(0, pa.field(_DIFF_ID, named.type, nullable=False), named)


def settings(schema: pa.Schema) -> dict[str, object]:
    """How a table is written: what suits each of its columns."""
    return {
        "compression": "zstd",
        "compression_level": 3,
        "use_dictionary": [name for name in schema.names if name not in _UNCODED],
        "column_encoding": {name: coding for name, coding in _PLAIN.items() if name in schema.names},
    }


def _noted(diff_id: Digest) -> Noted:
    return {**VERSIONED, b"nbdock.diff_id": str(diff_id).encode()}
