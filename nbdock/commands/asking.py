"""Commands that ask registries and change nothing: tags, plan, outdated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from nbdock import human
from nbdock.dock.dock import Dock
from nbdock.dock.find import Wanted, find
from nbdock.docker.tag_filters import KEYS, NO_TAG_FILTERS, TagFilters
from nbdock.errors import NbdockError, NotFound, UsageError, all_of
from nbdock.frames import rows, schemas
from nbdock.frames.schema import Table
from nbdock.grammar import Arg, Opt, Text, command
from nbdock.oci.kinds import IMAGE, kind_of_tag
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.oci.versions import newest_first

if TYPE_CHECKING:
    from nbdock.dock.cost import Cost, Planned
    from nbdock.places import Name


@command("image tags")
def tags(
    dock: Dock,
    repository: Annotated[Reference, Arg("REPOSITORY", "name of a repository", complete="remote")],
    *,
    all: Annotated[bool, Opt("show signatures, attestations, SBOMs and other artifacts too", "-a")] = False,
    filter: Annotated[
        TagFilters, Opt('"name=3.1*", "version=>=3.11,<3.13", "since=30d", "platform=linux/arm64"', "-f", keys=KEYS)
    ] = NO_TAG_FILTERS,
    limit: Annotated[
        int, Opt("the newest only, so many: pushed last on Docker Hub, else of the highest version", "-n")
    ] = 0,
    names: Annotated[bool, Opt("print names only", "-q")] = False,
) -> Table | Text:
    """List the tags of a repository at its registry.

    One row for each tag, sorted as versions, newest first: when it was built or pushed, its size, platforms and digest,
    and which tags are the same image. Docker Hub lists all that; elsewhere manifests and configs are read, and no
    layer.
    """
    from nbdock.dock.tags import Choice, Tag
    from nbdock.dock.tags import tags as find
    from nbdock.dock.transfer import pulling

    if limit < 0:
        raise UsageError(f"limit {limit} is negative", hint="--limit takes how many tags to show")

    def named(tag: str) -> bool:
        return filter.named(tag) and (all or kind_of_tag(tag) == IMAGE)

    def passes(tag: Tag) -> bool:
        return filter.passes(tag) and (all or tag.kind == IMAGE)

    if names and not (limit or filter.need_content):
        listed = (each.tag or "" for each in pulling.tags(dock, repository))
        return Text("\n".join(newest_first(tag for tag in listed if named(tag))))
    platform = next(iter(filter.platforms), dock.settings.platform)
    found = find(dock, repository, Choice(platform, named, passes, limit or None, filter.since))
    return (
        Text("\n".join(each.reference.tag or "" for each in found))
        if names
        else schemas.TAGS.table(rows.tag_rows(found))
    )


@command("image plan")
def plan(
    dock: Dock,
    *images: Annotated[Reference, Arg("IMAGE", "name of an image", at_least=1, complete="remote")],
    platform: Annotated[Platform | None, Opt("platform to pull, as os[/arch[/variant]]")] = None,
) -> Table:
    """Show what a pull would download, and pull nothing.

    One row for each layer of each image: whether it is here, shared with an image before it, or to fetch. A line says
    how many bytes that is, the room on the disk, and what is left of the registry's limit on pulls.
    """
    from nbdock.dock.cost import costs, planned

    wanted = list(dict.fromkeys(each.tagged for each in images))
    found = costs(dock, wanted, platform)
    costing = [each for each in found if not isinstance(each, NbdockError)]
    errors = [each for each in found if isinstance(each, NbdockError)]
    if not costing:
        raise all_of(errors)
    steps = list(planned(costing))
    dock.console.warn(_sum(dock, costing, steps))
    failed = (
        {"reference": str(name), "error": str(each)}
        for name, each in zip(wanted, found, strict=True)
        if isinstance(each, NbdockError)
    )
    return schemas.PLAN.table([*map(rows.planned_row, steps), *failed])


@command("image outdated")
def outdated(
    dock: Dock,
    *images: Annotated[Wanted, Arg("IMAGE", "name of an image; all that were pulled if omitted", complete="images")],
) -> Table:
    """Show which local images their registries have newer.

    One row for each name, by the headers of its manifest, which no registry counts as a pull: current, outdated, gone,
    or unknown, where the column `error` says why. `pull` takes the frame.
    """
    from nbdock.dock.outdated import compared

    found = compared(dock, _names(dock, images) if images else [each for each in dock.store.names() if each.pulled_at])
    count = sum(each.state == "outdated" for each in found)
    renew = "; `pull` renews what is" if count else ""
    dock.console.warn(f"{count} of {human.plural(len(found), 'name')} outdated{renew}")
    return schemas.OUTDATED.table(map(rows.compared_row, found))


def _names(dock: Dock, images: Sequence[Wanted]) -> list[Name]:
    """The names of these images in the store. Raises ImageNotFound for all that are not there."""
    known = dock.store.images()
    found: list[Name] = []
    errors: list[NbdockError] = []
    for wanted in images:
        try:
            match = find(wanted, known)
        except NotFound as error:
            errors.append(error)
        else:
            found += [match.name] if match.name else match.image.names
    if errors:
        raise all_of(errors)
    return found


def _sum(dock: Dock, costing: Sequence[Cost], steps: Sequence[Planned]) -> str:
    """What a pull needs in all."""
    from nbdock.dock.remote import counted

    wanted = [each.layer.size for each in steps if each.state == "to fetch"]
    here = {each.layer for each in steps if each.state == "here"}
    hosts = dict.fromkeys(each.reference.registry for each in costing)
    limits = (
        counted(dock, host, sum(each.counts for each in costing if each.reference.registry == host)) for host in hosts
    )
    fetched = f"{human.plural(len(wanted), 'layer')}, {human.size(sum(wanted))}, are to be fetched"
    free = f"{human.size(dock.store.free())} are free on the disk"
    return f"{fetched}, {len(here)} are here; {free}{''.join(limits)}"
