"""Rows as Arrow tables, and Arrow tables as rows: what is read and written by programs that know no frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
from pyarrow import types

from nbdock.frames.columns import TIME
from nbdock.frames.schema import Column, Columns, Row, Schema, Table
from nbdock.frames.schemas import COLUMNS

_LIST = pa.list_(pa.string())
_TYPES = {
    "string": pa.string(),
    "bool": pa.bool_(),
    "int64": pa.int64(),
    "Int64": pa.int64(),
    "object": _LIST,
    TIME: pa.timestamp("us", "UTC"),
}


def schema_of(schema: Schema) -> pa.Schema:
    """The Arrow schema of a frame's. A column of lists is one of lists of text."""
    return pa.schema([pa.field(column.name, _TYPES[column.dtype]) for column in schema.columns])


def to_arrow(schema: Schema, rows: Iterable[Row]) -> pa.Table:
    """Rows under a schema as an Arrow table."""
    found = list(rows)
    wanted = schema_of(schema)
    columns = [pa.array([row.get(field.name) for row in found], field.type) for field in wanted]
    return pa.Table.from_arrays(columns, schema=wanted)


def from_arrow(entity: str, made: pa.Table) -> Table:
    """An Arrow table as the table of a command. Columns that frames have are shown as there."""
    names = list(_distinct(made.column_names))
    arrays = [_plain(each) for each in made.columns]
    columns = tuple(_column(name, array.type) for name, array in zip(names, arrays, strict=True))
    values = {name: _values(array) for name, array in zip(names, arrays, strict=True)}
    return Schema(entity, columns).table(Columns(values, made.num_rows))


def _distinct(names: Sequence[str]) -> Iterator[str]:
    """As pandas does it for a join: `path`, `path_1`."""
    used: set[str] = set()
    for name in names:
        number, free = 0, name
        while free in used:
            number += 1
            free = f"{name}_{number}"
        used.add(free)
        yield free


def _column(name: str, kind: pa.DataType) -> Column:
    dtype, known = _dtype(kind), COLUMNS.get(name)
    if known and known.dtype.lower() == dtype.lower():
        return replace(known, dtype=dtype, main=True)
    return Column(name, dtype, "", main=True)


def _dtype(kind: pa.DataType) -> str:
    if types.is_integer(kind):
        return "Int64"
    if types.is_floating(kind):
        return "Float64"
    if types.is_boolean(kind):
        return "boolean"
    if types.is_timestamp(kind) and kind.tz:
        return TIME
    return "string" if types.is_string(kind) or types.is_large_string(kind) else "object"


def _plain(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text without a dictionary, and the sum of whole numbers, which SQL makes a decimal, as the number that it is."""
    if types.is_dictionary(array.type):
        return array.cast(array.type.value_type)
    if types.is_decimal(array.type) and array.type.scale == 0:
        try:
            return array.cast(pa.int64())
        except pa.ArrowInvalid:  # larger than any number of bytes
            return array
    return array.cast(pa.int64()) if types.is_uint64(array.type) else array


def _values(array: pa.ChunkedArray) -> Sequence[Any]:
    is_number = types.is_integer(array.type) or types.is_floating(array.type)
    values: Sequence[Any] = array.to_numpy() if is_number and not array.null_count else array.to_pylist()
    return values
