"""What figures are made of: boxes and words, their colours, and views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

COLOURS = ("#0072b2", "#b35900", "#008060", "#a8528c", "#7d7400", "#c2410c", "#5b5fc7", "#6e4a2e")
"""Okabe and Ito's colours for all kinds of colour vision, darkened so that white text is legible on them."""
GREY = "#757575"
"""For what has no colour of its own; legible on light and on dark, as white is on it."""

CHARACTER = 7.3
"""Width in pixels of a character of 12 px in the widest common monospace font."""

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
    """A part of the stage that a click enlarges, under a title of its own, and the view to go back to."""

    x: float
    y: float
    width: float
    height: float
    back: int = 0
    title: str = ""
