"""A figure as an SVG file: rectangles and text, nothing that runs, loads or has an id."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nbdock import human
from nbdock.plots.shapes import Box, Words

if TYPE_CHECKING:
    from nbdock.plots.figure import Figure

FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
CHARACTER = 6.7
"""Of 11 px, as all text in boxes."""
LINE = 14
_SHORTEST, _SMALLEST = 3, 0.7


def drawing(figure: Figure) -> str:
    """The SVG of a figure; viewers of the file show tooltips."""
    size = f'viewBox="0 0 {figure.width} {figure.height}" width="{figure.width}" height="{figure.height}"'
    shapes = [*_boxes(figure), *_swatches(figure), *map(_words, (figure.heading, *figure.captions))]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONT}" font-size="12" '
        f'fill="{figure.theme.ink}"><title>{html.escape(figure.alt)}</title>'
        f'<rect width="100%" height="100%" fill="{figure.theme.page}"/>{"".join(shapes)}</svg>'
    )


def _boxes(figure: Figure) -> Iterator[str]:
    line = f'stroke="{figure.line}"'
    for box in figure.boxes:
        if min(box.width, box.height) >= _SMALLEST:
            group = figure.groups[box.group]
            told = " · ".join(filter(None, [box.name, box.size, *group.tip.values()]))
            yield _rectangle(box.x, figure.top + box.y, box.width, box.height, group.colour, told, line)
            yield from _label(box, figure.top + box.y, group.ink)


def _label(box: Box, top: float, ink: str) -> Iterator[str]:
    columns = int((box.width - 8) / CHARACTER)
    if box.label and columns >= _SHORTEST and box.height > LINE:
        for number, line in enumerate(_lines(box, columns)):
            style = f'fill="{ink}" font-size="11"'
            yield _text(box.x + 4, top + LINE * (number + 1) - 1, human.ellipsis(line, columns), style)


def _lines(box: Box, columns: int) -> list[str]:
    """The label, and the size if all of it fits: beside the label, or below it."""
    if box.group and box.height > 2 * LINE + 2:
        return [box.label, box.size] if len(box.size) <= columns else [box.label]
    beside = f"{box.label} {box.size}"
    return [beside] if len(beside) <= columns else [box.label]


def _swatches(figure: Figure) -> Iterator[str]:
    for group, entry in figure.legend:
        yield _rectangle(entry.x - 16, entry.y - 10, 11, 11, group.colour)


def _words(words: Words) -> str:
    style = f'text-anchor="{words.anchor}"' + (' font-weight="bold"' if words.bold else "")
    return _text(words.x, words.y, human.ellipsis(words.text, words.columns), style)


def _text(x: float, y: float, words: str, style: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{html.escape(human.printable(words))}</text>' if words else ""


def _rectangle(x: float, y: float, width: float, height: float, fill: str, title: str = "", style: str = "") -> str:
    tip = f"<title>{html.escape(human.printable(title))}</title>" if title else ""
    shape = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {shape} fill="{fill}" {style}>{tip}</rect>'
