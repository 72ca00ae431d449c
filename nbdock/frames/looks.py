"""Frames as text and as HTML. Rows are chosen before any is formatted, by pandas' own options."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Number
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pandas as pd
from pandas.api import types

from nbdock import human
from nbdock.frames import cells, markup
from nbdock.frames.values import is_number, known, missing

if TYPE_CHECKING:
    from nbdock.frames.frame import Frame

Sizes = Callable[[pd.DataFrame], set[str]]

_MAX_COLUMNS = 20  # pandas' default in a notebook: its terminal's "as many as fit" would hide the ones to look for


@dataclass(frozen=True, slots=True)
class Axis:
    """The positions to show of an axis. If some are left out, the gap is before position number `gap`."""

    positions: list[int]
    gap: int | None = None

    @classmethod
    def of(cls, length: int, most: int | None) -> Axis:
        """All of `length` positions, or if there are more than `most`, the first and last ones."""
        if not most or length <= most:
            return cls(list(range(length)))
        half = max(most // 2, 1)
        return cls([*range(half), *range(length - half, length)], half)

    @property
    def padded(self) -> list[int]:
        """With one more position in the gap: pandas leaves it out, and marks where."""
        return sorted([*self.positions, *([] if self.gap is None else [self.gap])])


def text(frame: Frame, sizes: Sizes) -> str:
    """The frame as text: a card for each row of a vertical schema, else as pandas lays it out."""
    schema = frame.schema
    rows = _rows(len(frame))
    if schema and schema.vertical:
        cards = "\n\n".join(map(cells.card_text, _cards(frame, rows, sizes)))
        return cards + _more(len(frame) - len(rows.positions), "\n\n… {} more")
    visible, _ = _visible(frame)
    rows = rows if visible.shape[1] else Axis.of(len(frame), None)  # without columns pandas lists the labels
    part = visible.iloc[rows.padded]
    shown = _shown(part, frame, sizes(part))
    shown = shown if len(part) == 0 else _left_aligned(shown, part)
    if _is_plain(frame.index) and len(part):
        shown.index = pd.Index([""] * len(shown))
    return _printed(shown, rows, frame.shape)


def html(frame: Frame, sizes: Sizes) -> str:
    """The frame as HTML. Where scripts run, its rows are sorted and its digests copied by a click."""
    schema = frame.schema
    rows = _rows(len(frame))
    left_out = len(frame) - len(rows.positions)
    if schema and schema.vertical:
        cards = "".join(map(markup.card, _cards(frame, rows, sizes)))
        return markup.wrapped(cards, [_more(left_out, "{} more")])
    visible, notes = _visible(frame)
    if visible.shape[1] and _is_flat(visible) and visible.columns.name is None:
        notes = [_more(left_out, "{} more rows; sort_values() sorts them all"), *notes]
        return markup.wrapped(_table(visible, frame, rows, sizes), notes)
    part = visible.iloc[rows.padded]
    return markup.wrapped(_marked(_shown(part, frame, sizes(part)), rows, frame.shape), [])


def _table(visible: pd.DataFrame, frame: Frame, rows: Axis, sizes: Sizes) -> str:
    """A table under one row of headings. A size's bars are of one scale in all rows, shown or not."""
    columns = Axis.of(visible.shape[1], _columns())
    part = visible.iloc[rows.positions, columns.positions]
    are_sizes = sizes(part)
    shown = _shown(part, frame, are_sizes)
    for number, name in enumerate(part.columns):
        if not known(name, part.iloc[:, number]):
            shown.isetitem(number, _formatted(shown.iloc[:, number]))
    ends = {name: (visible[name].min(), visible[name].max()) for name in part.columns if name in are_sizes}
    return markup.table(
        part,
        shown,
        labels=not _is_plain(frame.index),
        gap=rows.gap,
        wide_gap=columns.gap,
        largest={name: most for name, (least, most) in ends.items() if not missing(most) and least < most},
    )


def _formatted(values: pd.Series[Any]) -> list[str]:
    """As pandas formats a column, with its options."""
    lines = values.to_string(index=False, header=False).split("\n") if len(values) else []
    return list(map(str.strip, lines))


def _rows(length: int) -> Axis:
    """As pandas chooses them: all up to `display.max_rows`, else `display.min_rows` of them."""
    most, least = pd.get_option("display.max_rows"), pd.get_option("display.min_rows")
    most = shutil.get_terminal_size().lines if most == 0 else most
    return Axis.of(length, min(least or most, most) if most and length > most else None)


def _columns() -> int | None:
    """The number of columns to show; None for all."""
    most = pd.get_option("display.max_columns")
    return _MAX_COLUMNS if most == 0 else most


def _visible(frame: Frame) -> tuple[pd.DataFrame, list[str]]:
    """The columns to show, and notes about others: a frame with all columns shows the main ones that are not empty."""
    plain = pd.DataFrame(frame)
    if frame.schema is None:
        return plain, []
    shown = frame.schema.shown(plain.__getitem__)
    empty = [each.name for each in shown if len(plain) and not each.absent and plain[each.name].isna().all()]
    main = [each.name for each in shown]
    more = [name for name in frame.schema.names if name not in main]
    notes = [f"{len(plain):,} × {plain.shape[1]}"] * bool(more or empty)
    notes += [f"more columns: {', '.join(more)}"] * bool(more) + [f"empty: {', '.join(empty)}"] * bool(empty)
    return plain.drop(columns=more + empty), ["; ".join(notes)]


def _is_flat(frame: pd.DataFrame) -> bool:
    return frame.columns.nlevels == 1 and frame.index.nlevels == 1 and frame.columns.is_unique


def _is_plain(index: pd.Index[Any]) -> bool:
    """The rows are only numbered."""
    return isinstance(index, pd.RangeIndex) and index.name is None


def _shown(part: pd.DataFrame, frame: Frame, sizes: set[str]) -> pd.DataFrame:
    """The same rows and columns with known columns as text, and no text that could harm a terminal."""
    flat = part.columns.nlevels == 1
    columns = [
        _texts(part.iloc[:, number], name if flat else None, frame, name in sizes)
        for number, name in enumerate(part.columns)
    ]
    levels = [part.index.get_level_values(level) for level in range(part.index.nlevels)]
    labels = [each.array if is_number(each) else _texts(each, each.name, frame, False) for each in levels]
    shown = pd.DataFrame(dict(enumerate(columns)), index=range(len(part)))
    shown.index = _labels(labels, part.index)
    shown.columns = _labels(
        [map(_clean, part.columns.get_level_values(n)) for n in range(part.columns.nlevels)], part.columns
    )
    return shown


def _labels(levels: Sequence[Iterable[Any]], index: pd.Index[Any]) -> pd.Index[Any]:
    names = [_clean(name) for name in index.names]
    if index.nlevels > 1:
        return pd.MultiIndex.from_arrays([list(level) for level in levels], names=names)
    made: pd.Index[Any] = pd.Index(list(levels[0]), dtype=index.dtype if is_number(index) else None)
    return made.rename(names[0])


def _texts(values: Any, name: Any, frame: Frame, is_size: bool) -> Any:
    """The values of a known column as text. In other columns only text is made safe; pandas formats the rest."""
    column = known(name, values)
    no_trunc, exact = bool(frame.attrs.get("no_trunc")), bool(frame.attrs.get("exact"))
    longest = None if no_trunc else pd.get_option("display.max_colwidth")
    if column is None:
        has_text = types.is_object_dtype(values.dtype) or types.is_string_dtype(values.dtype)
        return [_clean(value, longest) for value in values] if has_text else values.array
    is_number = column.name.endswith("_bytes") and not is_size
    to_text = str if is_number else column.form(no_trunc=no_trunc, exact=exact)
    limit = column.limit(longest, no_trunc)
    return [cells.cut(column.absent if missing(value) else to_text(value), limit) for value in values]


def _clean(value: Any, limit: int | None = None) -> Any:
    if isinstance(value, Number) or missing(value):
        return value
    return cells.cut(cells.plain(value), limit)


def _left_aligned(shown: pd.DataFrame, part: pd.DataFrame) -> pd.DataFrame:
    """Known columns of text with their cells and heading padded on the right: pandas aligns to the right."""
    if not _is_flat(part):
        return shown
    aligned = {}
    for number, name in enumerate(part.columns):
        if known(name, part.iloc[:, number]) and not is_number(part.iloc[:, number]):
            head, *body = _padded([str(shown.columns[number]), *shown.iloc[:, number]])
            aligned[number] = (head, body)
    columns = [
        aligned[number][1] if number in aligned else shown.iloc[:, number].array for number in range(shown.shape[1])
    ]
    made = pd.DataFrame(dict(enumerate(columns)), index=shown.index)
    made.columns = pd.Index(
        [aligned[number][0] if number in aligned else name for number, name in enumerate(shown.columns)],
        name=shown.columns.name,
    )
    return made


def _padded(texts: list[str]) -> list[str]:
    widest = max(map(human.width, texts))
    return [text + " " * (widest - human.width(text)) for text in texts]


def _most(rows: Axis, option: str) -> int | None:
    """The value of a pandas option with which it shows these rows."""
    return pd.get_option(option) if rows.gap is None else len(rows.positions)


def _printed(shown: pd.DataFrame, rows: Axis, shape: tuple[int, int]) -> str:
    """Pandas' text, with the dimensions of the complete frame."""
    rows_shown = (
        value for option in ("display.max_rows", "display.min_rows") for value in (option, _most(rows, option))
    )
    with pd.option_context("display.max_colwidth", None, "display.max_columns", _columns(), *rows_shown):
        printed = repr(shown)
    body = printed.removesuffix(f"[{len(shown)} rows x {shown.shape[1]} columns]")
    lines = "\n".join(line.rstrip() for line in dedent(body).splitlines())
    return lines + (f"\n[{shape[0]} rows x {shape[1]} columns]" if body != printed else "")


def _marked(shown: pd.DataFrame, rows: Axis, shape: tuple[int, int]) -> str:
    """Pandas' table, with the dimensions of the complete frame."""
    with pd.option_context("display.max_colwidth", None):
        marked = shown.to_html(
            max_rows=_most(rows, "display.max_rows"),
            max_cols=_columns(),
            show_dimensions=rows.gap is not None or pd.get_option("display.show_dimensions") is True,
        )
    counted = f"<p>{len(shown)} rows × {shown.shape[1]} columns</p>"
    return markup.of_pandas(marked.replace(counted, f"<p>{shape[0]} rows × {shape[1]} columns</p>"))


def _cards(frame: Frame, rows: Axis, sizes: Sizes) -> list[list[list[str]]]:
    """The lines of each row's card."""
    part = pd.DataFrame(frame).iloc[rows.positions]
    are_sizes = sizes(part)
    columns = frame.schema.columns if frame.schema else ()
    exact = bool(frame.attrs.get("exact"))
    as_text = {
        each.name
        for each in columns
        if not known(each.name, part[each.name]) or (each.name.endswith("_bytes") and each.name not in are_sizes)
    }
    forms = [cells.plain if each.name in as_text else each.form(no_trunc=True, exact=exact) for each in columns]
    return [
        cells.card(
            (column.name, None if missing(value) else value, to_text)
            for column, to_text, value in zip(columns, forms, row, strict=True)
        )
        for row in part.itertuples(index=False, name=None)
    ]


def _more(count: int, words: str) -> str:
    return words.format(f"{count:,}") if count else ""
