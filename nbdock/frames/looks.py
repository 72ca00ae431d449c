"""Frames as text and as HTML. Rows are chosen before any is formatted, by pandas' own options."""

from __future__ import annotations

import html as escaping
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Number
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pandas as pd
from pandas.api import types

from nbdock import human
from nbdock.frames import cells, schemas
from nbdock.frames.schema import Column

if TYPE_CHECKING:
    from nbdock.frames.frame import Frame

Sizes = Callable[[pd.DataFrame], set[str]]

_GREY = "#767676"
_SCROLLING = "max-height:36em;overflow:auto"
_BACKGROUND = "var(--jp-layout-color0,var(--vscode-editor-background,Canvas))"
_HEAD = f"position:sticky;top:0;box-shadow:0 1px #76767680;background:{_BACKGROUND}"
_LEFT = "text-align:left"
_GAP = "<td>…</td>"
_MAX_TITLE = 1000
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
    """The frame as HTML that an untrusted notebook shows too: no style sheet, no script, no mathematics."""
    schema = frame.schema
    rows = _rows(len(frame))
    if schema and schema.vertical:
        cards = "".join(_card(card) for card in _cards(frame, rows, sizes))
        return _wrapped(cards, [_more(len(frame) - len(rows.positions), "{} more")])
    visible, notes = _visible(frame)
    if visible.shape[1] and _is_flat(visible) and all(_known(name, visible[name]) for name in visible.columns):
        columns = Axis.of(visible.shape[1], _columns())
        notes = [_more(len(frame) - len(rows.positions), "{} more rows"), *notes]
        part = visible.iloc[rows.positions, columns.positions]
        shown = _shown(part, frame, sizes(part))
        return _wrapped(_table(part, shown, not _is_plain(frame.index), rows.gap, columns.gap), notes)
    part = visible.iloc[rows.padded]
    return _wrapped(_marked(_shown(part, frame, sizes(part)), rows, frame.shape), [])


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
    main = [column.name for column in frame.schema.main]
    empty = [
        each.name for each in frame.schema.main if len(plain) and not each.absent and plain[each.name].isna().all()
    ]
    more = [name for name in frame.schema.names if name not in main]
    notes = [f"{len(plain):,} × {plain.shape[1]}"] * bool(more or empty)
    notes += [f"more columns: {', '.join(more)}"] * bool(more) + [f"empty: {', '.join(empty)}"] * bool(empty)
    return plain.drop(columns=more + empty), ["; ".join(notes)]


def _is_flat(frame: pd.DataFrame) -> bool:
    return frame.columns.nlevels == 1 and frame.index.nlevels == 1 and frame.columns.is_unique


def _is_plain(index: pd.Index[Any]) -> bool:
    """The rows are only numbered."""
    return isinstance(index, pd.RangeIndex) and index.name is None


def _known(name: Any, values: pd.Series[Any] | pd.Index[Any]) -> Column | None:
    """The schemas' column of this name, if it has this dtype."""
    column = schemas.COLUMNS.get(name) if isinstance(name, str) else None
    return column if column and _agree(column.dtype, values.dtype) else None


def _agree(wanted: str, dtype: Any) -> bool:
    if wanted.lower() == "int64":
        return types.is_integer_dtype(dtype)
    if wanted == "bool":
        return types.is_bool_dtype(dtype)
    if wanted == "float64":
        return types.is_float_dtype(dtype)
    if wanted.startswith("datetime"):
        return isinstance(dtype, pd.DatetimeTZDtype)
    return types.is_string_dtype(dtype) or types.is_object_dtype(dtype)


def _shown(part: pd.DataFrame, frame: Frame, sizes: set[str]) -> pd.DataFrame:
    """The same rows and columns with known columns as text, and no text that could harm a terminal."""
    flat = part.columns.nlevels == 1
    columns = [
        _texts(part.iloc[:, number], name if flat else None, frame, name in sizes)
        for number, name in enumerate(part.columns)
    ]
    levels = [part.index.get_level_values(level) for level in range(part.index.nlevels)]
    labels = [each.array if _is_number(each) else _texts(each, each.name, frame, False) for each in levels]
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
    made: pd.Index[Any] = pd.Index(list(levels[0]), dtype=index.dtype if _is_number(index) else None)
    return made.rename(names[0])


def _texts(values: Any, name: Any, frame: Frame, is_size: bool) -> Any:
    """The values of a known column as text. In other columns only text is made safe; pandas formats the rest."""
    column = _known(name, values)
    no_trunc, exact = bool(frame.attrs.get("no_trunc")), bool(frame.attrs.get("exact"))
    longest = None if no_trunc else pd.get_option("display.max_colwidth")
    if column is None:
        has_text = types.is_object_dtype(values.dtype) or types.is_string_dtype(values.dtype)
        return [_clean(value, longest) for value in values] if has_text else values.array
    is_number = column.name.endswith("_bytes") and not is_size
    to_text = str if is_number else column.form(no_trunc=no_trunc, exact=exact)
    limit = column.limit(longest, no_trunc)
    return [cells.cut(column.absent if _missing(value) else to_text(value), limit) for value in values]


def _clean(value: Any, limit: int | None = None) -> Any:
    if isinstance(value, Number) or _missing(value):
        return value
    return cells.cut(cells.plain(value), limit)


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


def _left_aligned(shown: pd.DataFrame, part: pd.DataFrame) -> pd.DataFrame:
    """Known columns of text with their cells and heading padded on the right: pandas aligns to the right."""
    if not _is_flat(part):
        return shown
    aligned = {}
    for number, name in enumerate(part.columns):
        if _known(name, part.iloc[:, number]) and not _is_number(part.iloc[:, number]):
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


def _is_number(values: pd.Series[Any] | pd.Index[Any]) -> bool:
    return types.is_numeric_dtype(values.dtype) and not types.is_bool_dtype(values.dtype)


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
    return marked.replace(counted, f"<p>{shape[0]} rows × {shape[1]} columns</p>")


def _cards(frame: Frame, rows: Axis, sizes: Sizes) -> list[list[list[str]]]:
    """The lines of each row's card."""
    part = pd.DataFrame(frame).iloc[rows.positions]
    known = sizes(part)
    columns = frame.schema.columns if frame.schema else ()
    exact = bool(frame.attrs.get("exact"))
    as_text = {
        each.name
        for each in columns
        if not _known(each.name, part[each.name]) or (each.name.endswith("_bytes") and each.name not in known)
    }
    forms = [cells.plain if each.name in as_text else each.form(no_trunc=True, exact=exact) for each in columns]
    return [
        cells.card(
            (column.name, None if _missing(value) else value, to_text)
            for column, to_text, value in zip(columns, forms, row, strict=True)
        )
        for row in part.itertuples(index=False, name=None)
    ]


def _more(count: int, words: str) -> str:
    return words.format(f"{count:,}") if count else ""


def _wrapped(table: str, notes: Iterable[str]) -> str:
    foot = "".join(f'<p style="color:{_GREY};margin:0">{escaping.escape(note)}</p>' for note in notes if note)
    return f'<div class="{cells.NO_MATHEMATICS}"><div style="{_SCROLLING}">{table}</div>{foot}</div>'


def _card(lines: list[list[str]]) -> str:
    rows = "".join(f"<tr>{_head('row', name, _LEFT)}{_cell(value, value, _LEFT)}</tr>" for name, value in lines)
    return f'<table class="dataframe"><tbody>{rows}</tbody></table>'


def _table(part: pd.DataFrame, shown: pd.DataFrame, labels: bool, gap: int | None, wide_gap: int | None) -> str:
    """A table of known columns, with the value in full as a cell's title."""
    styles = [_style(part.iloc[:, number]) for number in range(part.shape[1])]
    heads = [_head("col", str(name), style) for name, style in zip(shown, styles, strict=True)]
    values = zip(part.itertuples(index=False, name=None), shown.itertuples(index=False, name=None), strict=True)
    lines = [heads] + [list(map(_cell, texts, row, styles)) for row, texts in values]
    if wide_gap is not None:
        lines = [[*line[:wide_gap], _GAP, *line[wide_gap:]] for line in lines]
    if labels:
        name = shown.index.name
        first = ["<td></td>" if name is None else _head("col", str(name), _LEFT)]
        first += [_head("row", str(label), _LEFT) for label in shown.index]
        lines = [[label, *line] for label, line in zip(first, lines, strict=True)]
    if gap is not None:
        lines.insert(gap + 1, [_GAP] * len(lines[0]))
    head, *body = (f"<tr>{''.join(line)}</tr>" for line in lines)
    return f'<table class="dataframe"><thead style="{_HEAD}">{head}</thead><tbody>{"".join(body)}</tbody></table>'


def _style(values: pd.Series[Any]) -> str:
    if _is_number(values):
        return "text-align:right;white-space:nowrap"
    return f"{_LEFT};white-space:nowrap" if types.is_datetime64_any_dtype(values.dtype) else _LEFT


def _head(scope: str, name: str, style: str) -> str:
    return f'<th scope="{scope}" style="{style}">{escaping.escape(name)}</th>'


def _cell(shown: str, value: Any, style: str) -> str:
    exact = "" if _missing(value) else human.printable(str(value))
    title = f' title="{escaping.escape(exact[:_MAX_TITLE])}"' if exact != shown else ""
    return f'<td style="{style}"{title}>{escaping.escape(shown)}</td>'
