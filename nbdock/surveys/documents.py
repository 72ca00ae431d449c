"""The data set's tables of what documents say, in parts of many rows. What a survey knows, it reads here.

A part is named by its content, so that who writes the same twice writes one file. Two surveys at once, or one that was
killed, may write a row twice: reading finds it once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import dataset, parquet

from nbdock.frames import inside, schemas, surveys
from nbdock.frames.arrow import schema_of, to_arrow
from nbdock.store.tables import VERSIONED, settings

if TYPE_CHECKING:
    from nbdock.frames.schema import Row, Schema
    from nbdock.surveys.address import Address

_ROW_GROUP = 1 << 16
"""Rows that are read or passed over together."""


@dataclass(frozen=True)
class Documented:
    """A table: its schema, the columns that tell two rows apart, and by which order the first of equal ones counts."""

    schema: Schema
    key: tuple[str, ...]
    order: tuple[tuple[str, str], ...] = ()

    @property
    def columns(self) -> pa.Schema:
        """Its columns in Parquet."""
        return schema_of(self.schema)


TABLES: Mapping[str, Documented] = {
    "image_layers": Documented(inside.IMAGE_LAYERS, ("image_id", "position"), (("layer", "ascending"),)),
    "layers": Documented(inside.STORED_LAYERS, ("layer",), (("entries", "ascending"),)),  # those that were read first
    "history": Documented(schemas.HISTORY, ("image_id", "step"), (("reference", "ascending"),)),
    "images": Documented(schemas.NAMED_IMAGES, ("reference", "image_id", "manifest_digest")),
    "problems": Documented(surveys.PROBLEMS, ("reference", "digest", "asked", "layer", "problem", "seen_at")),
    "seen": Documented(surveys.SEEN, ("reference", "digest", "asked", "image_id", "manifest_digest", "seen_at")),
}
"""In the order in which they are written: what a row of the last names is there."""


def write(address: Address, rows: Mapping[str, Sequence[Row]]) -> None:
    """Write rows of several tables. Raises UsageError."""
    for name, table in TABLES.items():
        if found := rows.get(name):
            _write_part(address, name, to_arrow(table.schema, found))


def read(address: Address, name: str) -> pa.Table:
    """All rows of a table, each once, in the order of its key. Raises UsageError."""
    return _read(address, name, address.names(name))


def compact(address: Address, name: str) -> None:
    """Make one part of all that are there; more may come meanwhile. Raises UsageError."""
    parts = address.names(name)
    if len(parts) > 1:
        whole = _write_part(address, name, _read(address, name, parts))
        for part in set(parts) - {whole}:
            address.delete(part)


def encoded(table: pa.Table, noted: Mapping[bytes, bytes]) -> bytes:
    """The table as a Parquet file; `noted` is in its footer."""
    sink, named = pa.BufferOutputStream(), table.replace_schema_metadata(noted)
    parquet.write_table(named, sink, row_group_size=_ROW_GROUP, **settings(named.schema))
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _write_part(address: Address, name: str, rows: pa.Table) -> str:
    content = encoded(rows, VERSIONED)
    part = f"{name}/{hashlib.sha256(content).hexdigest()[:32]}.parquet"
    address.write(part, content)
    return part


def _read(address: Address, name: str, parts: Sequence[str]) -> pa.Table:
    table = TABLES[name]
    with address.telling("read"):
        paths = [address.path(part) for part in parts]
        found = dataset.dataset(paths, table.columns, format="parquet", filesystem=address.files).to_table()
    return _distinct(found, table)


def _distinct(rows: pa.Table, table: Documented) -> pa.Table:
    """The first row of each key."""
    keys = [(name, "ascending") for name in table.key]
    ordered = rows.sort_by([*keys, *table.order])
    numbered = ordered.select(table.key).append_column("row", pa.array(np.arange(rows.num_rows)))
    firsts = numbered.group_by(list(table.key), use_threads=False).aggregate([("row", "min")])["row_min"]
    return ordered.take(firsts).combine_chunks()
