"""The dialogs of the image list: add a tag, delete images. A deletion shows its plan first and can be undone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial

from ipywidgets import HTML, Checkbox, Text

from nbdock import commands, human
from nbdock.back.jobs import Job
from nbdock.commands.removing import removed
from nbdock.dock.containers import containers
from nbdock.dock.dock import Dock
from nbdock.dock.find import WantedLike
from nbdock.dock.removing import Selection, UndoableRemoval, select, unused
from nbdock.errors import ImageInUse
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.places import Name, Removal
from nbdock.widgets.components import (
    Grid,
    GridColumn,
    Panel,
    Status,
    button,
    cancel_button,
    field,
    heading,
    row,
    show_if,
)

GRACE = 10.0
"""Seconds in which a deletion can be undone."""

_COLUMNS = (
    GridColumn("what", "Name or ID", "minmax(10rem, 4fr)"),
    GridColumn("object", "Object", "90px"),
    GridColumn("action", "Action", "90px", min_width=420),
)
_MAX_NAMES = 3


class TagDialog(Panel):
    """Add a tag to an image. `changed` is called when one was added."""

    def __init__(self, dock: Dock, status: Status, changed: Callable[[], None]) -> None:
        self._dock, self._status, self._changed = dock, status, changed
        self._source: WantedLike = ""
        self.name = field(Text, "New name", placeholder="name:tag")
        self.confirm = button("Tag", self.execute, button_style="primary")
        super().__init__([row(self.name, self.confirm, cancel_button("Cancel", self.hide))], "nbdock-panel")
        self.add_class("nbdock-form")
        self.hide()

    def ask(self, source: WantedLike) -> None:
        self._source, self.name.value = source, ""
        show_if(True, self)
        self.name.focus()

    def execute(self) -> None:
        with self._status.showing_errors():
            name = self.name.value.strip()
            commands.tag(self._dock, self._source, name)
            self._status.say(f"Added the tag {name}.")
            self.hide()
            self._changed()


class RemoveDialog(Panel):
    """Delete images: show the plan, then remove the names at once and the content `grace` seconds later.

    Messages go to `status`, beside which the button `undo` belongs. `changed` is called when the store changed.
    """

    def __init__(self, dock: Dock, status: Status, changed: Callable[[], None], grace: float = GRACE) -> None:
        self._dock, self._status, self._changed, self._grace = dock, status, changed, grace
        self._images: tuple[WantedLike, ...] | None = None
        self._plan: tuple[tuple[Name, ...], Removal] | None = None
        self.last_removal: UndoableRemoval | None = None
        self.timer = Job()
        self._title = HTML()
        self.table = Grid(_COLUMNS, "Removal plan", sortable=False, visible_rows=6, empty="Nothing to delete.")
        self.refused = Status()
        self.force = Checkbox(description="Force", indent=False)
        self.everything = Checkbox(description="All unused images, not just dangling ones", indent=False)
        self.confirm = button("Delete", self.execute, button_style="danger")
        self.cancel = cancel_button("Cancel", self.hide)
        self.undo = button("Undo", self.restore, tooltip="Restore the deleted images")
        for box in (self.force, self.everything):
            box.observe(lambda _: self._plan and self._make_plan(), "value")
        buttons = row(self.confirm, self.cancel, self.force, self.everything)
        super().__init__([self._title, self.table, self.refused, buttons], "nbdock-panel")
        self.ends.callback(self.finish)
        show_if(False, self, self.undo)

    def delete(self, images: Iterable[WantedLike]) -> None:
        self._open("Delete images?", tuple(images))

    def prune(self) -> None:
        self._open("Prune images?", None)

    def execute(self) -> None:
        if self._plan is None:
            return
        self.finish()
        with self._status.showing_errors():
            self._status.say("Deleting…")
            self.last_removal = removal = UndoableRemoval(self._dock.store, *self._plan)
            self.hide()
            self._say(removal, f"{human.size(removal.removal.reclaimed, 4)} will be freed.")
            show_if(True, self.undo)
            self.timer = Job()
            freed = partial(self._freed, removal)
            self.timer.start(removal.finish, freed, self._status.say_error, self._grace, self._count_down)
            self._changed()

    def restore(self) -> None:
        if self.last_removal is None:
            return
        self.timer.cancel()
        show_if(False, self.undo)
        with self._status.showing_errors():
            self._status.say("Restoring…")
            names = self.last_removal.undo()
            restored = _some((name.reference for name in names), (name.image.digest for name in names))
            self._status.say(f"Restored {restored}.")
            self._changed()

    def finish(self) -> None:
        """Delete the content of the last deletion, which can then no longer be undone."""
        self.timer.cancel()
        if self.last_removal:
            with self._status.showing_errors():
                self._freed(self.last_removal, self.last_removal.finish())

    def hide(self) -> None:
        self._plan = None
        super().hide()

    def _open(self, title: str, images: tuple[WantedLike, ...] | None) -> None:
        self.hide()
        self._images = images
        self.force.value = self.everything.value = False
        show_if(images is None, self.everything)
        self._title.value = heading(title)
        self._make_plan()
        if self._plan:
            show_if(True, self)
            self.cancel.focus()

    def _make_plan(self) -> None:
        with self._status.showing_errors():
            self._status.say("Looking at what would be deleted…")
            chosen = self._select()
            plan = self._dock.store.removal(chosen.names, orphans=self._images is None)
            self._plan = chosen.names, plan
            rows = removed(plan, done=False).rows
            self.table.show((each["what"], each["what"], each["object"], each["action"]) for each in rows)
            self.refused.say("\n".join(map(str, chosen.errors)), "error")
            show_if(self.force.value or any(isinstance(error, ImageInUse) for error in chosen.errors), self.force)
            self.confirm.description = f"Delete, freeing {human.size(plan.reclaimed, 4)}"
            self.confirm.disabled = not (chosen.names or plan.blobs)
            self._status.say("")

    def _select(self) -> Selection:
        images, held = self._dock.store.images(), containers(self._dock)
        if self._images is None:
            return Selection(unused(images, held, self.everything.value))
        return select(self._images, images, held, self.force.value)

    def _count_down(self, seconds: float) -> None:
        self.undo.description = f"Undo ({math.ceil(seconds)} s)"

    def _freed(self, removal: UndoableRemoval, freed: int | None) -> None:
        if freed is not None:
            show_if(False, self.undo)
            self._say(removal, f"{human.size(freed, 4)} freed.")

    def _say(self, removal: UndoableRemoval, freed: str) -> None:
        self._status.say(f"Deleted {_some(removal.removal.untagged, removal.removal.deleted)}. {freed}")


def _some(references: Iterable[Reference | None], digests: Iterable[Digest]) -> str:
    """The first tags, or digests where there are no tags, and how many more there are."""
    names = [reference.familiar for reference in references if reference and reference.tag]
    names = names or [digest.short for digest in digests]
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return (", ".join(names[:_MAX_NAMES]) or "nothing") + more
