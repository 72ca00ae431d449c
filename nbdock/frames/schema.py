"""What a command returns before a surface shows it: rows under a schema. Pure Python: pandas is imported by `frame`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from nbdock.frames import cells

if TYPE_CHECKING:
    from nbdock.frames.frame import Frame

Row = Mapping[str, Any]


class Columns(Sequence[Row]):
    """Rows that are kept column by column, for tables of many thousand. A column that is missing is absent.

    A column is a list, with None for what is absent, an Arrow array, or a numpy array: of numbers, or of UTC times with
    NaT.
    """

    def __init__(self, columns: Mapping[str, Sequence[Any]], count: int) -> None:
        self.columns = columns
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int, /) -> Row: ...
    @overload
    def __getitem__(self, at: slice, /) -> list[Row]: ...
    def __getitem__(self, at: int | slice, /) -> Row | list[Row]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(self._count))]
        number = range(self._count)[at]
        return {name: _value(values[number]) for name, values in self.columns.items()}


_MAX_COLUMNS = 45  # docker's, of a cell in the terminal


def _value(value: Any) -> Any:
    """A value as Python knows it."""
    known = value.as_py() if hasattr(value, "as_py") else value.item() if hasattr(value, "item") else value
    return known.replace(tzinfo=UTC) if isinstance(known, datetime) and known.tzinfo is None else known


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a schema.

    Parameters
    ----------
    name
        Means the same in all schemas. A name that ends with `_bytes` is one of whole numbers of bytes.
    dtype
        As pandas names it.
    meaning
        One line for `docs/commands.md`.
    main
        Whether it is shown when the whole frame is.
    heading
        Docker's, where it is not the name in capitals.
    absent
        What docker shows for an absent value.
    varying
        Whether it is shown, too, where it has several values.
    """

    name: str
    dtype: str
    meaning: str
    main: bool = False
    heading: str = ""
    absent: str = ""
    varying: bool = False

    @property
    def title(self) -> str:
        """The heading in a terminal."""
        return self.heading or self.name.removesuffix("_bytes").replace("_", " ").upper()

    def form(self, *, no_trunc: bool = False, exact: bool = False) -> cells.Form:
        """The function that turns a value of this column into text."""
        return cells.form(self.name, self.dtype, no_trunc=no_trunc, exact=exact)

    def limit(self, columns: int | None, no_trunc: bool) -> int | None:
        """The width that a cell is cut to, if any: an image digest is always shown in full, as in docker."""
        return None if no_trunc or self.name == "digest" else columns


@dataclass(frozen=True)
class Schema:
    """The columns of one entity. A `vertical` one is shown as a card for each row, one field a line."""

    entity: str
    columns: tuple[Column, ...]
    vertical: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def main(self) -> tuple[Column, ...]:
        """The columns that are shown when the whole frame is: all of a card."""
        return tuple(column for column in self.columns if column.main or self.vertical)

    def shown(self, values: Callable[[str], Iterable[Any]]) -> tuple[Column, ...]:
        """The main columns, and the varying ones that have several of these values."""
        several = {each.name for each in self.columns if each.varying and len(set(values(each.name))) > 1}
        return self.showing(*several).main

    def showing(self, *names: str) -> Schema:
        """The same with these columns shown too."""
        columns = (replace(column, main=column.main or column.name in names) for column in self.columns)
        return replace(self, columns=tuple(columns))

    def table(self, rows: Iterable[Row], *, no_trunc: bool = False, exact: bool = False) -> Table:
        """Rows under this schema.

        Parameters
        ----------
        rows
            A mapping for each row, or `Columns`; a column that is missing or None is absent.
        no_trunc
            Show ids and long text in full.
        exact
            Show bytes and times in full: `148123456` and `2024-11-07T17:20:00Z`, not `148MB` and `2 weeks ago`.
        """
        return Table(self, rows if isinstance(rows, Columns) else list(rows), no_trunc, exact)

    def frame(self, rows: Iterable[Row], *, no_trunc: bool = False, exact: bool = False) -> Frame:
        """The DataFrame of `table`."""
        return self.table(rows, no_trunc=no_trunc, exact=exact).frame()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a schema: `text()` is for a terminal, `frame()` for Python and notebooks."""

    schema: Schema
    rows: Sequence[Row]
    no_trunc: bool = False
    exact: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def failed(self) -> bool:
        """Whether a row has an error."""
        return "error" in self.schema.names and any(row.get("error") for row in self.rows)

    def text(self) -> str:
        """The main columns under docker's headings; of a vertical schema a card for each row."""
        if self.schema.vertical:
            return "\n\n".join(cells.card_text(cells.card(self._fields(row))) for row in self.rows)
        shown = self.schema.shown(lambda name: (row.get(name) for row in self.rows))
        heads = [column.title for column in shown]
        return cells.table_text([heads, *zip(*map(self._texts, shown), strict=True)])

    def frame(self) -> Frame:
        """The DataFrame of all columns, each of its dtype."""
        from nbdock.frames.frame import Frame

        return Frame.of(self)

    def _texts(self, column: Column) -> list[str]:
        to_text = column.form(no_trunc=self.no_trunc, exact=self.exact)
        limit = column.limit(_MAX_COLUMNS, self.no_trunc)
        values = [row.get(column.name) for row in self.rows]
        return [cells.cut(column.absent if value is None else to_text(value), limit) for value in values]

    def _fields(self, row: Row) -> list[tuple[str, Any, cells.Form]]:
        return [
            (column.name, row.get(column.name), column.form(no_trunc=True, exact=self.exact))
            for column in self.schema.columns
        ]
