"""Commands that remove images: rm, prune. Each makes a plan and executes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

from nbdock import human
from nbdock.commands import at_registry
from nbdock.dock.containers import containers
from nbdock.dock.dock import Dock
from nbdock.dock.find import Wanted
from nbdock.dock.removing import select, unused
from nbdock.docker.filters import NO_FILTERS, Filters
from nbdock.errors import NbdockError, NotFound, UsageError, all_of
from nbdock.frames import schemas
from nbdock.frames.rows import Row
from nbdock.frames.schema import Table
from nbdock.grammar import Arg, Opt, command
from nbdock.oci.reference import Reference

if TYPE_CHECKING:
    from nbdock.places import Name, Removal, Removed

PRUNE_FILTERS = ("dangling", "label", "label!", "until")
DryRun = Annotated[bool, Opt("only show what would be removed")]
_WARNINGS = {
    False: "WARNING! This will remove all dangling images.",
    True: "WARNING! This will remove all images without at least one container associated to them.",
}
_SURE = "Are you sure you want to continue?"


@command("image rm", also=("rmi", "image remove"))
def rm(
    dock: Dock,
    *images: Annotated[Wanted, Arg("IMAGE", "name, id or pattern of names", at_least=1, complete="images")],
    dry_run: DryRun = False,
    force: Annotated[
        bool, Opt("remove an image that has several names or that a container uses; do not ask", "-f")
    ] = False,
    no_prune: Annotated[bool, Opt("ignored: images have no parents")] = False,
) -> Table:
    """Remove one or more images.

    A name without a tag means `latest`. An image is deleted with its last name. An id is accepted if the image has one
    name, or with -f. One row for each name, image and layer, with the bytes that it frees. docker://NAME is deleted at
    its registry; without -f it asks first. A digest goes there with all its tags, so that one tag of several goes only
    where the registry deletes tags alone.
    """
    remote = [name for image in images if (name := image.at_registry)]
    local = [image for image in images if not image.at_registry]
    made, errors = _in_store(dock, local, dry_run, force) if local else (_frame([]), ())
    if remote:
        there, failed = at_registry.rm(dock, remote, dry_run=dry_run, force=force)
        made, errors = there.schema.table([*made.rows, *there.rows]), errors + failed
    raised = _refused(dock, errors, force)
    if raised and len(made.rows):
        dock.console.show(made)
    if raised:
        raise all_of(raised)
    return made


def _in_store(
    dock: Dock, images: Sequence[Wanted], dry_run: bool, force: bool
) -> tuple[Table, tuple[NbdockError, ...]]:
    """The rows of what was removed, or of the plan, and the errors of what was not."""
    selection = select(images, dock.store.images(), containers(dock), force)

    def again() -> Iterable[Name]:
        nonlocal selection
        selection = select(images, dock.store.images(), containers(dock), force)
        return selection.names

    plan = dock.store.removal(selection.names)
    removal = plan if dry_run else plan.execute(again)
    if not dry_run:
        dock.console.echo(*_lines(removal, "Untagged", "Deleted"))
    return removed(removal, done=not dry_run), selection.errors


@command("image prune")
def prune(
    dock: Dock,
    *,
    all: Annotated[bool, Opt("remove all unused images, not just dangling ones", "-a")] = False,
    dry_run: DryRun = False,
    filter: Annotated[
        Filters, Opt('"until=<time>", "label=<key>=<value>"', metavar="filter", keys=PRUNE_FILTERS)
    ] = NO_FILTERS,
    force: Annotated[bool, Opt("do not prompt for confirmation", "-f")] = False,
) -> Table:
    """Remove unused images.

    Removes images without a tag, or with -a all images that no container refers to. Without -f it asks first. If
    nobody can answer, nothing is removed and the rows are the plan. Each row has the bytes that it frees.
    """
    wanted = _filters(filter, all)

    def choose() -> Iterable[Name]:
        return unused(wanted.images(dock.store.images()), containers(dock), all)

    plan = dock.store.removal(choose(), orphans=True)
    if "until" in filter:
        _warn_of_undated(dock, plan)
    agreed = force or (None if dry_run else _agreed(dock, plan, all))
    if agreed is None:
        return removed(plan, done=False)
    if not agreed:
        return _frame([])
    removal = plan.execute(choose)
    lines = _lines(removal, "untagged", "deleted")
    dock.console.echo(*("Deleted Images:", *lines, "") if lines else ())
    dock.say(f"Total reclaimed space: {human.size(removal.reclaimed, 4)}")
    return removed(removal, done=True)


def _filters(given: Filters, everything: bool) -> Filters:
    """The filters without `dangling`, which says what -a does: docker adds it itself, and refuses two values."""
    dangling, others = given.split("dangling")
    if everything in dangling:
        hint = "with -a, it is dangling=false" if everything else "add -a to remove images that have a tag"
        raise UsageError("invalid filter 'dangling=[true false]'", hint=hint)
    return others


def _warn_of_undated(dock: Dock, removal: Removal) -> None:
    """As in docker, `until` finds them whatever it says, and it does not count from the pull."""
    undated = sum(item.object == "image" and item.created is None for item in removal.items)
    if undated:
        dock.console.warn(f"{human.plural(undated, 'image')} with no date of creation: `until` takes them as old")


def _agreed(dock: Dock, removal: Removal, everything: bool) -> bool | None:
    """None if nobody can answer."""
    dock.console.warn(_WARNINGS[everything])
    count = len(removal.deleted)
    freed = human.size(removal.reclaimed, 4)
    dock.console.warn(f"{human.plural(count, 'image')} would be removed, freeing {freed}")
    answer = dock.console.ask(_SURE, removed(removal, done=False))
    if answer is None:
        dock.console.warn("Nothing was removed: there is nobody to confirm it. Add -f to remove it.")
    return answer


def _lines(removal: Removal, untagged: str, deleted: str) -> list[str]:
    """Docker's lines: names, then images, then the chain ids of their layers."""
    names = [f"{untagged}: {reference.familiar}" for reference in removal.untagged]
    return names + [f"{deleted}: {digest}" for digest in (*removal.deleted, *removal.layers)]


def removed(removal: Removal, done: bool) -> Table:
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
        "created": item.created,
        "pulled_at": item.pulled_at,
        "reference": str(reference) if reference else None,
        "image_id": _text(item.what if item.object == "image" else item.image_id),
        "layer": _text(item.what if item.object == "layer" else None),
        "diff_id": _text(item.diff_id),
        "chain_id": _text(item.chain_id),
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _frame(rows: Iterable[Row]) -> Table:
    return schemas.REMOVED.table(rows)


def _refused(dock: Dock, errors: tuple[NbdockError, ...], force: bool) -> list[NbdockError]:
    """The errors to raise. With -f, missing images are only a warning, as in docker."""
    said = [error for error in errors if force and isinstance(error, NotFound)]
    for error in said:
        dock.console.warn(f"Error: {error}")
    return [error for error in errors if error not in said]
