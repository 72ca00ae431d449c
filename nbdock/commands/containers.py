"""Commands for containers: records that an image is in use. nbdock does not run containers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Annotated

from nbdock.commands.listed import Format, NoTrunc, Quiet, listed
from nbdock.dock import containers
from nbdock.dock.dock import Dock
from nbdock.dock.find import Wanted, find
from nbdock.docker import listings
from nbdock.docker.filters import NO_FILTERS, Filters
from nbdock.docker.listings import PLAIN
from nbdock.errors import ContainerNotFound, ImageNotFound, UsageError, all_of
from nbdock.frames import rows, schemas
from nbdock.frames.schema import Table
from nbdock.grammar import Arg, Opt, Text, command
from nbdock.oci.platform import Platform

if TYPE_CHECKING:
    from nbdock.dock.containers import Container
    from nbdock.store import Match

CONTAINER_FILTERS = ("ancestor", "id", "label", "name", "status")
_PULL = ("always", "missing", "never")
_IGNORED = "ignored: nbdock does not run containers"


@command("container create", also=("create",))
def container_create(
    dock: Dock,
    image: Annotated[Wanted, Arg("IMAGE", "name or id of an image", complete="images", verbatim=True)],
    *command: Annotated[str, Arg("ARG", "the command and its arguments")],
    detach: Annotated[bool, Opt(_IGNORED, "-d")] = False,
    entrypoint: Annotated[str, Opt(_IGNORED)] = "",
    env: Annotated[tuple[str, ...], Opt(_IGNORED, "-e")] = (),
    interactive: Annotated[bool, Opt(_IGNORED, "-i")] = False,
    label: Annotated[tuple[str, ...], Opt("a label, key=value", "-l")] = (),
    name: Annotated[str | None, Opt("name of the container; a random one if omitted")] = None,
    network: Annotated[str, Opt(_IGNORED)] = "",
    platform: Annotated[Platform | None, Opt("platform to pull, as os[/arch[/variant]]")] = None,
    publish: Annotated[tuple[str, ...], Opt(_IGNORED, "-p")] = (),
    pull: Annotated[str, Opt("when to pull: missing, always or never", complete=_PULL)] = "missing",
    quiet: Annotated[bool, Opt("suppress the progress of a pull", "-q")] = False,
    restart: Annotated[str, Opt(_IGNORED)] = "",
    rm: Annotated[bool, Opt(_IGNORED)] = False,
    tty: Annotated[bool, Opt(_IGNORED, "-t")] = False,
    volume: Annotated[tuple[str, ...], Opt(_IGNORED, "-v")] = (),
    workdir: Annotated[str, Opt(_IGNORED, "-w")] = "",
) -> Table:
    """Record a container of an image.

    nbdock does not run the container. The record marks the image as in use: `rm` refuses to remove it, `prune -a`
    keeps it.
    """
    match = _image(dock, image, pull, platform, quiet)
    shown = image.text if match.name else match.image.id.short
    labels = {key: value for key, _, value in (item.partition("=") for item in label)}
    made = containers.create(dock, match.image, shown, name, command, labels)
    dock.say(made.id)
    return _frame(dock, [made])


@command("container ls", also=("ps", "container list", "container ps"))
def container_ls(
    dock: Dock,
    *,
    all: Annotated[bool, Opt("show all containers, not just running ones", "-a")] = False,
    filter: Annotated[Filters, Opt("filter by these conditions", "-f", "filter", keys=CONTAINER_FILTERS)] = NO_FILTERS,
    format: Format = "",
    last: Annotated[int, Opt("show the last n created containers", "-n")] = -1,
    latest: Annotated[bool, Opt("show the latest created container", "-l")] = False,
    no_trunc: NoTrunc = False,
    quiet: Quiet = False,
) -> Table | Text:
    """List containers.

    As in docker, only running containers are listed without -a. In nbdock none run, so use -a.
    """
    known, images = containers.containers(dock), dock.store.images()
    last = 1 if latest else last
    shown = known if all or last >= 0 or "status" in filter else ()
    passed = filter.containers(shown, images)
    found = [rows.container_row(each, images) for each in (passed[:last] if last >= 0 else passed)]
    if quiet and format in PLAIN:
        return Text("\n".join(row["container_id"][: 64 if no_trunc else 12] for row in found))
    fields = partial(listings.container_fields, no_trunc=no_trunc)
    return listed(_rows(found, no_trunc), format, fields, listings.CONTAINER_HEADINGS)


@command("container rm", also=("rm", "container remove"))
def container_rm(
    dock: Dock,
    *names: Annotated[str, Arg("CONTAINER", "name or id of a container", at_least=1, complete="containers")],
    force: Annotated[bool, Opt("do not fail if a container does not exist", "-f")] = False,
    link: Annotated[bool, Opt("ignored: nbdock has no links", "-l")] = False,
    volumes: Annotated[bool, Opt("ignored: nbdock has no volumes", "-v")] = False,
) -> Table:
    """Remove one or more containers."""
    gone: list[Container] = []
    errors: list[ContainerNotFound] = []
    dock.console.echo()
    for wanted in names:
        try:
            gone.append(containers.remove(dock, wanted))
            dock.console.echo(wanted)
        except ContainerNotFound as error:
            errors.append(error)
    frame = _frame(dock, gone)
    if force:
        for missing in errors:
            dock.console.warn(f"Error: {missing}")
    elif errors:
        if gone:
            dock.console.show(frame)
        raise all_of(errors)
    return frame


@command("container prune")
def container_prune(
    dock: Dock,
    *,
    force: Annotated[bool, Opt("do not prompt for confirmation", "-f")] = False,
) -> Table:
    """Remove all containers."""
    plan = _frame(dock, containers.containers(dock))
    if not force:
        dock.console.warn("WARNING! This will remove all stopped containers.")
        agreed = dock.console.ask("Are you sure you want to continue?", plan)
        if agreed is None:
            dock.console.warn("Nothing was removed: there is nobody to confirm it. Add -f to remove them.")
        if not agreed:
            dock.console.echo()
            return _rows([])
    ids = [str(row["container_id"]) for row in plan.rows]
    for container_id in ids:
        containers.remove(dock, container_id)
    dock.console.echo(*("Deleted Containers:", *ids, "") if ids else ())
    dock.say("Total reclaimed space: 0B")
    return plan


def _image(dock: Dock, wanted: Wanted, when: str, platform: Platform | None, quiet: bool) -> Match:
    if when not in _PULL:
        message = f'invalid pull option: "{when}": must be one of "always", "missing" or "never"'
        raise UsageError(message, hint="the default is --pull=missing")
    if when != "always":
        try:
            return find(wanted, dock.store.images())
        except ImageNotFound as error:
            if when == "never":
                raise
            dock.console.warn(f"Unable to find image '{str(error).removeprefix('No such image: ')}' locally")
    if wanted.reference:
        from nbdock.commands import copies

        copies.pull(dock, [wanted.reference], platform=platform, quiet=quiet)
    return find(wanted, dock.store.images())


def _frame(dock: Dock, found: Iterable[Container]) -> Table:
    images = dock.store.images()
    return _rows([rows.container_row(each, images) for each in found])


def _rows(found: list[rows.Row], no_trunc: bool = False) -> Table:
    return schemas.CONTAINERS.table(found, no_trunc=no_trunc)
