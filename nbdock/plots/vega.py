"""A figure as a Vega 5 spec: hovering tells what a box is, and a click enlarges its folder. A second click goes back,
as does one on the title; a double click shows all of it again.

All text is data: no expression is made of it, none is a link, and nothing is loaded.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any

from nbdock import human
from nbdock.plots.shapes import Words
from nbdock.plots.svg import CHARACTER, FONT, LINE

if TYPE_CHECKING:
    from nbdock.plots.figure import Figure

TYPE = "application/vnd.vega.v5+json"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR42mNgAAIAAAUAAen63NgAAAAASUVORK5CYII="
"""A PNG that nobody sees: JupyterLab's renderer of Vega adds one to what has none, which fails in a page of Voila, and
the page says so below the picture."""
_LABEL, _NAME = 24, 48
"""Characters of each box that are kept: a notebook keeps what it is given."""


def _fits(text: str) -> str:
    return f"{CHARACTER} * (length({text}) + 1) < {_WIDE}"


_X2, _Y2 = "scale('x', datum.x + datum.w)", "scale('y', datum.y + datum.h)"
_LEFT = "max(scale('x', datum.x), 0)"
_WIDE, _HIGH = f"(min({_X2}, width) - {_LEFT})", f"({_Y2} - scale('y', datum.y))"
_TITLE = "zoom && datum.t ? '‹ ' + view.t : datum.t"
_TOLD = "merge(datum.n ? {name: datum.n} : {}, datum.s ? {size: datum.s} : {}, groups[datum.g].tip)"
_TWO = f"datum.g && {_HIGH} > {2 * LINE + 2}"
_FIRST = f"!({_TWO}) && {_fits('datum.l + datum.s')} ? datum.l + ' ' + datum.s : datum.l"
_SECOND = f"{_TWO} && {_fits('datum.s')} ? datum.s : ''"
"""A box's lines: the label, and the size if all of it fits, beside the label or below it; as in `svg.py`."""


def spec(figure: Figure) -> dict[str, Any]:
    """The spec of a figure. Its width is fixed: JupyterLab's renderer does not know that of its container."""
    return {
        "$schema": "https://vega.github.io/schema/vega/v5.json",
        "description": figure.alt,
        "width": figure.width,
        "height": figure.height,
        "padding": 0,
        "autosize": "none",
        "background": figure.theme.page,
        "config": {"text": {"font": FONT, "fontSize": 12}},
        "signals": _signals(figure),
        "data": [
            _table("boxes", _boxes(figure), ("x", "y", "w", "h", "g", "v")),
            _table("views", _views(figure), ("x", "y", "x2", "y2", "back")),
            _table("words", map(_row, figure.captions), ("x", "y")),
            _table("title", [_row(figure.heading)], ("x", "y")),
        ],
        "marks": [_stage(figure), _swatches(figure), _texts("words", "datum.t"), _texts("title", _TITLE)],
    }


def _signals(figure: Figure) -> list[dict[str, Any]]:
    groups = [
        {"colour": group.colour, "ink": group.ink, "tip": {key: _kept(text, 200) for key, text in group.tip.items()}}
        for group in figure.groups
    ]
    clicked = [
        {"events": "@box:click", "update": "zoom === datum.v ? view.back : datum.v"},
        {"events": "@shown_title:click", "update": "view.back"},
        {"events": "dblclick", "update": "0"},
    ]
    return [
        {"name": "groups", "value": groups},
        {"name": "ink", "value": figure.theme.ink},
        {"name": "line", "value": figure.line},
        {"name": "zoom", "value": 0, "on": clicked},
        {"name": "view", "update": "data('views')[zoom]"},
    ]


def _table(name: str, rows: Iterable[Mapping[str, object]], numbers: Sequence[str]) -> dict[str, Any]:
    """Rows as CSV: a notebook's file has each value of JSON on a line of its own."""
    rows, text = list(rows), StringIO()
    writer = csv.DictWriter(text, rows[0] if rows else numbers, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    parse = dict.fromkeys(numbers, "number")
    return {"name": name, "values": text.getvalue(), "format": {"type": "csv", "parse": parse}}


def _boxes(figure: Figure) -> Iterator[dict[str, object]]:
    for box in figure.boxes:
        place = {"x": box.x, "y": box.y, "w": box.width, "h": box.height}
        numbers = {**{name: f"{number:.1f}" for name, number in place.items()}, "g": box.group, "v": box.view}
        yield {**numbers, "s": box.size, "l": _kept(box.label, _LABEL), "n": _kept(box.name, _NAME)}


def _views(figure: Figure) -> Iterator[dict[str, object]]:
    for view in figure.views:
        place = {"x": view.x, "y": view.y, "x2": view.x + view.width, "y2": view.y + view.height}
        yield {**{name: f"{at:.1f}" for name, at in place.items()}, "back": view.back, "t": human.printable(view.title)}


def _row(words: Words) -> dict[str, object]:
    style = {"a": words.anchor, "b": "bold" if words.bold else "normal"}
    return {"x": f"{words.x:.1f}", "y": f"{words.y:.1f}", "t": _kept(words.text, words.columns), **style}


def _kept(text: str, columns: int) -> str:
    return human.printable(human.ellipsis(text, columns))


def _stage(figure: Figure) -> dict[str, Any]:
    size = {"width": {"value": figure.width}, "height": {"value": figure.stage}}
    return {
        "type": "group",
        "encode": {"update": {"clip": {"value": True}, "x": {"value": 0}, "y": {"value": figure.top}, **size}},
        "scales": [_scale("x", figure.width), _scale("y", figure.stage)],
        "marks": [_RECTANGLES, _label(13, _FIRST), _label(13 + LINE, _SECOND)],
    }


def _scale(name: str, end: float) -> dict[str, Any]:
    domain = {"signal": f"[view.{name}, view.{name}2]"}
    return {"name": name, "type": "linear", "domain": domain, "range": [0, end], "zero": False, "nice": False}


_RECTANGLES = {
    "type": "rect",
    "name": "box",
    "from": {"data": "boxes"},
    "encode": {
        "enter": {
            "fill": {"signal": "groups[datum.g].colour"},
            "stroke": {"signal": "line"},
            "tooltip": {"signal": _TOLD},
        },
        "update": {
            "x": {"scale": "x", "field": "x"},
            "y": {"scale": "y", "field": "y"},
            "x2": {"signal": _X2},
            "y2": {"signal": _Y2},
            "opacity": {"value": 1},
            "cursor": {"signal": "length(data('views')) > 1 ? 'pointer' : 'default'"},
        },
        "hover": {"opacity": {"value": 0.8}},
    },
}


def _label(below: int, line: str) -> dict[str, Any]:
    """A line of each box's text, where the box has room for it."""
    room = f"{_WIDE} > 28 && {_HIGH} > {LINE}"
    return {
        "type": "text",
        "interactive": False,
        "from": {"data": "boxes"},
        "encode": {
            "enter": {"fill": {"signal": "groups[datum.g].ink"}, "fontSize": {"value": 11}},
            "update": {
                "x": {"signal": f"{_LEFT} + 4"},
                "y": {"scale": "y", "field": "y", "offset": below},
                "text": {"signal": f"datum.l && {room} ? ({line}) : ''"},
                "limit": {"signal": f"{_WIDE} - 8"},
            },
        },
    }


def _swatches(figure: Figure) -> dict[str, Any]:
    values = [{"x": entry.x - 16, "y": entry.y - 10, "c": group.colour} for group, entry in figure.legend]
    return {
        "type": "group",
        "data": [{"name": "swatches", "values": values}],
        "marks": [
            {
                "type": "rect",
                "from": {"data": "swatches"},
                "encode": {
                    "enter": {
                        **{name: {"field": name} for name in "xy"},
                        **{name: {"value": 11} for name in ("width", "height")},
                        "fill": {"field": "c"},
                    }
                },
            }
        ],
    }


def _texts(data: str, text: str) -> dict[str, Any]:
    """Words outside of boxes."""
    return {
        "type": "text",
        "name": f"shown_{data}",
        "interactive": data == "title",
        "from": {"data": data},
        "encode": {
            "enter": {
                "x": {"field": "x"},
                "y": {"field": "y"},
                "align": {"signal": "{start: 'left', middle: 'center', end: 'right'}[datum.a]"},
                "fontWeight": {"field": "b"},
                "fill": {"signal": "ink"},
            },
            "update": {"text": {"signal": text}, "cursor": {"signal": "zoom ? 'pointer' : 'default'"}},
        },
    }
