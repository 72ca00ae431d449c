"""The local images: what is here, how large it is, and what can be done with it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pandas as pd
from ipywidgets import HTML, Text, VBox
from traitlets import Instance, TraitType, Unicode, link

from nbdock import commands, human
from nbdock.dock.dock import Dock
from nbdock.frames import schemas
from nbdock.oci.reference import Reference
from nbdock.widgets.job import Job
from nbdock.widgets.layer_list import Layers
from nbdock.widgets.parts import Cell, Grid, GridColumn, Status, bar, button, field, frame, safe, time
from nbdock.widgets.removing import GRACE, Removing
from nbdock.widgets.watch import watch

_COLUMNS = (
    GridColumn("name", "Image", "minmax(9rem, 3fr)"),
    GridColumn("image_id", "Image ID", "118px", least=740),
    GridColumn("created", "Created", "minmax(116px, 1fr)", "time", least=580),
    GridColumn("pulled_at", "Pulled", "minmax(116px, 1fr)", "time", least=880),
    GridColumn("containers", "In use", "100px", "number", least=460),
    GridColumn("size_bytes", "Size", "minmax(120px, 2fr)", "bar"),
)


class Images(VBox):  # type: ignore[misc]
    """`frame` is what `ls` returns, `selected` its rows that are selected (it may be set to any of them), `filter` the
    words that a row must have to be shown. All follow the store."""

    filter = Unicode()
    frame: TraitType[Any, Any] = Instance(pd.DataFrame)
    selected: TraitType[Any, Any] = Instance(pd.DataFrame)

    def __init__(self, dock: Dock | None = None, *, grace: float = GRACE) -> None:
        self._dock = dock or Dock()
        self._seen: object = None
        self._lock = threading.RLock()
        self.table = _table()
        self.status = Status()
        self.removing = Removing(self._dock, self.status, self.refresh, grace)
        self.naming = Naming(self._dock, self.status, self.refresh)
        self.detail = VBox()
        self.tag = button("Tag", self._tag, tooltip="Give the selected image a further name")
        self.inspect = button("Inspect", self._inspect, tooltip="All that the selected image says of itself")
        self.history = button("History", self._history, tooltip="The layers of the selected image")
        self.delete = button("Delete", self._delete, tooltip="Delete the selected images, after showing what would go")
        self.prune = button(
            "Prune", self.removing.prune, tooltip="Delete what is not used, after showing what would go"
        )
        super().__init__(frame=schemas.IMAGES.frame([]), selected=schemas.IMAGES.frame([]))
        self.children = [
            self.table,
            bar(self.delete, self.tag, self.inspect, self.history, self.prune),
            self.removing,
            self.naming,
            bar(self.status, self.removing.undo),
            self.detail,
        ]
        self.add_class("nbdock")
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        link((self, "filter"), (self.table, "filter"))
        self.table.observe(self._chosen, "selected")
        self.table.on_action(lambda key: self.removing.delete([key]))
        self.observe(self._choose, "selected")
        self._leave = watch.follow(self._dock.store, self.refresh)
        self._chosen()

    def refresh(self) -> None:
        """See whether the store changed, and show what is there."""
        with self._lock, self.status.guarding():  # the watching thread comes here too
            state = self._dock.store.state
            if state == self._seen:
                return
            self._seen = state
            said = Job()
            self.frame = frame(commands.ls(self._dock.facing(said)))
            self.table.show(zip(_keys(self.frame), map(_cells, self.frame.itertuples(index=False)), strict=True))
            self._chosen()
            if said.lines:
                self.status.say("\n".join(said.lines), "error")

    def close(self) -> None:
        self._leave()
        self.removing.close()
        super().close()

    def __repr__(self) -> str:
        return "The local images"

    def _chosen(self, _: object = None) -> None:
        """Rows were selected in the table."""
        chosen = set(self.table.selected)
        rows = self.frame.iloc[[number for number, key in enumerate(_keys(self.frame)) if key in chosen]]
        if not rows.equals(self.selected):
            self.selected = rows
        self.delete.disabled = not chosen
        for each in (self.tag, self.inspect, self.history):
            each.disabled = len(chosen) != 1

    def _choose(self, change: dict[str, Any]) -> None:
        """A notebook selected rows."""
        keys = _keys(change["new"])
        if set(keys) != set(self.table.selected):
            self.table.selected = keys

    def _delete(self) -> None:
        self.removing.delete(self.table.selected)

    def _tag(self) -> None:
        self.naming.ask(self.table.selected[0])

    def _inspect(self) -> None:
        with self.status.guarding():
            card = HTML(frame(commands.inspect(self._dock, self.table.selected[0]))._repr_html_())
            card.add_class("jp-RenderedHTMLCommon")
            self._show(card)

    def _history(self) -> None:
        self._show(Layers(self.table.selected[0], self._dock))

    def _show(self, widget: Any) -> None:
        self._hide()
        self.detail.children = [widget, button("Close", self._hide)]

    def _hide(self) -> None:
        for each in self.detail.children:
            each.close()
        self.detail.children = []


class Naming(VBox):  # type: ignore[misc]
    """A further name for an image."""

    def __init__(self, dock: Dock, status: Status, changed: Any) -> None:
        self._dock, self._status, self._changed = dock, status, changed
        self._source = ""
        self.name = field(Text, "New name", placeholder="name:tag", continuous_update=False)
        self._agree = button("Tag", self.execute, button_style="primary")
        super().__init__([bar(self.name, self._agree, button("Cancel", self.close_form))])
        self.add_class("nbdock-panel")
        self.close_form()

    def ask(self, source: str) -> None:
        self._source, self.name.value = source, ""
        self.layout.display = ""
        self.name.focus()

    def execute(self) -> None:
        with self._status.guarding():
            commands.tag(self._dock, self._source, self.name.value.strip())
            self._status.say(f"{self._source} is {self.name.value.strip()} too.")
            self.close_form()
            self._changed()

    def close_form(self) -> None:
        self.layout.display = "none"


def _table() -> Grid:
    return Grid(
        _COLUMNS,
        "Local images",
        multiple=True,
        searchable=True,
        action="Delete",
        order=["created", "descending"],
        empty="No images are here yet.",
    )


def _keys(frame: pd.DataFrame) -> list[str]:
    """What `rm` would call each row's image."""
    names = zip(frame["reference"], frame["image_id"], strict=True)
    return [Reference.parse(name).familiar if isinstance(name, str) else image for name, image in names]


def _cells(row: Any) -> Sequence[Cell]:
    repository, tag = ("<none>" if pd.isna(name) else name for name in (row.repository, row.tag))
    name = repository if tag == "<none>" else f"{repository}:{tag}"
    used = f"{row.containers} container{'s' * (row.containers != 1)}" if row.containers else ""
    return (
        safe(name),
        row.image_id.removeprefix("sha256:")[:12],
        time(row.created),
        time(row.pulled_at),
        (used, row.containers),
        (human.size(row.size_bytes), row.size_bytes),
    )
