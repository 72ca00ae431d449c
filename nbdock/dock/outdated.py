"""Names of the store beside their registries: whether they point to the same there now. Headers alone are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbdock.dock.remote import JOBS, UNREADABLE
from nbdock.errors import NbdockError

if TYPE_CHECKING:
    from nbdock.dock.dock import Dock
    from nbdock.oci.digest import Digest
    from nbdock.oci.reference import Reference
    from nbdock.places import Name
    from nbdock.task import Task


@dataclass(frozen=True, slots=True)
class Compared:
    """A name of the store, and the digest that it has `there`, at its registry, None if it is gone; or the `error`."""

    name: Name
    reference: Reference
    there: Digest | None = None
    error: NbdockError | None = None

    @property
    def here(self) -> Digest:
        """The digest that the name has in the store."""
        return self.name.target.digest

    @property
    def state(self) -> str:
        """`current`, `outdated`, `gone` or `unknown`."""
        if self.there:
            return "current" if self.there == self.here else "outdated"
        return "unknown" if self.error else "gone"


def compared(dock: Dock, names: Sequence[Name]) -> list[Compared]:
    """Each name that has a tag beside its registry; many are asked for side by side. Raises Interrupted."""

    def look(name: Name, reference: Reference, task: Task) -> Compared:
        try:
            there = dock.registry.repository(reference, task).find(reference)
        except UNREADABLE as error:
            return Compared(name, reference, error=error)
        return Compared(name, reference, there.digest if there else None)

    tagged = [(name, name.reference) for name in names if name.reference and name.reference.tag]
    return dock.run(lambda task: task.spread(lambda each: look(*each, task), tagged, JOBS), quiet=True)
