"""The local images: what there is, how large it is, and the buttons to work with it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pandas as pd
from ipywidgets import HTML
from traitlets import Instance, TraitType, Unicode, link

from nbdock import commands, human
from nbdock.back.jobs import Job
from nbdock.back.watch import watch
from nbdock.dock.dock import Dock
from nbdock.frames import schemas
from nbdock.oci.reference import Reference
from nbdock.widgets.components import (
    Cell,
    Grid,
    GridColumn,
    Panel,
    Standalone,
    Status,
    button,
    cancel_button,
    frame,
    moment,
    row,
    safe,
)
from nbdock.widgets.dialogs import GRACE, RemoveDialog, TagDialog
from nbdock.widgets.layer_list import Layers

_COLUMNS = (
    GridColumn("name", "Image", "minmax(9rem, 3fr)"),
    GridColumn("image_id", "Image ID", "118px", min_width=740),
    GridColumn("created", "Created", "minmax(124px, 1fr)", "time", min_width=580),
    GridColumn("pulled_at", "Pulled", "minmax(124px, 1fr)", "time", min_width=880),
    GridColumn("containers", "In use", "100px", "number", min_width=460),
    GridColumn("size_bytes", "Size", "minmax(120px, 2fr)", "bar"),
)
_DELETE = "Delete the selected images; shows first what is deleted"
_PRUNE = "Delete unused images; shows first what is deleted"


class Images(Standalone):
    """The images in the store: `frame` is what `nbdock.ls` returns, `selected` its selected rows (set it to select
    others), `filter` words that a row must contain to be shown. A deletion can be undone for `grace` seconds."""

    caption = "The local images"
    filter = Unicode()
    frame: TraitType[Any, Any] = Instance(pd.DataFrame)
    selected: TraitType[Any, Any] = Instance(pd.DataFrame)

    def __init__(self, dock: Dock | None = None, *, grace: float = GRACE) -> None:
        self._dock = dock or Dock()
        self._seen: object = None
        self._lock = threading.RLock()
        self.table = Grid(_COLUMNS, "Local images", multiple=True, searchable=True, empty="No local images.")
        self.table.action, self.table.order = "Delete", ["created", "descending"]
        self.status = Status()
        self.remove_dialog = RemoveDialog(self._dock, self.status, self.refresh, grace)
        self.tag_dialog = TagDialog(self._dock, self.status, self.refresh)
        self.detail = Panel(css="nbdock-detail")
        self.delete = button("Delete", lambda: self.remove_dialog.delete(self._chosen), tooltip=_DELETE)
        self.tag = button("Tag", lambda: self.tag_dialog.ask(*self._chosen), tooltip="Add a tag to the selected image")
        self.inspect = button("Inspect", self._inspect, tooltip="Show the config of the selected image")
        self.history = button("History", self._history, tooltip="Show the layers of the selected image")
        self.prune = button("Prune", self.remove_dialog.prune, tooltip=_PRUNE)
        buttons = row(self.delete, self.tag, self.inspect, self.history, self.prune)
        messages = row(self.status, self.remove_dialog.undo)
        children = [self.table, buttons, self.remove_dialog, self.tag_dialog, messages, self.detail]
        super().__init__(children, frame=schemas.IMAGES.frame([]), selected=schemas.IMAGES.frame([]))
        link((self, "filter"), (self.table, "filter"))
        self.table.observe(lambda _: self._select(), "selected")
        self.table.on_action(lambda key: self.remove_dialog.delete([_wanted(key)]))
        self.observe(self._selected_in_python, "selected")
        self.ends.callback(watch.follow(self._dock.store, self.refresh))
        self.refresh()

    def refresh(self) -> None:
        """Show the store as it is, if it changed."""
        with self._lock, self.status.showing_errors():  # the watching thread calls this too
            state = self._dock.store.state
            if state == self._seen:
                return
            self._seen = state
            console = Job()
            self.frame = frame(commands.ls(self._dock.facing(console)))
            self.table.show(map(_row, _keys(self.frame), self.frame.itertuples(index=False)))
            self._select()
            if console.lines:
                self.status.say("\n".join(console.lines), "error")

    def _select(self) -> None:
        keys = self.table.selected
        selected = self.frame[_keys(self.frame).isin(keys)]
        if not selected.equals(self.selected):
            self.selected = selected
        self.delete.disabled = not keys
        for each in (self.tag, self.inspect, self.history):
            each.disabled = len(keys) != 1

    def _selected_in_python(self, change: dict[str, Any]) -> None:
        keys = list(_keys(change["new"]))
        if set(keys) != set(self.table.selected):
            self.table.selected = keys

    @property
    def _chosen(self) -> list[Reference | str]:
        return list(map(_wanted, self.table.selected))

    def _inspect(self) -> None:
        with self.status.showing_errors():
            card = HTML(frame(commands.inspect(self._dock, *self._chosen))._repr_html_())
            self._show(card.add_class("jp-RenderedHTMLCommon"))

    def _history(self) -> None:
        self._show(Layers(self.table.selected[0], self._dock))

    def _show(self, widget: Any) -> None:
        self._hide()
        self.detail.children = [widget, cancel_button("Close", self._hide)]

    def _hide(self) -> None:
        for each in self.detail.children:
            each.close()
        self.detail.children = []


def _keys(frame: pd.DataFrame) -> pd.Series[str]:
    """What identifies each row: the reference, or the image id of an image without a name."""
    return frame["reference"].fillna(frame["image_id"])


def _wanted(key: str) -> Reference | str:
    """The image of a row, as a reference where it has one: messages then show its familiar name."""
    return Reference.parse(key) if "/" in key else key


def _row(key: str, image: Any) -> Sequence[Cell]:
    repository = "<none>" if pd.isna(image.repository) else image.repository
    return (
        key,
        safe(repository if pd.isna(image.tag) else f"{repository}:{image.tag}"),
        image.image_id.removeprefix("sha256:")[:12],
        moment(image.created),
        moment(image.pulled_at),
        (human.plural(image.containers, "container") if image.containers else "", image.containers),
        (human.size(image.size_bytes), image.size_bytes),
    )
