"""The DataFrame that commands return. It holds numbers, times and complete digests; only the display is docker's.

**When a number is shown as a size.** Only while it is, for its row and column, the very number that the command
returned: each frame remembers those. So selections, sorts, merges and concatenations of frames show `148MB`; what is
computed from bytes, be it a ratio, a rank, a count, a difference or a sum, is shown as the number that it is.

**Known columns.** A column (or a named index) whose name and dtype a schema has is shown as there: ids are shortened,
times are ages, docker's `<none>` stands for an absent tag. All else pandas formats, with its own options.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd
from pandas.api import types

from nbdock import human
from nbdock.frames import cells, looks, schemas
from nbdock.frames.columns import TIME
from nbdock.frames.schema import Column, Columns, Row, Schema, Table

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

_SCHEMAS = {schema.names: schema for schema in schemas.ALL}
_RELABELLING = "set_index reset_index sort_values sort_index drop_duplicates dropna explode sample"
"""Methods that keep values and may give rows other labels."""


class Frame(pd.DataFrame):
    """A DataFrame that a command returned: an ordinary one to compute with."""

    _metadata: ClassVar[list[str]] = ["_returned"]
    _returned: Mapping[str, pd.Series[Any]] = {}

    @classmethod
    def of(cls, table: Table) -> Frame:
        """The frame of a table. Columns have their dtypes even without rows."""
        columns = table.schema.columns
        frame = cls({each.name: _column(each, table.rows) for each in columns})
        frame.attrs |= {key: True for key in ("no_trunc", "exact") if getattr(table, key)}
        frame._remember(each.name for each in columns if each.name.endswith("_bytes"))
        return frame

    @property
    def _constructor(self) -> type[Frame]:
        return Frame

    @property
    def _constructor_sliced(self) -> type[pd.Series[Any]]:
        return pd.Series

    @property
    def schema(self) -> Schema | None:
        """The schema, while the frame has all columns of one."""
        return _SCHEMAS.get(tuple(map(str, self.columns)))

    def table(self) -> Table:
        """The rows, with absent values as None. Raises ValueError if the frame no longer has a schema."""
        if self.schema is None:
            raise ValueError("a frame without all columns of a schema is no table")
        values = self.astype(object).mask(self.isna(), None).itertuples(index=False, name=None)
        rows = [dict(zip(self.schema.names, row, strict=True)) for row in values]
        return self.schema.table(rows, **{str(key): value for key, value in self.attrs.items()})

    def _sizes(self, part: pd.DataFrame | None = None) -> set[str]:
        """The columns whose numbers are bytes as a command returned them, in `part` of the rows or all."""
        seen = pd.DataFrame(self) if part is None else part
        return {name for name, known in self._returned.items() if _has(seen, name) and _within(seen[name], known)}

    def __repr__(self) -> str:
        if pd.get_option("display.large_repr") == "info":
            return super().__repr__()
        return looks.text(self, self._sizes)

    def _repr_html_(self) -> str | None:
        if not pd.get_option("display.notebook_repr_html"):
            return None
        return looks.html(self, self._sizes)

    def to_html(self, *args: Any, classes: Any = None, **kwargs: Any) -> Any:
        """As pandas' own, without mathematics in it."""
        own = classes.split() if isinstance(classes, str) else list(classes or ())
        return super().to_html(*args, classes=[*own, *cells.NO_MATHEMATICS.split()], **kwargs)

    @property
    def style(self) -> Styler:
        """A Styler that escapes HTML unless it is told otherwise, since text in a frame may be anybody's."""
        from nbdock.frames.style import Style

        return Style(self)

    def __finalize__(self, other: Any, method: str | None = None, **kwargs: Any) -> Frame:
        """Called by pandas on a result. The results of `concat` and `merge` remember what their inputs do."""
        super().__finalize__(other, method, **kwargs)  # type: ignore[misc]  # pandas-stubs lack it
        inputs = _inputs(other)
        if inputs:
            sizes = [each._sizes() if isinstance(each, Frame) else set() for each in inputs]
            has = [set(each.columns) if isinstance(each, pd.DataFrame) else {each.name} for each in inputs]
            known = set[str]().union(*sizes)
            pairs = list(zip(sizes, has, strict=True))
            self._remember(name for name in known if all(name in own or name not in its for own, its in pairs))
        return self

    def _remember(self, names: Iterable[str]) -> None:
        """These columns are bytes."""
        self._returned = {name: self[name].copy() for name in names if _has(self, name)}


def _column(column: Column, rows: Sequence[Row]) -> pd.Series[Any]:
    """The values of a column. Text is made harmless here, since pandas prints it as it is in a Series or an index."""
    values = _values(column, rows)
    if hasattr(values, "type"):
        return _of_arrow(column, values)
    if column.dtype == "object" or (column.dtype == "string" and not _is_harmless(values)):
        values = list(map(cells.harmless, values))
    if column.dtype == TIME and isinstance(rows, Columns):
        return pd.Series(pd.to_datetime(values, utc=True), dtype=column.dtype)
    return pd.Series(values, dtype=column.dtype)


def _of_arrow(column: Column, values: Any) -> pd.Series[Any]:
    """The values of an Arrow array, with no Python object for each row if nothing in it is harmful."""
    if column.dtype == "string" and not _is_harmless(values.unique().to_pylist()):
        return pd.Series(list(map(cells.harmless, values.to_pylist())), dtype=column.dtype)
    dtype: Any = pd.api.types.pandas_dtype(column.dtype)
    return pd.Series(dtype.__from_arrow__(values))


def _values(column: Column, rows: Sequence[Row]) -> Sequence[Any]:
    if isinstance(rows, Columns):
        return rows.columns.get(column.name, [None] * len(rows))
    return [row.get(column.name) for row in rows]


def _is_harmless(values: Iterable[Any]) -> bool:
    """Whether text needs no change: for a long column much faster than to look at each value."""
    together = "".join(value for value in set(values) if isinstance(value, str))
    return human.harmless(together) == together


def _relabelling(name: str) -> Callable[..., Any]:
    original = getattr(pd.DataFrame, name)

    @wraps(original)
    def method(self: Frame, *args: Any, **kwargs: Any) -> Any:
        sizes = self._sizes()
        result = original(self, *args, **kwargs)
        changed = self if result is None else result
        if isinstance(changed, Frame):
            changed._remember(sizes)
        return result

    return method


for _name in _RELABELLING.split():
    setattr(Frame, _name, _relabelling(_name))


def _inputs(other: Any) -> list[Any]:
    """The inputs of a pandas operation, if known: several objects, or the two sides of a merge."""
    several = getattr(other, "input_objs", None) or getattr(other, "objs", None)
    sides = [getattr(other, side, None) for side in ("left", "right")]
    return list(several or ()) or [side for side in sides if isinstance(side, pd.DataFrame)]


def _has(frame: pd.DataFrame, name: str) -> bool:
    """Whether the frame has one such column."""
    return frame.columns.nlevels == 1 and list(frame.columns).count(name) == 1


def _within(column: pd.Series[Any], known: pd.Series[Any]) -> bool:
    """Whether each row's number is the remembered one of a row with that label."""
    if not types.is_integer_dtype(column.dtype) or column.index.nlevels != known.index.nlevels:
        return False
    if column.index.equals(known.index) and column.equals(known):
        return True
    seen, near = column.dropna(), known[known.index.isin(column.index)]
    return set(zip(seen.index, seen, strict=True)) <= set(zip(near.index, near, strict=True))
