"""Deleting in two steps: first the plan, then, once it is agreed to, the deletion; and Undo until the bytes go."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from ipywidgets import HTML, Checkbox, VBox

from nbdock import human
from nbdock.commands.removing import removed
from nbdock.dock.containers import containers
from nbdock.dock.dock import Dock
from nbdock.dock.removing import UndoableRemoval, select, unused
from nbdock.errors import ImageInUse, NbdockError
from nbdock.places import Name, Removal
from nbdock.widgets.parts import Grid, GridColumn, Status, bar, button, heading

GRACE = 10.0
_COLUMNS = (
    GridColumn("what", "What would go", "minmax(10rem, 4fr)"),
    GridColumn("object", "Object", "90px"),
    GridColumn("action", "How", "90px", least=420),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is shown before anything goes."""

    names: tuple[Name, ...]
    removal: Removal
    refused: tuple[NbdockError, ...] = ()

    @property
    def forcible(self) -> bool:
        """Docker's `-f` would take it."""
        return any(isinstance(error, ImageInUse) for error in self.refused)


class Removing(VBox):  # type: ignore[misc]
    """The panel with the plan; `undo` is the button for afterwards, to stand beside the `status` line.

    `grace`: in so many seconds what was deleted is swept.
    """

    def __init__(self, dock: Dock, status: Status, changed: Callable[[], None], grace: float = GRACE) -> None:
        self._dock, self._status, self._changed, self._grace = dock, status, changed, grace
        self._draw: Callable[[], Plan] = self._unused
        self._plan: Plan | None = None
        self.deletion: UndoableRemoval | None = None
        self._title = HTML()
        self.table = Grid(_COLUMNS, "What would go", sortable=False, lines=6, empty="Nothing.")
        self.refused = Status()
        self.force = Checkbox(description="Force", indent=False)
        self.everything = Checkbox(
            description="Every image that no container uses, not just untagged ones", indent=False
        )
        self.agree = button("Delete", self.execute, button_style="danger")
        self.keep = button("Keep", self.close_plan)
        self.undo = button("Undo", self.bring_back, tooltip="Bring back what was just deleted")
        self.undo.layout.display = "none"
        for box in (self.force, self.everything):
            box.observe(self._again, "value")
        choices = bar(self.agree, self.keep, self.force, self.everything)
        super().__init__([self._title, self.table, self.refused, choices])
        self.add_class("nbdock-panel")
        self.close_plan()

    def delete(self, words: Iterable[str]) -> None:
        """Show what would go with these names or ids, and what is refused."""
        self.everything.layout.display = "none"
        self._open("Delete?", partial(self._going, tuple(words)))

    def prune(self) -> None:
        """Show what is not used."""
        self.everything.layout.display = ""
        self._open("Prune?", self._unused)

    def execute(self) -> None:
        """Delete what the plan shows."""
        if self._plan is None:
            return
        self.sweep()
        plan = self._plan
        with self._status.guarding():
            self.deletion = UndoableRemoval(self._dock.store, plan.names, plan.removal)
            self.close_plan()
            self._status.say(f"{_gone(plan.removal)}. {human.size(plan.removal.reclaimed, 4)} will be freed.")
            self.undo.layout.display = ""
            self._sweep_later()
            self._changed()

    def bring_back(self) -> None:
        """Undo the last deletion."""
        if self.deletion is None:
            return
        self.undo.layout.display = "none"
        with self._status.guarding():
            back = self.deletion.undo()
            self._status.say(f"Back: {_some([_shown(name) for name in back if not _by_digest(name)])}.")
            self._changed()

    def sweep(self) -> None:
        """Free the bytes of what was deleted: from here on there is no way back."""
        if self.deletion is None:
            return
        with self._status.guarding():
            freed = self.deletion.finish()
            if freed is not None:
                self.undo.layout.display = "none"
                self._status.say(f"{_gone(self.deletion.removal)}. {human.size(freed, 4)} freed.")

    def close_plan(self) -> None:
        """Keep everything."""
        self._plan = None
        self.layout.display = "none"

    def close(self) -> None:
        self.sweep()
        super().close()

    def _open(self, title: str, draw: Callable[[], Plan]) -> None:
        self.close_plan()
        self.force.value = self.everything.value = False
        self._draw = draw
        self._title.value = heading(title)
        with self._status.guarding():
            self._show(draw())
            self.layout.display = ""
            self.agree.focus()

    def _again(self, _: object) -> None:
        """Another choice makes another plan."""
        if self._plan is not None:
            with self._status.guarding():
                self._show(self._draw())

    def _show(self, plan: Plan) -> None:
        self._plan = plan
        rows = removed(plan.removal, done=False).rows
        self.table.show((row["what"], (row["what"], row["object"], row["action"])) for row in rows)
        self.refused.say("\n".join(str(error) for error in plan.refused), "error")
        self.force.layout.display = "" if plan.forcible or self.force.value else "none"
        self.agree.description = f"Delete, freeing {human.size(plan.removal.reclaimed, 4)}"
        self.agree.disabled = not (plan.names or plan.removal.blobs)

    def _going(self, words: tuple[str, ...]) -> Plan:
        dock = self._dock
        found = select(words, dock.store.images(), containers(dock), self.force.value)
        return Plan(found.names, dock.store.removal(found.names), found.errors)

    def _unused(self) -> Plan:
        dock = self._dock
        names = unused(dock.store.images(), containers(dock), self.everything.value)
        return Plan(names, dock.store.removal(names, orphans=True))

    def _sweep_later(self) -> None:
        """A deletion that comes in between has swept this one by then; the timer finds nothing to do."""
        deletion, here = self.deletion, contextvars.copy_context()
        self.timer = threading.Timer(self._grace, here.run, (lambda: self._sweep_if(deletion),))
        self.timer.daemon = True
        self.timer.start()

    def _sweep_if(self, deletion: UndoableRemoval | None) -> None:
        if deletion is self.deletion:
            self.sweep()


def _gone(removal: Removal) -> str:
    names = [reference.familiar for reference in removal.untagged if reference.tag]
    return f"Deleted {_some(names or [digest.short for digest in removal.deleted])}"


def _shown(name: Name) -> str:
    return name.reference.familiar if name.reference else name.image.digest.short


def _by_digest(name: Name) -> bool:
    return name.reference is not None and not name.reference.tag


def _some(names: list[str]) -> str:
    """Three of them, and how many more."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return (", ".join(names[:3]) or "nothing") + more
