"""What `tag` and `rm` do to images at a registry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from nbdock import human
from nbdock.dock import deleting
from nbdock.dock.deleting import Deletion, Deletions
from nbdock.dock.dock import Dock
from nbdock.dock.find import Wanted
from nbdock.errors import NbdockError, Refused
from nbdock.frames import rows, schemas
from nbdock.frames.schema import Table
from nbdock.oci.reference import TAG, Reference

_SURE = "Are you sure you want to continue?"


def tag(dock: Dock, source: Reference, name: Reference) -> Table:
    """Give an image another tag at its registry, and say what the tag pointed to before."""
    from nbdock.dock.transfer import retagging

    tagged = retagging.tag(dock, source, name)
    if tagged.before and tagged.before.digest != tagged.target.digest:
        dock.say(f"{name.familiar} was moved from {tagged.before.digest} to {tagged.target.digest}")
    return schemas.IMAGES.table([rows.registry_row(name, tagged.target, tagged.manifest)])


def tag_target(source: Reference, target: Wanted) -> Reference:
    """The name to give: a tag alone is one of the same repository. Raises InvalidReference."""
    if target.at_registry:
        return target.at_registry
    if TAG.fullmatch(target.text):
        return replace(source, tag=target.text, digest=None)
    return Reference.parse(target.text)


def rm(dock: Dock, names: Sequence[Reference], *, dry_run: bool, force: bool) -> tuple[Table, tuple[NbdockError, ...]]:
    """Delete images at their registries, once the plan is agreed to: the rows of what was deleted, or of the plan, and
    the errors of what was not."""
    plan = deleting.plan(dock, names)
    agreed = force or not plan.items or (None if dry_run else _agreed(dock, plan))
    if agreed is None or dry_run:
        return removed(plan.items, done=False), plan.errors
    if not agreed:
        return removed([], done=True), plan.errors
    if not force and plan.items and deleting.plan(dock, names).items != plan.items:
        changed = Refused("nothing was deleted: the tags have changed since the question", hint="run it again")
        return removed([], done=True), (*plan.errors, changed)
    deleted = deleting.execute(dock, plan)
    dock.console.echo(*_lines(deleted.items))
    return removed(deleted.items, done=True), plan.errors + deleted.errors


def removed(deletions: Iterable[Deletion], done: bool) -> Table:
    """The frame of a plan, or of what was `done`."""
    return schemas.REMOVED_AT_REGISTRY.table(row for each in deletions for row in _rows(each, done))


def _agreed(dock: Dock, plan: Deletions) -> bool | None:
    """None if nobody can answer."""
    hosts = ", ".join(dict.fromkeys(each.manifest.registry for each in plan.items))
    dock.console.warn(f"WARNING! This will delete {human.plural(len(plan.items), 'image')} at {hosts}, for everybody.")
    answer = dock.console.ask(_SURE, removed(plan.items, done=False))
    if answer is None:
        dock.console.warn("Nothing was deleted: there is nobody to confirm it. Add -f to delete it.")
    return answer


def _rows(deletion: Deletion, done: bool) -> Iterator[rows.Row]:
    """The tags, then the manifest unless others keep it."""
    digest = str(deletion.manifest.digest)
    shared = {"reclaimed_bytes": 0, "done": done, "digest": digest}
    kept_by = [each.familiar for each in deletion.kept_by] or None
    for tag in deletion.tags:
        own = {"what": tag.familiar, "reference": f"docker://{tag.familiar}", "kept_by": kept_by}
        yield {"action": "untagged", "object": "name", **own, **shared}
    if not kept_by:
        reference = f"docker://{deletion.manifest.familiar}"
        yield {"action": "deleted", "object": "manifest", "what": digest, "reference": reference, **shared}


def _lines(deletions: Iterable[Deletion]) -> Iterator[str]:
    for each in deletions:
        yield from (f"Untagged: {tag.familiar}" for tag in each.tags)
        if not each.kept_by:
            yield f"Deleted: {each.manifest.familiar}"
