"""Arrow arrays of plain values. `pyarrow.array` imports pandas, for a third of a second that no pull needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_LONGEST = (1 << 31) - 1
Present = npt.NDArray[np.bool_]


def column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """An array of text, bytes, integers, or of text in a dictionary. None is absent.

    >>> column(["a", None], pa.string()).to_pylist()
    ['a', None]
    """
    present = np.fromiter((value is not None for value in values), bool, len(values))
    if pa.types.is_dictionary(kind):
        return _coded(values, kind, present)
    if pa.types.is_fixed_size_binary(kind):
        absent = bytes(kind.byte_width)
        return _array(kind, present, b"".join(value or absent for value in values))
    if pa.types.is_integer(kind):
        return numbers(np.fromiter((value or 0 for value in values), np.int64, len(values)), kind, present)
    return _texts(values, kind, present)


def numbers(values: npt.NDArray[Any], kind: pa.DataType, present: Present | None = None) -> pa.Array:
    """An array of integers or times; those that are not `present` are absent."""
    known = np.ones(len(values), bool) if present is None else present
    return _array(kind, known, values.astype(f"i{kind.bit_width // 8}"))


def _coded(values: Sequence[Any], kind: pa.DataType, present: Present) -> pa.Array:
    known = {value: number for number, value in enumerate(dict.fromkeys(v for v in values if v is not None))}
    codes = np.fromiter((known.get(value, 0) for value in values), np.int64, len(values))
    return pa.DictionaryArray.from_arrays(numbers(codes, kind.index_type, present), column([*known], kind.value_type))


def _texts(values: Sequence[Any], kind: pa.DataType, present: Present) -> pa.Array:
    parts = [value.encode() if isinstance(value, str) else value or b"" for value in values]
    ends = np.zeros(len(parts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, parts), np.int64, len(parts)), out=ends[1:])
    if ends[-1] > _LONGEST:
        return pa.array(values, kind)  # says what is wrong with it
    return _array(kind, present, ends.astype(np.int32), b"".join(parts))


def _array(kind: pa.DataType, present: Present, *buffers: Any) -> pa.Array:
    valid = None if present.all() else pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.Array.from_buffers(kind, len(present), [valid, *map(pa.py_buffer, buffers)])
