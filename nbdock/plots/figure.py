"""A drawing, and the few shapes that it is made of.

It is shown as an `<img>` with the SVG in its address: of all forms the one that an untrusted notebook, nbconvert and
GitHub show too. An `<img>` does not see the theme of the page, so text is of a grey that is legible on light and dark.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable
from dataclasses import dataclass, field

from nbdock import human

GREY = "#767676"
FAINT = "#76767640"
COLOURS = ("#0072b2", "#b35900", "#008060", "#a8528c", "#7d7400", "#1b7fa8", "#c2410c", "#5b5fc7")
"""Okabe and Ito's, a little darker: white text is legible on each, and people who see fewer colours tell them apart."""

CHARACTER = 7.3
"""Pixels that a character of 12 px takes in the widest common monospace font."""
_FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"


@dataclass(frozen=True, slots=True)
class Figure:
    """An SVG of `width` × `height` pixels; `alt` says in words what it shows."""

    width: int
    height: int
    alt: str
    shapes: tuple[str, ...] = field(repr=False)

    @property
    def svg(self) -> str:
        """The drawing as a document of its own."""
        box = f'viewBox="0 0 {self.width} {self.height}" width="{self.width}" height="{self.height}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="{_FONT}" font-size="12" fill="{GREY}">'
            f"<title>{html.escape(self.alt)}</title>{''.join(self.shapes)}</svg>"
        )

    def __repr__(self) -> str:
        return self.alt

    def _repr_html_(self) -> str:
        address = base64.b64encode(self.svg.encode()).decode()
        return (
            f'<img alt="{html.escape(self.alt)}" width="{self.width}" style="max-width:100%;height:auto" '
            f'src="data:image/svg+xml;base64,{address}">'
        )


def text(x: float, y: float, words: str, *, columns: int = 60, anchor: str = "start", style: str = "") -> str:
    """Words of at most so many columns; all that could move or turn them shows as its escape."""
    shown = html.escape(human.ellipsis(human.printable(words), columns))
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {style}>{shown}</text>'


def rectangle(x: float, y: float, width: float, height: float, style: str, title: str = "") -> str:
    """`title` is shown by viewers of the SVG itself when one points at it."""
    inside = f"<title>{html.escape(human.printable(title))}</title>" if title else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {style}>{inside}</rect>'


def facts(title: str, items: Iterable[tuple[str, int]], total: int) -> str:
    """The alternative text: what is drawn, its size, and the three largest of it."""
    largest = sorted(items, key=lambda item: -item[1])[:3]
    named = "; ".join(f"{human.size(size)} {human.ellipsis(human.printable(name), 60)}" for name, size in largest)
    return f"{title}, {human.size(total)} in all." + (f" Largest: {named}." if named else "")
