"""What the values of a pandas column are: numbers, absent ones, those of a schema's column."""

from __future__ import annotations

from typing import Any

import pandas as pd
from pandas.api import types

from nbdock.frames import schemas
from nbdock.frames.schema import Column


def known(name: Any, values: pd.Series[Any] | pd.Index[Any]) -> Column | None:
    """The schemas' column of this name, if it has this dtype."""
    column = schemas.COLUMNS.get(name) if isinstance(name, str) else None
    return column if column and _agree(column.dtype, values.dtype) else None


def is_number(values: pd.Series[Any] | pd.Index[Any]) -> bool:
    """Whether these are numbers, of any kind but bool."""
    return types.is_numeric_dtype(values.dtype) and not types.is_bool_dtype(values.dtype)


def missing(value: Any) -> bool:
    """Whether a value is absent: None, NA, NaT or NaN."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


def _agree(wanted: str, dtype: Any) -> bool:
    if wanted.lower() == "int64":
        return types.is_integer_dtype(dtype)
    if wanted in ("bool", "boolean"):
        return types.is_bool_dtype(dtype)
    if wanted == "float64":
        return types.is_float_dtype(dtype)
    if wanted.startswith("datetime"):
        return isinstance(dtype, pd.DatetimeTZDtype)
    return types.is_string_dtype(dtype) or types.is_object_dtype(dtype)
