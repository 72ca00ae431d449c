"""A figure: boxes and words, and what a notebook shows of them.

Two files write it: `svg.py` the still picture, which every viewer shows, untrusted notebooks, nbconvert and GitHub too;
`vega.py` the live one, for front ends that have Vega (JupyterLab, Notebook, Voila). There is no HTML beside them:
JupyterLab would prefer it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nbdock import human
from nbdock.errors import UsageError
from nbdock.plots import svg, vega
from nbdock.plots.shapes import CHARACTER, THEMES, Box, Group, Theme, View, Words

LINE = 18
WIDTH = 760
_NARROWEST, _WIDEST = 240, 4000
_ENTRY = 290


@dataclass(frozen=True, slots=True)
class Figure:
    """Boxes on a stage, under a title and over a legend. The first view is all of the stage; `alt` says it in words."""

    alt: str
    width: int
    views: tuple[View, ...]
    groups: tuple[Group, ...]
    boxes: tuple[Box, ...]
    title: str = ""
    words: tuple[Words, ...] = ()
    theme: Theme = THEMES[""]
    line: str = "transparent"

    @property
    def stage(self) -> float:
        """The height of the stage."""
        return self.views[0].height

    @property
    def top(self) -> int:
        """Where the stage begins."""
        return LINE + 6 if self.title else 0

    @property
    def height(self) -> int:
        """The height of all of it."""
        bottom = self.top + self.stage
        return round(max((entry.y for _, entry in self.legend), default=bottom) + 8)

    @property
    def heading(self) -> Words:
        """The title, over the stage."""
        return Words(0, 14, self.title, int(self.width / CHARACTER), bold=True)

    @property
    def captions(self) -> tuple[Words, ...]:
        """All other words outside of boxes, where they stand in the figure."""
        moved = (Words(w.x, w.y + self.top, w.text, w.columns, w.anchor, w.bold) for w in self.words)
        return (*moved, *(entry for _, entry in self.legend))

    @property
    def legend(self) -> list[tuple[Group, Words]]:
        """The groups that have a label and boxes, in columns below the stage."""
        used = {box.group for box in self.boxes}
        shown = [group for number, group in enumerate(self.groups) if group.label and number in used]
        columns = max(min(self.width // _ENTRY, len(shown)), 1)
        room, rows = self.width / columns, -(-len(shown) // columns)
        return [(group, self._entry(group, i // rows * room, i % rows, room)) for i, group in enumerate(shown)]

    def _entry(self, group: Group, x: float, row: int, room: float) -> Words:
        columns = int((room - 24) / CHARACTER)
        label = human.ellipsis(human.printable(group.label), columns - len(group.size) - 1)
        return Words(x + 16, self.top + self.stage + LINE * (row + 1) + 2, f"{label} {group.size}".rstrip(), columns)

    @property
    def svg(self) -> str:
        """The figure as an SVG file."""
        return svg.drawing(self)

    def __repr__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        shown = {vega.TYPE: vega.spec(self), "image/svg+xml": self.svg, "text/plain": self.alt}
        if os.environ.get("SERVER_SOFTWARE", "").startswith("voila/"):
            shown["image/png"] = vega.PIXEL
        return shown, {vega.TYPE: {"embed_options": {"actions": False, "renderer": "svg"}}}


def settings(width: int, theme: str) -> Theme:
    """The theme of that name, if the figure can be that wide."""
    if theme not in THEMES:
        raise UsageError(f"unknown theme {theme!r}", hint='Use "light" or "dark", or none for both.')
    if not _NARROWEST <= width <= _WIDEST:
        raise UsageError(f"a picture cannot be {width} pixels wide", hint=f"Use {_NARROWEST} to {_WIDEST}.")
    return THEMES[theme]


def facts(title: str, items: Iterable[tuple[str, int]], total: int) -> str:
    """The alternative text: a title, the total in bytes, and the three largest items."""
    largest = sorted(items, key=lambda item: -item[1])[:3]
    named = "; ".join(f"{human.size(size)} {human.ellipsis(human.printable(name), 60)}" for name, size in largest)
    return f"{title}, {human.size(total)} in all." + (f" Largest: {named}." if named else "")
