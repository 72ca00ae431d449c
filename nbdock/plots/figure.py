"""A figure: boxes and words, and what a notebook shows of them.

Two files write it: `svg.py` the still picture, which every viewer shows, untrusted notebooks, nbconvert and GitHub too;
`vega.py` the live one, for front ends that have Vega (JupyterLab, Notebook, Voila). There is no HTML beside them:
JupyterLab would prefer it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nbdock import human
from nbdock.errors import UsageError
from nbdock.plots import svg, vega

COLOURS = ("#0072b2", "#b35900", "#008060", "#a8528c", "#7d7400", "#c2410c", "#5b5fc7", "#1b7fa8")
"""Okabe and Ito's colours for all kinds of colour vision, darkened so that white text is legible on them."""
GREY = "#757575"
"""For what has no colour of its own; legible on light and on dark, as white is on it."""

CHARACTER = 7.3
"""Width in pixels of a character of 12 px in the widest common monospace font."""
LINE = 18
WIDTH = 760
_NARROWEST, _WIDEST = 240, 4000
_ENTRY = 290

ThemeName = Literal["", "light", "dark"]


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of words, lines between rows, folders and what they say, lines around boxes, and the page."""

    ink: str
    faint: str
    folder: str
    said: str
    line: str
    page: str


THEMES = {
    "": Theme(GREY, "#76767624", "#56606b", "#ffffff", "#ffffff60", "transparent"),
    "light": Theme("#1f2328", "#d8dde3", "#e4e8ec", "#1f2328", "#ffffff", "#ffffff"),
    "dark": Theme("#e6edf3", "#30363d", "#2a313a", "#e6edf3", "#0d1117", "#0d1117"),
}
"""A figure of no theme does not see the page's, and has a grey that is legible on both."""


@dataclass(frozen=True, slots=True)
class Group:
    """What boxes of one colour have in common. The legend shows its label, if it has one; hovering tells `tip`."""

    label: str
    colour: str
    ink: str = "white"
    size: str = ""
    tip: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels. Its label and size stand in it, hovering tells its name, and a click goes to its view.

    Boxes of group 0 have others in them, and room for one line.
    """

    x: float
    y: float
    width: float
    height: float
    group: int
    name: str = ""
    size: str = ""
    label: str = ""
    view: int = 0


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text, cut to `columns` characters; `y` is its base line."""

    x: float
    y: float
    text: str
    columns: int = 60
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A part of the stage that a click enlarges, and the view that a second click goes back to."""

    x: float
    y: float
    width: float
    height: float
    back: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """Boxes on a stage of `width` × `stage` pixels, under a title, over a legend. `alt` says what they show."""

    alt: str
    width: int
    stage: float
    groups: tuple[Group, ...]
    boxes: tuple[Box, ...]
    title: str = ""
    words: tuple[Words, ...] = ()
    views: tuple[View, ...] = ()
    theme: Theme = THEMES[""]
    line: str = "transparent"

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
    def captions(self) -> tuple[Words, ...]:
        """All words outside of boxes, where they stand in the figure."""
        title = Words(0, 14, self.title, int(self.width / CHARACTER), bold=True)
        moved = (Words(w.x, w.y + self.top, w.text, w.columns, w.anchor, w.bold) for w in self.words)
        return (title, *moved, *(entry for _, entry in self.legend))

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
