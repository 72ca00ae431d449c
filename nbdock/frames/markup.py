"""A frame as HTML that is complete without style sheets and scripts: on GitHub, in nbconvert, in untrusted notebooks.

It scrolls in itself, with its headings in sight, and takes its colours from the page, be it light or dark. A cell whose
text is not its value has the value as its title; that of an absent value is empty. `live.js` sorts and copies by it.
"""

from __future__ import annotations

import html as escaping
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from pandas.api import types

from nbdock import human
from nbdock.frames import cells, script
from nbdock.frames.values import is_number, known, missing

_SCROLLING = "max-height:36em;overflow:auto"
_BACKGROUND = "var(--jp-layout-color0,var(--vscode-editor-background,Canvas))"
_HEAD = f"position:sticky;top:0;z-index:1;box-shadow:0 1px #76767680;background:{_BACKGROUND}"
_NOTE = "opacity:.75;margin:0"  # of the text's own colour, which is legible on any background
_BAR = "linear-gradient(#38c,#38c)"  # 3:1 at least on white, and on JupyterLab's black
_LEFT = "text-align:left"
_ONE_LINE = "white-space:nowrap"
_GAP = "<td>…</td>"
_MAX_TITLE = 1000
_NAMES = {"uid", "gid", "mode"}  # numbers that count nothing


def wrapped(table: str, notes: Iterable[str]) -> str:
    """A table, or several, with notes below."""
    foot = "".join(f'<p style="{_NOTE}">{escaping.escape(note)}</p>' for note in notes if note)
    area = f'<div class="nbdock-frame" style="{_SCROLLING}">{table}</div>'
    return f'<div class="{cells.NO_MATHEMATICS}">{area}{foot}{script.tag()}</div>'


def card(lines: Iterable[Sequence[str]]) -> str:
    """A table of names and values; the further lines of a value have no name."""
    rows = (
        (_cell("th" if name else "td", name, name, _LEFT), _cell("td", value, value, _LEFT)) for name, value in lines
    )
    body = "".join(f"<tr>{name}{value}</tr>" for name, value in rows)
    return f'<table class="dataframe"><tbody>{body}</tbody></table>'


def table(
    part: pd.DataFrame,
    shown: pd.DataFrame,
    *,
    labels: bool,
    gap: int | None,
    wide_gap: int | None,
    largest: Mapping[str, int],
) -> str:
    """A table with one row of headings.

    Parameters
    ----------
    part, shown
        The values and their texts.
    labels
        Whether the index is shown.
    gap, wide_gap
        Where rows and columns are left out, if any are.
    largest
        The columns that have bars, and what the longest stands for.
    """
    columns = [
        _column(str(name), part.iloc[:, number], shown.iloc[:, number], largest.get(str(name)))
        for number, name in enumerate(shown)
    ]
    if wide_gap is not None:
        columns.insert(wide_gap, [_GAP] * (len(part) + 1))
    if labels:
        columns.insert(0, _labels(part.index, shown.index))
    head, *body = map("".join, zip(*columns, strict=True))
    if gap is not None:
        body.insert(gap, f'<td colspan="{len(columns)}" style="text-align:center">…</td>')
    rows = "".join(f"<tr>{row}</tr>" for row in body)
    return f'<table class="dataframe"><thead style="{_HEAD}"><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def of_pandas(marked: str) -> str:
    """Pandas' own table, with its headings in sight, and none that is empty."""
    return marked.replace("<thead>", f'<thead style="{_HEAD}">', 1).replace("<th></th>", "<td></td>")


def _column(name: str, values: pd.Series[Any], texts: Iterable[str], largest: int | None) -> list[str]:
    style = _style(values)
    counts = known(name, values) is not None and types.is_integer_dtype(values.dtype) and name not in _NAMES
    made = [_cell("th", name, name, f"{style};{_ONE_LINE}" if is_number(values) else style, "col")]
    for value, text in zip(values, texts, strict=True):
        shown = f"{value:,}" if counts and text == str(value) else text
        bar = _bar(value / largest) if largest and not missing(value) and value else ""
        made.append(_cell("td", shown, value, style + bar))
    return made


def _labels(values: pd.Index[Any], texts: pd.Index[Any]) -> list[str]:
    style = _style(values)
    head = "<td></td>" if texts.name is None else _cell("th", str(texts.name), str(texts.name), style, "col")
    return [head, *(_cell("th", str(text), value, style) for value, text in zip(values, texts, strict=True))]


def _style(values: pd.Series[Any] | pd.Index[Any]) -> str:
    if is_number(values):
        return "text-align:right"
    return f"{_LEFT};{_ONE_LINE}" if types.is_datetime64_any_dtype(values.dtype) else _LEFT


def _bar(part: float) -> str:
    """A line below the number that is as long as it is large."""
    return f";background:{_BAR} 0 100%/{part:.0%} 3px no-repeat"


def _cell(tag: str, shown: str, value: Any, style: str, scope: str = "row") -> str:
    exact = "" if missing(value) else human.printable(str(value))
    title = f' title="{escaping.escape(exact[:_MAX_TITLE])}"' if exact != shown else ""
    scoped = f' scope="{scope}"' if tag == "th" else ""
    return f'<{tag}{scoped} style="{style}"{title}>{escaping.escape(shown)}</{tag}>'
