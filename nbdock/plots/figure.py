"""A drawing and its shapes.

It is shown as an `<img>` with the SVG in a data URL, which untrusted notebooks, nbconvert and GitHub show too. An
`<img>` does not see the theme of the page, so text has a grey that is legible on light and on dark.
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
"""Okabe and Ito's colours for all kinds of colour vision, darkened so that white text is legible on them."""

CHARACTER = 7.3
"""Width in pixels of a character of 12 px in the widest common monospace font."""
_FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"


@dataclass(frozen=True, slots=True)
class Figure:
    """An SVG of `width` × `height` pixels, with a description of it in `alt`."""

    width: int
    height: int
    alt: str
    shapes: tuple[str, ...] = field(repr=False)

    @property
    def svg(self) -> str:
        """The drawing as an SVG file."""
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
    """Words, cut to `columns` characters and made printable."""
    shown = html.escape(human.ellipsis(human.printable(words), columns))
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {style}>{shown}</text>'


def rectangle(x: float, y: float, width: float, height: float, style: str, title: str = "") -> str:
    """A rectangle; viewers of the SVG file show `title` as a tooltip."""
    inside = f"<title>{html.escape(human.printable(title))}</title>" if title else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {style}>{inside}</rect>'


def facts(title: str, items: Iterable[tuple[str, int]], total: int) -> str:
    """The alternative text: a title, the total in bytes, and the three largest items."""
    largest = sorted(items, key=lambda item: -item[1])[:3]
    named = "; ".join(f"{human.size(size)} {human.ellipsis(human.printable(name), 60)}" for name, size in largest)
    return f"{title}, {human.size(total)} in all." + (f" Largest: {named}." if named else "")
