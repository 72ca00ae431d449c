"""Commands that remove images: rm, prune. Each makes a plan, shows it, and carries out just that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from nbdock import human
from nbdock.dock.containers import containers
from nbdock.dock.dock import Dock
from nbdock.dock.removing import select, unused
from nbdock.dock.spelling import spelled
from nbdock.docker import filters
from nbdock.errors import NbdockError, NotFound, all_of
from nbdock.frames.rows import Row
from nbdock.grammar import Arg, Opt, command
from nbdock.oci.reference import Reference
from nbdock.places import Removal, Removed

if TYPE_CHECKING:
    from pandas import DataFrame

PRUNE_FILTERS = ("label", "label!", "until")
DryRun = Annotated[bool, Opt("only show what would be removed")]
_WARNINGS = {
    False: "WARNING! This will remove all dangling images.",
    True: "WARNING! This will remove all images without at least one container associated to them.",
}
_SURE = "Are you sure you want to continue?"


@command("image rm", also=("rmi", "image remove"))
def rm(
    dock: Dock,
    *images: Annotated[str, Arg("IMAGE", "name, id, or a pattern of names", at_least=1, complete="images")],
    dry_run: DryRun = False,
    force: Annotated[bool, Opt("untag even when several names or a container hold the image", "-f")] = False,
    no_prune: Annotated[bool, Opt("keep untagged parents (nbdock's images have none)")] = False,
) -> DataFrame:
    """Remove one or more images.

    A name without a tag means `latest`. An image is deleted with its last name; by id only if it has one name, or with
    -f. Returns a frame of what was untagged and deleted, each row with the bytes that it freed.
    """
    wanted = [spelled(text, dock.console.warn) for text in images]
    selection = select(wanted, dock.store.images(), containers(dock), force)
    plan = dock.store.removal(selection.names)
    removal = plan if dry_run else plan.execute()
    frame = removed(removal, done=not dry_run)
    if not dry_run:
        dock.console.echo(*_lines(removal, "Untagged", "Deleted"))
    errors = _refused(dock, selection.errors, force)
    if errors and len(frame):
        dock.console.show(frame)
    if errors:
        raise all_of(errors)
    return frame


@command("image prune")
def prune(
    dock: Dock,
    *,
    all: Annotated[bool, Opt("every image that no container refers to, not just dangling ones", "-a")] = False,
    dry_run: DryRun = False,
    filter: Annotated[tuple[str, ...], Opt('"until=<time>", "label=<key>=<value>"', metavar="filter")] = (),
    force: Annotated[bool, Opt("do not ask", "-f")] = False,
) -> DataFrame:
    """Remove unused images.

    Removes images without a tag, or with -a all images that no container refers to. Without -f it asks first; where
    nobody can answer it removes nothing, and returns the plan. Each row of the frame has the bytes that it frees.
    """
    held = containers(dock)
    chosen = filters.images(filters.parse(filter, PRUNE_FILTERS), dock.store.images())
    plan = dock.store.removal(unused(chosen, held, all), orphans=True)
    agreed = force or (None if dry_run else _agreed(dock, plan, all))
    if agreed is None:
        return removed(plan, done=False)
    if not agreed:
        return _frame([])
    removal = plan.execute()
    lines = _lines(removal, "untagged", "deleted")
    dock.console.echo(*("Deleted Images:", *lines, "") if lines else ())
    dock.say(f"Total reclaimed space: {human.size(removal.reclaimed, 4)}")
    return removed(removal, done=True)


def _agreed(dock: Dock, removal: Removal, everything: bool) -> bool | None:
    """None where nobody can answer."""
    dock.console.warn(_WARNINGS[everything])
    count = len(removal.deleted)
    freed = human.size(removal.reclaimed, 4)
    dock.console.warn(f"{count} image{'s' * (count != 1)} would be removed, freeing {freed}")
    answer = dock.console.ask(_SURE, removed(removal, done=False))
    if answer is None:
        dock.console.warn("Nothing was removed: nobody can answer here. Add -f to remove it.")
    return answer


def _lines(removal: Removal, untagged: str, deleted: str) -> list[str]:
    """Docker's lines: names, then images, then the chain ids of their layers."""
    names = [f"{untagged}: {reference.familiar}" for reference in removal.untagged]
    return names + [f"{deleted}: {digest}" for digest in (*removal.deleted, *removal.layers)]


def removed(removal: Removal, done: bool) -> DataFrame:
    """The frame of a plan, or of what was `done`."""
    return _frame(_row(item, done) for item in removal.items)


def _row(item: Removed, done: bool) -> Row:
    reference = item.what if isinstance(item.what, Reference) else None
    return {
        "action": "untagged" if reference else "deleted",
        "object": item.object,
        "what": reference.familiar if reference else str(item.what),
        "reclaimed_bytes": item.reclaimed,
        "done": done,
        "reference": str(reference) if reference else None,
        "image_id": _text(item.what if item.object == "image" else item.image_id),
        "layer": _text(item.what if item.object == "layer" else None),
        "diff_id": _text(item.diff_id),
        "chain_id": _text(item.chain_id),
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _frame(rows: Iterable[Row]) -> DataFrame:
    from nbdock.frames import schemas

    return schemas.REMOVED.frame(rows)


def _refused(dock: Dock, errors: tuple[NbdockError, ...], force: bool) -> list[NbdockError]:
    """The errors to raise. With -f, images that are not there are only warned of, as in docker."""
    said = [error for error in errors if force and isinstance(error, NotFound)]
    for error in said:
        dock.console.warn(f"Error: {error}")
    return [error for error in errors if error not in said]
