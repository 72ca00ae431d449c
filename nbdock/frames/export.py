"""The data set of a store as a folder of Parquet files, which need no nbdock (docs/tables.md)."""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from nbdock.dock.dock import Dock
from nbdock.errors import UsageError
from nbdock.frames.dataset import OF_DOCUMENTS, OF_LAYERS, documents, kept
from nbdock.frames.rows import Row
from nbdock.places import Image
from nbdock.store.tables import VERSIONED, settings

_LAYER_FILE = re.compile(r"[0-9a-f]{64}\.parquet")


def export(dock: Dock, images: Sequence[Image], folder: Path) -> list[Row]:
    """Write the whole set. Returns a row for each table. Raises UsageError, Interrupted.

    A file that would not change is not touched. Files of layers that these images do not have are deleted.
    """
    try:
        return [*_documents(images, folder), *_layers(dock, images, folder)]
    except OSError as error:
        why = f"cannot write {error.filename or folder}: {error.strerror}"
        raise UsageError(why, hint="choose another folder, or free space") from error


def _documents(images: Sequence[Image], folder: Path) -> Iterator[Row]:
    for name in OF_DOCUMENTS:
        path = folder / name / f"{name}.parquet"
        _write(path, _encoded(documents(name, images)))
        yield _row(name, folder, [path])


def _layers(dock: Dock, images: Sequence[Image], folder: Path) -> Iterator[Row]:
    for name in OF_LAYERS:
        found, written = kept(dock, name, images), []
        for path in found.paths:
            written.append(folder / name / path.parent.name / path.name)
            _write(written[-1], path.read_bytes())
        for diff_id, table in found.loose.items():
            written.append(folder / name / diff_id.hex[:2] / f"{diff_id.hex}.parquet")
            _write(written[-1], _encoded(table))
        _delete_others(folder / name, set(written))
        yield _row(name, folder, written)


def _encoded(table: pa.Table) -> bytes:
    versioned = table.replace_schema_metadata(VERSIONED)
    sink = pa.BufferOutputStream()
    parquet.write_table(versioned, sink, **settings(versioned.schema))
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _write(path: Path, content: bytes) -> None:
    """Write the file whole, then rename it, unless it is there already."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _delete_others(folder: Path, kept: Collection[Path]) -> None:
    for path in folder.glob("??/*.parquet"):
        if path not in kept and _LAYER_FILE.fullmatch(path.name):
            path.unlink()


def _row(name: str, folder: Path, paths: Sequence[Path]) -> Row:
    return {
        "table_name": name,
        "rows": sum(parquet.read_metadata(path).num_rows for path in paths),
        "files": len(paths),
        "disk_bytes": sum(path.stat().st_size for path in paths),
        "target": str(folder / name),
    }
