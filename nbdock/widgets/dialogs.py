"""The dialogs of the image list: add a tag, delete images. A deletion shows its plan first and can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from ipywidgets import HTML, Checkbox, Text, VBox

from nbdock import commands, human
from nbdock.commands.removing import removed
from nbdock.dock.containers import containers
from nbdock.dock.dock import Dock
from nbdock.dock.removing import UndoableRemoval, select, unused
from nbdock.errors import ImageInUse, NbdockError
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.places import Name, Removal
from nbdock.widgets.background import Job
from nbdock.widgets.components import Grid, GridColumn, Status, button, field, heading, row, show_if

GRACE = 10.0
"""Seconds in which a deletion can be undone."""

_COLUMNS = (
    GridColumn("what", "Name or ID", "minmax(10rem, 4fr)"),
    GridColumn("object", "Object", "90px"),
    GridColumn("action", "Action", "90px", min_width=420),
)
_MAX_NAMES = 3


class TagDialog(VBox):  # type: ignore[misc]
    """Add a tag to an image. `changed` is called when one was added."""

    def __init__(self, dock: Dock, status: Status, changed: Callable[[], None]) -> None:
        self._dock, self._status, self._changed = dock, status, changed
        self._source = ""
        self.name = field(Text, "New name", placeholder="name:tag", continuous_update=False)
        self.confirm = button("Tag", self.execute, button_style="primary")
        super().__init__([row(self.name, self.confirm, button("Cancel", self.hide))])
        self.add_class("nbdock-panel")
        self.hide()

    def ask(self, source: str) -> None:
        """Show the dialog for the image of this name or id."""
        self._source, self.name.value = source, ""
        show_if(True, self)
        self.name.focus()

    def execute(self) -> None:
        """Add the tag that was typed."""
        with self._status.showing_errors():
            name = self.name.value.strip()
            commands.tag(self._dock, self._source, name)
            self._status.say(f"Added the tag {name}.")
            self.hide()
            self._changed()

    def hide(self) -> None:
        """Hide the dialog."""
        show_if(False, self)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a confirmation will remove, and what was refused."""

    names: tuple[Name, ...]
    removal: Removal
    refused: tuple[NbdockError, ...] = ()

    @property
    def can_force(self) -> bool:
        """Whether Force would remove what was refused."""
        return any(isinstance(error, ImageInUse) for error in self.refused)


class RemoveDialog(VBox):  # type: ignore[misc]
    """Delete images: show the plan, then remove the names at once and the content `grace` seconds later.

    Parameters
    ----------
    dock
        The store to use.
    status
        The line for messages; the button `undo` is made to stand beside it.
    changed
        Called when the store changed.
    grace
        Seconds in which a deletion can be undone.
    """

    def __init__(self, dock: Dock, status: Status, changed: Callable[[], None], grace: float = GRACE) -> None:
        self._dock, self._status, self._changed, self._grace = dock, status, changed, grace
        self._make_plan: Callable[[], Plan] = self._plan_prune
        self._plan: Plan | None = None
        self.last_removal: UndoableRemoval | None = None
        self.timer = Job()
        self._title = HTML()
        self.table = Grid(_COLUMNS, "Removal plan", sortable=False, visible_rows=6, empty="Nothing to delete.")
        self.refused = Status()
        self.force = Checkbox(description="Force", indent=False)
        self.everything = Checkbox(description="All unused images, not just dangling ones", indent=False)
        self.confirm = button("Delete", self.execute, button_style="danger")
        self.cancel = button("Cancel", self.hide)
        self.undo = button("Undo", self.restore, tooltip="Restore the deleted images")
        show_if(False, self.undo)
        for box in (self.force, self.everything):
            box.observe(lambda _: self._plan_again(), "value")
        buttons = row(self.confirm, self.cancel, self.force, self.everything)
        super().__init__([self._title, self.table, self.refused, buttons])
        self.add_class("nbdock-panel")
        self.hide()

    def delete(self, images: Iterable[str]) -> None:
        """Show the plan to delete the images of these names or ids."""
        show_if(False, self.everything)
        self._open("Delete images?", partial(self._plan_delete, tuple(images)))

    def prune(self) -> None:
        """Show the plan to delete unused images."""
        show_if(True, self.everything)
        self._open("Prune images?", self._plan_prune)

    def execute(self) -> None:
        """Remove what the plan shows."""
        if self._plan is None:
            return
        self.finish()
        plan = self._plan
        with self._status.showing_errors():
            self.last_removal = UndoableRemoval(self._dock.store, plan.names, plan.removal)
            self.hide()
            self._status.say(f"{_deleted(plan.removal)} {human.size(plan.removal.reclaimed, 4)} will be freed.")
            show_if(True, self.undo)
            self._finish_later(self.last_removal)
            self._changed()

    def restore(self) -> None:
        """Undo the last deletion."""
        if self.last_removal is None:
            return
        self.timer.cancel()
        show_if(False, self.undo)
        with self._status.showing_errors():
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
        """Hide the dialog and delete nothing."""
        self._plan = None
        show_if(False, self)

    def close(self) -> None:
        self.finish()
        super().close()

    def _open(self, title: str, make_plan: Callable[[], Plan]) -> None:
        self.hide()
        self.force.value = self.everything.value = False
        self._make_plan = make_plan
        self._title.value = heading(title)
        with self._status.showing_errors():
            self._show(make_plan())
            show_if(True, self)
            self.confirm.focus()

    def _plan_again(self) -> None:
        if self._plan is not None:
            with self._status.showing_errors():
                self._show(self._make_plan())

    def _show(self, plan: Plan) -> None:
        self._plan = plan
        rows = removed(plan.removal, done=False).rows
        self.table.show((each["what"], (each["what"], each["object"], each["action"])) for each in rows)
        self.refused.say("\n".join(map(str, plan.refused)), "error")
        show_if(plan.can_force or self.force.value, self.force)
        self.confirm.description = f"Delete, freeing {human.size(plan.removal.reclaimed, 4)}"
        self.confirm.disabled = not (plan.names or plan.removal.blobs)

    def _plan_delete(self, images: tuple[str, ...]) -> Plan:
        dock = self._dock
        found = select(images, dock.store.images(), containers(dock), self.force.value)
        return Plan(found.names, dock.store.removal(found.names), found.errors)

    def _plan_prune(self) -> Plan:
        dock = self._dock
        names = unused(dock.store.images(), containers(dock), self.everything.value)
        return Plan(names, dock.store.removal(names, orphans=True))

    def _finish_later(self, removal: UndoableRemoval) -> None:
        self.timer = Job()
        self.timer.start(removal.finish, partial(self._freed, removal), self._status.say_error, self._grace)

    def _freed(self, removal: UndoableRemoval, freed: int | None) -> None:
        if freed is not None:
            show_if(False, self.undo)
            self._status.say(f"{_deleted(removal.removal)} {human.size(freed, 4)} freed.")


def _deleted(removal: Removal) -> str:
    return f"Deleted {_some(removal.untagged, removal.deleted)}."


def _some(references: Iterable[Reference | None], digests: Iterable[Digest]) -> str:
    """The first tags, or digests where there are no tags, and how many more there are."""
    names = [reference.familiar for reference in references if reference and reference.tag]
    names = names or [digest.short for digest in digests]
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return (", ".join(names[:_MAX_NAMES]) or "nothing") + more
