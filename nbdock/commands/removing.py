"""Commands that take images away: rm, prune. Each makes a plan, shows it, and carries out just that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from nbdock import human
from nbdock.dock.containers import containers
from nbdock.dock.dock import Dock
from nbdock.dock.removing import going, unused
from nbdock.docker.filters import NO_FILTERS, Filters
from nbdock.errors import NbdockError, NotFound, all_of
from nbdock.frames import schemas
from nbdock.frames.rows import Row
from nbdock.frames.schema import Table
from nbdock.grammar import Arg, ImageName, Opt, command
from nbdock.places import Removal

PRUNE_FILTERS = ("label", "label!", "until")
DryRun = Annotated[bool, Opt("only show what would go")]
_WARNINGS = {
    False: "WARNING! This will remove all dangling images.",
    True: "WARNING! This will remove all images without at least one container associated to them.",
}
_SURE = "Are you sure you want to continue?"


@command("image rm", also=("rmi", "image remove"))
def rm(
    dock: Dock,
    *images: Annotated[ImageName, Arg("IMAGE", "name, id, or a pattern of names", at_least=1, complete="images")],
    dry_run: DryRun = False,
    force: Annotated[bool, Opt("untag even when several names or a container hold the image", "-f")] = False,
    no_prune: Annotated[bool, Opt("keep untagged parents (nbdock's images have none)")] = False,
) -> Table:
    """Remove one or more images.

    A name without a tag means `latest`. The image goes with its last name; by id it goes only when it has one name, or
    with -f. A frame of what was untagged and deleted, and the bytes that this freed.
    """
    plan = going(images, dock.store.images(), containers(dock), force)
    removal = dock.store.removal(plan.names)
    frame = removed(removal, None if dry_run else removal.execute())
    if not dry_run:
        dock.console.echo(*_lines(removal, "Untagged", "Deleted"))
    errors = _refused(dock, plan.errors, force)
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
    filter: Annotated[
        Filters, Opt('"until=<time>", "label=<key>=<value>"', metavar="filter", keys=PRUNE_FILTERS)
    ] = NO_FILTERS,
    force: Annotated[bool, Opt("do not ask", "-f")] = False,
) -> Table:
    """Remove unused images.

    Images without a tag, or with -a all that no container refers to. Without -f the frame is the plan: it asks first,
    and where nobody can answer it removes nothing.
    """
    held = containers(dock)
    chosen = filter.images(dock.store.images())
    removal = dock.store.removal(unused(chosen, held, all), orphans=True)
    agreed = force or (None if dry_run else _agreed(dock, removal, all))
    if agreed is None:
        return removed(removal, None)
    if not agreed:
        return _frame([])
    freed = removal.execute()
    lines = _lines(removal, "untagged", "deleted")
    dock.console.echo(*("Deleted Images:", *lines, "") if lines else ())
    dock.say(f"Total reclaimed space: {human.size(freed, 4)}")
    return removed(removal, freed)


def _agreed(dock: Dock, removal: Removal, everything: bool) -> bool | None:
    """None where nobody can answer."""
    dock.console.warn(_WARNINGS[everything])
    count = len(removal.deleted)
    dock.console.warn(f"{count} image{'s' * (count != 1)} would go, {human.size(removal.reclaimed, 4)} would be freed")
    answer = dock.console.ask(_SURE, removed(removal, None))
    if answer is None:
        dock.console.warn("Nothing was removed, as nobody can confirm it here. Add -f to remove it.")
    return answer


def _lines(removal: Removal, untagged: str, deleted: str) -> list[str]:
    """As docker prints them: names, then images, then the layers that went with them."""
    names = [f"{untagged}: {reference.familiar}" for reference in removal.untagged]
    return names + [f"{deleted}: {digest}" for digest in (*removal.deleted, *removal.layers)]


def removed(removal: Removal, freed: int | None) -> Table:
    """The plan as a frame; with the bytes that were `freed`, what was done."""
    rows = [("untagged", reference.familiar, "name") for reference in removal.untagged]
    rows += [("deleted", str(digest), "image") for digest in removal.deleted]
    rows += [("deleted", str(digest), "layer") for digest in removal.layers]
    total = removal.reclaimed if freed is None else freed
    return _frame(
        {
            "action": action,
            "what": what,
            "object": kind,
            "reclaimed_bytes": total if number == len(rows) else 0,
            "done": freed is not None,
        }
        for number, (action, what, kind) in enumerate(rows, 1)
    )


def _frame(rows: Iterable[Row]) -> Table:
    return schemas.REMOVED.table(rows)


def _refused(dock: Dock, errors: tuple[NbdockError, ...], force: bool) -> list[NbdockError]:
    """What was refused; with -f an image that is not there is only said, as docker has it."""
    said = [error for error in errors if force and isinstance(error, NotFound)]
    for error in said:
        dock.console.warn(f"Error: {error}")
    return [error for error in errors if error not in said]
