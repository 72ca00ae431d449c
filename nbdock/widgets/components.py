"""Components that ipywidgets lacks, in plain JavaScript without a build: a table for thousands of rows, a status line
for screen readers, a password field that keeps no state. Text from registries and images is never set as markup."""

from __future__ import annotations

import contextlib
import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from anywidget import AnyWidget
from ipywidgets import Button, HBox, VBox
from traitlets import Bool, Int, List, TraitType, Unicode

from nbdock import human
from nbdock.errors import NbdockError
from nbdock.frames.cells import NO_MATHEMATICS
from nbdock.frames.schema import Table
from nbdock.grammar import Text

_FRONT = Path(__file__).parent / "front"
_MAX_LENGTH, _MAX_LINES = 300, 20
_LOG_IN = re.compile(r"%image log(?:in|out)[^(]*\([^)]*\)")

Cell = str | tuple[str, float | None] | tuple[str, float | None, float, float, bool]


class Panel(VBox):  # type: ignore[misc]
    """Widgets in a column. `close` calls `ends` and closes them; `caption` is shown where widgets are not."""

    caption = "Widgets of nbdock"

    def __init__(self, children: Iterable[Any] = (), css: str = "nbdock", **traits: Any) -> None:
        self.ends = contextlib.ExitStack()
        super().__init__(tuple(children), **traits)
        self.add_class(css)

    def close(self) -> None:
        self.ends.close()
        for child in self.children:
            child.close()
        super().close()

    def hide(self) -> None:
        show_if(False, self)

    def __repr__(self) -> str:
        return self.caption


class Page(AnyWidget):
    """What widgets need of the page that they are in, for the outermost panel around it: see `page.js`."""

    _esm = _FRONT / "page.js"
    _css = _FRONT / "look.css"

    gone = Unicode("The kernel behind these widgets has ended: run the cell again.").tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self.on_msg(lambda _, content, buffers: self.send(content))  # the kernel has all that was sent before


class Standalone(Panel):
    """A panel that may be shown by itself. A notebook that is read without a kernel has `still` in its place."""

    def __init__(self, children: Iterable[Any], **traits: Any) -> None:
        super().__init__((*children, Page()), **traits)

    def still(self) -> str:
        """What it shows now, as HTML: its caption and its `frame`, if it has one."""
        shown = getattr(self, "frame", None)
        when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        table = "" if shown is None else shown._repr_html_()
        return f'<p class="{NO_MATHEMATICS}">{html.escape(safe(repr(self)))}, {when}</p>{table}'

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)
        return {**bundle, "text/html": self.still()} if bundle else bundle


@dataclass(frozen=True, slots=True)
class GridColumn:
    """A column of a `Grid`: its name in `order`, its heading, and its width as a track size of a CSS grid.

    Cells by `kind`: "text": str; "number", "time" (seconds since 1970), "bar": (text, number); "span": (text, number,
    start, total, pale). The column is hidden where the table is narrower than `min_width` pixels.
    """

    name: str
    title: str
    width: str = "1fr"
    kind: str = "text"
    min_width: int = 0


class Grid(AnyWidget):
    """A table for thousands of rows, each a list of its key and its cells. `selected` are keys."""

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
    visible_rows = Int(10).tag(sync=True)

    def __init__(self, columns: Sequence[GridColumn], label: str, **traits: Any) -> None:
        super().__init__(columns=list(map(asdict, columns)), label=label, **traits)

    def show(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Show these rows. Selected rows that are still there stay selected."""
        with self.hold_sync():
            self.rows = list(map(list, rows))
            keys = {row[0] for row in self.rows}
            self.selected = [key for key in self.selected if key in keys]

    def on_action(self, act: Callable[[str], None]) -> None:
        """Call `act` with the key of the row whose button is pressed."""
        self.on_msg(lambda _, content, buffers: act(content["act"]))

    def __repr__(self) -> str:
        return self.label


class Status(AnyWidget):
    """A line that screen readers announce when it changes. `tone` is "" or "error"."""

    _esm = _FRONT / "status.js"
    _css = _FRONT / "look.css"

    text = Unicode().tag(sync=True)
    tone = Unicode().tag(sync=True)

    def say(self, text: str, tone: str = "") -> None:
        with self.hold_sync():
            self.text, self.tone = "\n".join(map(safe, text.split("\n")[:_MAX_LINES])), tone

    def say_error(self, error: NbdockError) -> None:
        self.say("\n".join(filter(None, (str(error), _remedy(error)))), "error")

    @contextlib.contextmanager
    def showing_errors(self) -> Iterator[None]:
        """Within this context an NbdockError is shown instead of raised."""
        try:
            yield
        except NbdockError as error:
            self.say_error(error)


class PasswordField(AnyWidget):
    """A password field with a button. The password is sent as a message and is in no trait, so that neither the
    widget's state nor the notebook can hold it."""

    _esm = _FRONT / "password.js"
    _css = _FRONT / "look.css"

    label = Unicode("Password").tag(sync=True)
    button = Unicode().tag(sync=True)

    def on_submit(self, act: Callable[[str], None]) -> None:
        self.on_msg(lambda _, content, buffers: act(content["password"]))


def button(text: str, act: Callable[[], object], **traits: Any) -> Button:
    """A button with text: an icon alone tells a screen reader nothing, and is not shown offline."""
    made = Button(description=text, **traits)
    made.on_click(lambda _: act())
    return made


def cancel_button(text: str, act: Callable[[], object]) -> Button:
    """A button that Escape presses, from anywhere in its panel and beside it."""
    return button(text, act).add_class("nbdock-cancel")


def field(kind: Callable[..., Any], label: str, **traits: Any) -> Any:
    """A field with its label beside it."""
    return kind(description=label, style={"description_width": "initial"}, **traits)


def row(*children: Any) -> Any:
    """Widgets side by side, wrapped where space is short."""
    return HBox(children).add_class("nbdock-side-by-side")


def show_if(condition: object, *widgets: Any) -> None:
    """Show widgets if the condition is true, else hide them."""
    for widget in widgets:
        widget.layout.display = "" if condition else "none"


def heading(text: str) -> str:
    return f'<h3 class="{NO_MATHEMATICS}">{html.escape(safe(text))}</h3>'


def frame(result: Table | Text) -> Any:
    """The frame of a command's result."""
    assert isinstance(result, Table)  # noqa: S101 (no widget asks for a format)
    return result.frame()


def moment(time: Any) -> Cell:
    """A cell of a frame's time, which is shown as its age; the time itself is the cell's tooltip."""
    return ("", None) if pd.isna(time) else (f"{time:%Y-%m-%d %H:%M:%S} UTC", time.timestamp())


def _remedy(error: NbdockError) -> str:
    """The hint, with the application's own place to log in instead of the commands."""
    return _LOG_IN.sub("in the tab “Log in”", error.hint)


def safe(text: str, most: int = _MAX_LENGTH) -> str:
    """Somebody else's text on one line of bounded length, with control characters and direction marks escaped."""
    return human.ellipsis(human.printable(text), most)
