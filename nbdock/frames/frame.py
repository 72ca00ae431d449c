"""A DataFrame that people can read: the data stay numbers, times and whole digests, only the look is docker's.

How a column is shown follows from its name and dtype (`…_bytes`, a time, a digest), so it survives what pandas does to
frames. A frame that is whole shows its schema's main columns and names the others; any selection shows itself.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import pandas as pd

from nbdock import human

_SHORT = frozenset({"image", "image_id", "layer", "container_id", "manifest_digest", "diff_id"})
_WHOLE = frozenset({"digest"})
_MAX_CELL = 45
_LINE_BREAKS = str.maketrans("\t\r\n", "   ")
_Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """`dtype` as pandas names it; `meaning` with its unit. `main` columns are shown when the whole frame is."""

    name: str
    dtype: str
    meaning: str
    main: bool = False
    heading: str = ""

    @property
    def title(self) -> str:
        """Docker's heading for it."""
        return self.heading or self.name.removesuffix("_bytes").replace("_", " ").upper()


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of one entity. A `vertical` one is shown as a card, one field a line."""

    entity: str
    columns: tuple[Column, ...]
    vertical: bool = False
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(column.name for column in self.columns))
        Shown.schemas[self.names] = self

    def frame(self, rows: Iterable[Mapping[str, Any]], *, whole: bool = False, exact: bool = False) -> Shown:
        """A frame of these rows, each column of its dtype, also where there are none. It is shown with nothing cut
        where it is `whole`, and with bytes and moments instead of `72.9MB` and `2 weeks ago` where it is `exact`."""
        found = list(rows)
        made = Shown({each.name: _series([row.get(each.name) for row in found], each.dtype) for each in self.columns})
        made.attrs |= {key: True for key, wanted in (("whole", whole), ("exact", exact)) if wanted}
        return made


class Shown(pd.DataFrame):
    """The frame that every command returns: an ordinary DataFrame to compute with."""

    schemas: ClassVar[dict[tuple[str, ...], Schema]] = {}

    @property
    def _constructor(self) -> type[Shown]:
        return Shown

    @property
    def _constructor_sliced(self) -> type[pd.Series[Any]]:
        return pd.Series

    @property
    def schema(self) -> Schema | None:
        """What the frame is, while it has all its columns."""
        return self.schemas.get(tuple(map(str, self.columns)))

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str | None:
        return _html(self) if pd.get_option("display.notebook_repr_html") else None

    def text(self, titles: bool = False) -> str:
        """As text; with docker's headings (`titles`) instead of the columns' names."""
        schema = self.schema
        if schema and schema.vertical:
            return "\n\n".join(_lines(card, "  ", head=False) for card in _cards(self, schema))
        shown, _ = _main(self)
        heads = [_title(schema, str(name)) if titles else str(name) for name in shown.columns]
        return _lines([heads, *_cells(shown, self.attrs)], "   ")


def _series(values: list[Any], dtype: str) -> Any:
    """Of that dtype also where it is empty; a time outside what pandas holds is NaT."""
    if dtype.startswith("datetime"):
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object"), utc=True, errors="coerce")).dt.as_unit("us")
    return pd.Series(values, dtype=dtype)


def _main(frame: Shown) -> tuple[pd.DataFrame, list[str]]:
    """The columns to show, and the names of those left out."""
    schema = frame.schema
    plain = pd.DataFrame(frame)
    if not isinstance(frame.index, pd.RangeIndex):
        plain = plain.reset_index()
    if schema is None:
        return plain, []
    hidden = [column.name for column in schema.columns if not column.main]
    return plain.drop(columns=hidden), hidden


def _cells(frame: pd.DataFrame, look: Mapping[Any, Any]) -> list[list[str]]:
    forms = [_format(str(name), dtype, look) for name, dtype in zip(frame.columns, frame.dtypes, strict=True)]
    limits = [0 if look.get("whole") or name in _WHOLE else _MAX_CELL for name in frame.columns]
    return [
        [_cell(value, form, limit) for value, form, limit in zip(row, forms, limits, strict=True)]
        for row in frame.itertuples(index=False, name=None)
    ]


def _cell(value: Any, form: Callable[[Any], str], limit: int) -> str:
    text = "" if _missing(value) else human.printable(form(value))
    return human.ellipsis(text, limit) if limit else text


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


def _format(name: str, dtype: Any, look: Mapping[Any, Any]) -> Callable[[Any], str]:
    kind = str(dtype)
    if kind.startswith("datetime"):
        return _moment if look.get("exact") else _ago
    if name.endswith("_bytes") and kind.lower().startswith(("int", "uint", "float")):
        return str if look.get("exact") else _size
    if kind == "bool":
        return lambda value: "yes" if value else "no"
    return _digest if name in _SHORT and not look.get("whole") else _plain


def _size(value: Any) -> str:
    return human.size(int(value))


def _moment(value: Any) -> str:
    return str(value.isoformat()).replace("+00:00", "Z")


def _ago(value: Any) -> str:
    return human.ago(value.to_pydatetime(), datetime.now(UTC))


def _digest(value: Any) -> str:
    head, colon, rest = str(value).partition(":")
    return rest[:12] if colon and head in ("sha256", "sha512") else str(value)[:12] if len(head) == 64 else str(value)


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "\n".join(str(item).translate(_LINE_BREAKS) for item in value)
    if isinstance(value, dict):
        return "\n".join(f"{key}={item}".translate(_LINE_BREAKS) for key, item in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value).translate(_LINE_BREAKS)


def _title(schema: Schema | None, name: str) -> str:
    found = (column.title for column in schema.columns if column.name == name) if schema else iter(())
    return next(found, name.upper())


def _cards(frame: Shown, schema: Schema) -> list[list[list[str]]]:
    """One card a row: the name and the value of every field that has one, a list over several lines."""
    forms = [
        _format(column.name, dtype, frame.attrs) for column, dtype in zip(schema.columns, frame.dtypes, strict=True)
    ]
    return [
        [
            [column.name if number == 0 else "", human.printable(line)]
            for column, form, value in zip(schema.columns, forms, row, strict=True)
            if not _missing(value)
            for number, line in enumerate(form(value).split("\n"))
        ]
        for row in frame.itertuples(index=False, name=None)
    ]


def _lines(rows: list[list[str]], gap: str, head: bool = True) -> str:
    """Columns of text, as docker's tabwriter lays them out: the last one is not padded."""
    widths = [max(map(human.width, column), default=0) for column in zip(*rows, strict=True)]
    if head:
        widths = [max(width, 7) for width in widths]
    return "\n".join(
        gap.join(cell + " " * (width - human.width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _html(frame: Shown) -> str:
    schema = frame.schema
    if schema and schema.vertical:
        return "".join(_table(None, card, [False, False]) for card in _cards(frame, schema))
    shown, hidden = _main(frame)
    most = pd.get_option("display.max_rows") or len(shown)
    cut = len(shown) - most
    body = shown if cut <= 0 else shown.head(most)
    numbers = [pd.api.types.is_numeric_dtype(dtype) and str(dtype) != "bool" for dtype in shown.dtypes]
    notes = [f"{cut:,} more rows"] * (cut > 0)
    notes += [f"{len(shown)} × {len(frame.columns)}; more columns: {', '.join(hidden)}"] if hidden else []
    return _table(list(map(str, shown.columns)), _cells(body, frame.attrs), numbers, whole=body, notes=notes)


def _table(
    heads: list[str] | None,
    rows: list[list[str]],
    numbers: list[bool],
    whole: pd.DataFrame | None = None,
    notes: Iterable[str] = (),
) -> str:
    aligned = [f"text-align:{'right' if number else 'left'}" for number in numbers]
    titles = whole.itertuples(index=False, name=None) if whole is not None else (_Row(row) for row in rows)
    body = "".join(
        "<tr>" + "".join(map(_data, row, values, aligned)) + "</tr>" for row, values in zip(rows, titles, strict=True)
    )
    head = "".join(
        f'<th scope="col" style="{style}">{html.escape(name)}</th>'
        for name, style in zip(heads or (), aligned, strict=False)
    )
    foot = "".join(f'<p style="color:#767676;margin:0">{html.escape(note)}</p>' for note in notes)
    top = f"<thead><tr>{head}</tr></thead>" if heads else ""
    return f'<table class="dataframe">{top}<tbody>{body}</tbody></table>{foot}'


def _data(shown: str, value: Any, style: str) -> str:
    exact = "" if _missing(value) else human.printable(str(value))
    title = f' title="{html.escape(exact[:1000])}"' if exact != shown else ""
    return f'<td style="{style}"{title}>{html.escape(shown)}</td>'
