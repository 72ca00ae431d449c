"""Plans of removals, and removals that can be undone: names go at once, content some seconds later."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbdock import human
from nbdock.back.backend import Backend
from nbdock.back.inside import called
from nbdock.back.jobs import Job
from nbdock.back.questions import question
from nbdock.dock.containers import Container, containers
from nbdock.dock.dock import Dock
from nbdock.dock.removing import UndoableRemoval, select, unused
from nbdock.dock.sharing import Sharing
from nbdock.dock.usage import sharers
from nbdock.errors import ImageInUse, NbdockError, UsageError
from nbdock.oci.digest import Digest

if TYPE_CHECKING:
    from nbdock.places import Image, Name, Removal

_MOST_SHARERS = 3
_numbers = itertools.count(1)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be removed, and why some of it is refused."""

    names: tuple[Name, ...]
    refused: tuple[tuple[str, NbdockError], ...] = ()


@question
def plan(backend: Backend, dock: Dock, images: list[str], force: bool = False) -> Row:
    """What removing images would free: ids with all their names, or single names."""
    return _plan(dock, _chosen(dock, images, force))


@question
def prune_plan(backend: Backend, dock: Dock, everything: bool = False, free: int = 0) -> Row:
    """What pruning would free: dangling images, with `everything` all unused ones, or the fewest to `free` bytes."""
    return _plan(dock, _unused(dock, everything, free), orphans=not free)


@question
def remove(backend: Backend, dock: Dock, images: list[str], force: bool = False) -> int:
    """Remove images. Returns the number of the removal, by which it can be undone."""
    chosen = _chosen(dock, images, force)
    return _begin(backend, dock, chosen, dock.store.removal(chosen.names))


@question
def prune(backend: Backend, dock: Dock, everything: bool = False, free: int = 0) -> int:
    """Remove what `prune_plan` shows. Returns the number of the removal."""
    chosen = _unused(dock, everything, free)
    return _begin(backend, dock, chosen, dock.store.removal(chosen.names, orphans=not free))


@question
def undo(backend: Backend, dock: Dock, number: int) -> int:
    """Undo a removal. Returns how many names are back; 0 if its time is over."""
    pending = backend.removals.get(number)
    if not pending:
        return 0
    pending.timer.cancel()
    restored = pending.removal.undo()
    backend.removals.pop(number, None)
    backend.hide(f"removal {number}")
    return len(restored)


@question
def finish(backend: Backend, dock: Dock, number: int) -> None:
    """Delete the content of a removal now."""
    if pending := backend.removals.get(number):
        pending.timer.cancel()
        pending.end(pending.removal.finish())


class Pending:
    """A removal that can still be undone. All pages are shown how much time is left."""

    def __init__(self, backend: Backend, number: int, removal: UndoableRemoval) -> None:
        self.removal, self.timer = removal, Job()
        self._backend, self._number = backend, number
        names = [each.familiar for each in removal.removal.untagged if each.tag]
        self._facts: Row = {
            "number": number,
            "names": names[:_MOST_SHARERS] or [digest.short for digest in removal.removal.deleted[:_MOST_SHARERS]],
            "count": max(len(removal.removal.deleted), 1),
            "bytes": removal.removal.reclaimed,
        }
        self.timer.start(removal.finish, self.end, self._failed, backend.grace, self._wait)

    def end(self, freed: int | None) -> None:
        if freed is not None:
            self._end({"freed": freed})

    def _wait(self, seconds: float) -> None:
        self._show({"left": math.ceil(seconds)})

    def _failed(self, error: NbdockError) -> None:
        self._end({"error": str(error)})

    def _end(self, facts: Row) -> None:
        """An ended removal is news for the pages that are open, not for later ones."""
        self._backend.removals.pop(self._number, None)
        self._show({"left": 0, **facts})
        self._backend.hide(f"removal {self._number}")

    def _show(self, facts: Row) -> None:
        self._backend.show(f"removal {self._number}", {**self._facts, **facts})


def _begin(backend: Backend, dock: Dock, chosen: Chosen, planned: Removal) -> int:
    if not (chosen.names or planned.blobs or planned.leftovers):
        raise UsageError("nothing is left to remove", hint="look at the plan again")
    number = next(_numbers)
    removal = UndoableRemoval(dock.store, chosen.names, planned)
    backend.removals[number] = Pending(backend, number, removal)
    return number


def _chosen(dock: Dock, wanted: Iterable[str], force: bool) -> Chosen:
    known, held = dock.store.images(), containers(dock)
    by_image: dict[Digest, list[Container]] = {}
    for each in held:
        by_image.setdefault(each.image_id, []).append(each)
    names: dict[Name, None] = {}
    refused: list[tuple[str, NbdockError]] = []
    single: list[str] = []
    for text in wanted:
        image = known.by_id.get(text)
        if image is None:
            single.append(text)
        elif (users := by_image.get(image.id)) and not force:
            refused.append((text, _in_use(image, users)))
        elif image.read_only:
            single.append(text)
        else:
            names |= dict.fromkeys(image.own_names)
    for text in single:
        found = select([text], known, held, force)
        names |= dict.fromkeys(found.names)
        refused += [(text, error) for error in found.errors]
    return Chosen(tuple(names), tuple(refused))


def _in_use(image: Image, users: list[Container]) -> ImageInUse:
    names = ", ".join(each.name for each in users[:_MOST_SHARERS])
    return ImageInUse(f"{called(image)} is in use by {human.plural(len(users), 'container')}: {names}")


def _unused(dock: Dock, everything: bool, free: int) -> Chosen:
    known, held = dock.store.images(), containers(dock)
    names = unused(known, held, everything or bool(free))
    if not free:
        return Chosen(names)
    own = [image.under(image.own_names) for image in known if not image.read_only]
    candidates = [image for image in own if set(image.names) <= set(names)]
    return Chosen(tuple(name for image in Sharing(dock.store, candidates).fewest(free) for name in image.names))


def _plan(dock: Dock, chosen: Chosen, orphans: bool = False) -> Row:
    """One row an image: what it frees, and what is kept of it for which others. A blob is freed by one row."""
    known = dock.store.images()
    planned = dock.store.removal(chosen.names, orphans=orphans)
    leaving = dict.fromkeys(filter(None, map(known.of, chosen.names)))
    freed = {digest: size for item in planned.items for digest, size in item.freed.items()}
    staying = sharers(image for image in known if image not in leaving)
    removed = frozenset(chosen.names)
    return {
        "rows": [_row(dock, image, removed, freed, staying) for image in leaving],
        "frees": planned.reclaimed,
        "others": sum(freed.values()) + planned.leftovers,
        "refused": [
            {"what": what, "message": str(error), "in_use": isinstance(error, ImageInUse)}
            for what, error in chosen.refused
        ],
    }


def _row(
    dock: Dock,
    image: Image,
    removed: frozenset[Name],
    freed: dict[Digest, int],
    staying: Mapping[Digest, Sequence[Image]],
) -> Row:
    own = dock.store.sizes(image.names)
    frees = sum(freed.pop(digest) for digest in own if digest in freed)
    names = [name for name in image.names if name in removed]
    others = max((staying.get(layer.descriptor.digest, ()) for layer in image.layers), key=len, default=())
    return {
        "id": str(image.id),
        "name": called(image),
        "names": sorted(name.reference.familiar for name in names if name.reference),
        "deleted": len(names) == len(image.names),
        "frees": frees,
        "kept": sum(own.values()) - frees,
        "for": [called(other) for other in others[:_MOST_SHARERS]],
        "more": max(0, len(others) - _MOST_SHARERS),
    }
