"""What plain widgets cannot do well, as small components without a build: a long table, a line that screen readers
say, a password that is never state. Whatever a registry or an image says is set as text, never as markup."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from anywidget import AnyWidget
from ipywidgets import Button, HBox
from traitlets import Bool, Int, List, TraitType, Unicode

from nbdock import human
from nbdock.errors import NbdockError
from nbdock.frames.schema import Table
from nbdock.grammar import Text as Words

_FRONT = Path(__file__).parent / "front"
_LONGEST = 300

Cell = str | tuple[str, float | None] | tuple[str, float | None, float, float, bool]


@dataclass(frozen=True, slots=True)
class GridColumn:
    """`width` as in CSS' grids; it is shown where the table has `least` pixels. A `kind` says what a cell is: "text";
    "number" and "time" (text, number); "bar" (text, number), as long as its part of the largest; "span" (text, number,
    start, whole, pale)."""

    name: str
    title: str
    width: str = "1fr"
    kind: str = "text"
    least: int = 0


class Grid(AnyWidget):
    """A table that scrolls smoothly over thousands of rows. `rows` are lists of a key and the cells."""

    _esm = _FRONT / "table.js"
    _css = _FRONT / "look.css"

    label = Unicode().tag(sync=True)
    columns: TraitType[Any, Any] = List().tag(sync=True)
    rows: TraitType[Any, Any] = List().tag(sync=True)
    selected = List(Unicode()).tag(sync=True)
    filter = Unicode().tag(sync=True)
    order = List(Unicode(), ["", "ascending"]).tag(sync=True)
    multiple = Bool(False).tag(sync=True)
    searchable = Bool(False).tag(sync=True)
    sortable = Bool(True).tag(sync=True)
    action = Unicode().tag(sync=True)
    empty = Unicode().tag(sync=True)
    lines = Int(10).tag(sync=True)

    def __init__(self, columns: Sequence[GridColumn], label: str, **traits: Any) -> None:
        super().__init__(columns=list(map(asdict, columns)), label=label, **traits)

    def show(self, rows: Iterable[tuple[str, Sequence[Cell]]]) -> None:
        """These rows, each with its key; what was selected stays so while it is there."""
        found = [[key, *cells] for key, cells in rows]
        keys = {row[0] for row in found}
        with self.hold_sync():
            self.rows = found
            self.selected = [key for key in self.selected if key in keys]

    def on_action(self, act: Callable[[str], None]) -> None:
        """Call `act` with the key of a row whose button is pressed."""
        self.on_msg(lambda _, content, buffers: act(content["act"]))

    def __repr__(self) -> str:
        return self.label


class Status(AnyWidget):
    """One line, said by screen readers when it changes. `tone` is "" or "error"."""

    _esm = _FRONT / "status.js"
    _css = _FRONT / "look.css"

    text = Unicode().tag(sync=True)
    tone = Unicode().tag(sync=True)

    def say(self, words: str, tone: str = "") -> None:
        with self.hold_sync():
            self.text, self.tone = safe(words, lines=True), tone

    def fail(self, error: NbdockError) -> None:
        """The error's sentence, and its hint."""
        self.say("\n".join(filter(None, (str(error), error.hint))), "error")

    @contextlib.contextmanager
    def guarding(self) -> Iterator[None]:
        """While inside, what is refused or fails is said here."""
        try:
            yield
        except NbdockError as error:
            self.fail(error)

    def __repr__(self) -> str:
        return self.text


class Secret(AnyWidget):
    """A password field with its button. What is typed comes as a message and is in no trait: neither the widget's
    state nor the notebook can hold it."""

    _esm = _FRONT / "secret.js"
    _css = _FRONT / "look.css"

    label = Unicode("Password").tag(sync=True)
    button = Unicode().tag(sync=True)

    def on_submit(self, take: Callable[[str], None]) -> None:
        """Call `take` with what was typed."""
        self.on_msg(lambda _, content, buffers: take(content["secret"]))

    def __repr__(self) -> str:
        return self.label


def button(words: str, act: Callable[[], object], **traits: Any) -> Button:
    """A button that always has words: an icon alone says nothing to a screen reader, and offline shows nothing."""
    made = Button(description=words, **traits)
    made.on_click(lambda _: act())
    return made


def field(kind: Callable[..., Any], label: str, **traits: Any) -> Any:
    """A field with its label close to it."""
    return kind(description=label, style={"description_width": "initial"}, **traits)


def bar(*children: Any) -> HBox:
    """Side by side; below one another where there is no room."""
    made = HBox(children)
    made.add_class("nbdock-side-by-side")
    return made


def heading(words: str) -> str:
    """As the value of an HTML widget."""
    return f"<h3>{html.escape(safe(words))}</h3>"


def frame(result: Table | Words) -> Any:
    """The frame of a command's result."""
    assert isinstance(result, Table)  # noqa: S101 (no format is asked for here)
    return result.frame()


def time(moment: Any) -> Cell:
    """How long ago a frame's time is; the table shows the moment itself when one points at it."""
    if pd.isna(moment):
        return ("", None)
    return (human.ago(moment.to_pydatetime(), datetime.now(UTC)), moment.timestamp())


def safe(words: str, lines: bool = False) -> str:
    """Words from outside on one line (or several), of bounded length, without what could turn or hide them."""
    if lines:
        return "\n".join(map(safe, words.split("\n")[:20]))
    return human.ellipsis(human.printable(words), _LONGEST)
