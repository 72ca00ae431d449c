"""`nbdock/tables`: tables of what is in layers, one Parquet file a layer, named by its diff id (docs/tables.md).

A layer is read once, whatever image or compression it comes in. Files are written whole and renamed. They may be
deleted at any time: they are made anew when they are asked for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from nbdock.contents.layer import Reader, Readers, walk
from nbdock.errors import InvalidContent, StoreError
from nbdock.oci.digest import Digest
from nbdock.places import LayerFacts
from nbdock.store import disk

if TYPE_CHECKING:
    import pyarrow as pa

    from nbdock.contents.ecosystems.table import PackageTable
    from nbdock.contents.files import FileTable

VERSION = b"1"
Kind = Literal["files", "packages", "sha256"]
_KINDS: tuple[Kind, ...] = get_args(Kind)

_VERSION, _DIFF_ID = b"nbdock.tables", b"nbdock.diff_id"
_PLAIN = {"path": "DELTA_BYTE_ARRAY", "offset": "DELTA_BINARY_PACKED"}
"""Columns that no dictionary makes smaller: paths share beginnings with their neighbours, offsets grow."""
_UNCODED = {*_PLAIN, "content", "raw_name", "sha256"}


class Tables:
    """The tables of one store or cache."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.folder = root / "nbdock" / "tables"

    def path(self, kind: Kind, diff_id: Digest) -> Path:
        """The file of a layer's table, which need not exist."""
        return self.folder / kind / diff_id.hex[:2] / f"{diff_id.hex}.parquet"

    def read(self, kind: Kind, diff_id: Digest, columns: Sequence[str] | None = None) -> pa.Table | None:
        """The table of a layer; None if it is not there, damaged, or of another version of nbdock."""
        import pyarrow as pa
        from pyarrow import parquet

        try:
            with parquet.ParquetFile(self.path(kind, diff_id)) as file:
                noted = file.schema_arrow.metadata or {}
                is_own = noted.get(_VERSION) == VERSION and noted.get(_DIFF_ID) == str(diff_id).encode()
                return file.read(columns, use_threads=False) if is_own else None  # threads cost more than they save
        except (OSError, pa.ArrowException):
            return None

    def files(
        self, facts: LayerFacts | None, read: Callable[[], Iterable[bytes]]
    ) -> tuple[pa.Table, InvalidContent | None]:
        """The file table of a layer with these facts, made of what `read` returns if it is not there.

        Returns also where the layer breaks off, if it does; its table is not kept.
        """
        from nbdock.contents.files import FileTable

        return self._known_or_made("files", FileTable(), facts, read)

    def packages(
        self, facts: LayerFacts | None, read: Callable[[], Iterable[bytes]]
    ) -> tuple[pa.Table, InvalidContent | None]:
        """The packages table of a layer, as `files` makes the file table."""
        from nbdock.contents.ecosystems.table import PackageTable

        return self._known_or_made("packages", PackageTable(), facts, read)

    def _known_or_made(
        self, kind: Kind, made: FileTable | PackageTable, facts: LayerFacts | None, read: Callable[[], Iterable[bytes]]
    ) -> tuple[pa.Table, InvalidContent | None]:
        known = self.read(kind, facts.diff_id) if facts else None
        if known is not None:
            return known, None
        broken = walk(read(), made.visit)
        if facts and not broken:
            self.save(kind, facts.diff_id, made.table())
        return made.table(), broken

    def save(self, kind: Kind, diff_id: Digest, table: pa.Table) -> None:
        """Write the table of a layer. A store that is read-only or full does without."""
        from pyarrow import parquet

        noted = table.replace_schema_metadata({_VERSION: VERSION, _DIFF_ID: str(diff_id)})
        path = self.path(kind, diff_id)
        with contextlib.suppress(OSError, StoreError):
            part = disk.fresh(self._root, path.name)
            try:
                with disk.create(self._root, part) as file:
                    parquet.write_table(noted, file, **_settings(table.schema))
                disk.commit(self._root, part, path)
            finally:
                part.unlink(missing_ok=True)

    def readers(self, more: Readers) -> Readers:
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

    def size(self) -> int:
        """Bytes on disk."""
        sizes = 0
        for path, _ in self.all():
            with contextlib.suppress(OSError):
                sizes += path.stat().st_size
        return sizes


def _settings(schema: pa.Schema) -> dict[str, object]:
    return {
        "compression": "zstd",
        "compression_level": 3,
        "use_dictionary": [name for name in schema.names if name not in _UNCODED],
        "column_encoding": {name: coding for name, coding in _PLAIN.items() if name in schema.names},
    }
