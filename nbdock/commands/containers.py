"""Container records: what keeps an image in use. nbdock runs nothing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Annotated

from nbdock.commands.local import Filter, Format, NoTrunc, Quiet
from nbdock.dock import containers
from nbdock.dock.containers import Container
from nbdock.dock.dock import Dock
from nbdock.dock.find import find
from nbdock.dock.pulling import pull
from nbdock.dock.spelling import spelled
from nbdock.docker import filters, listings
from nbdock.docker.listings import PLAIN
from nbdock.errors import ContainerNotFound, ImageNotFound, UsageError, all_of
from nbdock.frames import rows
from nbdock.grammar import Arg, Opt, Text, command
from nbdock.oci.platform import Platform
from nbdock.store import Match

if TYPE_CHECKING:
    from pandas import DataFrame

CONTAINER_FILTERS = ("ancestor", "id", "label", "name", "status")
_PULL = ("always", "missing", "never")
_IGNORED = "read and ignored: nothing runs"


@command("container create", also=("create",))
def container_create(
    dock: Dock,
    image: Annotated[str, Arg("IMAGE", "what it would run", complete="images", verbatim=True)],
    *command: Annotated[str, Arg("ARG", "what it would run instead of the image's own")],
    detach: Annotated[bool, Opt(_IGNORED, "-d")] = False,
    entrypoint: Annotated[str, Opt(_IGNORED)] = "",
    env: Annotated[tuple[str, ...], Opt(_IGNORED, "-e")] = (),
    interactive: Annotated[bool, Opt(_IGNORED, "-i")] = False,
    label: Annotated[tuple[str, ...], Opt("key=value", "-l")] = (),
    name: Annotated[str | None, Opt("its name; one is made up where none is given")] = None,
    network: Annotated[str, Opt(_IGNORED)] = "",
    platform: Annotated[str | None, Opt("os[/arch[/variant]]")] = None,
    publish: Annotated[tuple[str, ...], Opt(_IGNORED, "-p")] = (),
    pull: Annotated[str, Opt("when to pull: missing, always, never", complete=_PULL)] = "missing",
    quiet: Annotated[bool, Opt("show no progress of a pull", "-q")] = False,
    restart: Annotated[str, Opt(_IGNORED)] = "",
    rm: Annotated[bool, Opt(_IGNORED)] = False,
    tty: Annotated[bool, Opt(_IGNORED, "-t")] = False,
    volume: Annotated[tuple[str, ...], Opt(_IGNORED, "-v")] = (),
    workdir: Annotated[str, Opt(_IGNORED, "-w")] = "",
) -> DataFrame:
    """Record a container of an image.

    nbdock runs no containers; the record says that the image is in use: `rm` refuses it, `prune -a` keeps it.
    """
    wanted = spelled(image, dock.console.warn)
    match = _image(dock, wanted, pull, Platform.parse(platform) if platform else None, quiet)
    shown = wanted if match.name else match.image.id.short
    labels = {key: value for key, _, value in (item.partition("=") for item in label)}
    made = containers.create(dock, match.image, shown, name, command, labels)
    dock.say(made.id)
    return _frame(dock, [made])


@command("container ls", also=("ps", "container list", "container ps"))
def container_ls(
    dock: Dock,
    *,
    all: Annotated[bool, Opt("all of them: what nbdock records is never running", "-a")] = False,
    filter: Filter = (),
    format: Format = "",
    last: Annotated[int, Opt("the newest n", "-n")] = -1,
    latest: Annotated[bool, Opt("the newest", "-l")] = False,
    no_trunc: NoTrunc = False,
    quiet: Quiet = False,
) -> DataFrame | Text:
    """List containers: as docker does, those that run, which is none; with -a all of them."""
    given = filters.parse(filter, CONTAINER_FILTERS)
    known = containers.containers(dock)
    last = 1 if latest else last
    shown = known if all or last >= 0 or "status" in given else ()
    passed = filters.containers(given, shown, dock.store.images())
    images = dock.store.images()
    found = [rows.container_row(each, images) for each in (passed[:last] if last >= 0 else passed)]
    if quiet and format in PLAIN:
        return Text("\n".join(row["container_id"][: 64 if no_trunc else 12] for row in found))
    fields = partial(listings.container_fields, whole=no_trunc)
    return listings.listed(format, found, fields, listings.CONTAINER_HEADINGS, partial(_rows, whole=no_trunc))


@command("container rm", also=("rm", "container remove"))
def container_rm(
    dock: Dock,
    *names: Annotated[str, Arg("CONTAINER", "its name or id", at_least=1, complete="containers")],
    force: Annotated[bool, Opt("no error for one that is not there", "-f")] = False,
    link: Annotated[bool, Opt("read and ignored: there are no links", "-l")] = False,
    volumes: Annotated[bool, Opt("read and ignored: there are no volumes", "-v")] = False,
) -> DataFrame:
    """Remove one or more container records."""
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
    force: Annotated[bool, Opt("do not ask", "-f")] = False,
) -> DataFrame:
    """Remove all container records: none of them is running."""
    plan = _frame(dock, containers.containers(dock))
    if not force:
        dock.console.warn("WARNING! This will remove all stopped containers.")
        agreed = dock.console.ask("Are you sure you want to continue?", plan)
        if agreed is None:
            dock.console.warn("Nothing was removed: nobody can answer here. Add -f to remove them.")
        if not agreed:
            dock.console.echo()
            return _rows([])
    for container_id in plan["container_id"]:
        containers.remove(dock, container_id)
    dock.console.echo(*("Deleted Containers:", *plan["container_id"], "") if len(plan) else ())
    dock.say("Total reclaimed space: 0B")
    return plan


def _image(dock: Dock, wanted: str, when: str, platform: Platform | None, quiet: bool) -> Match:
    if when not in _PULL:
        message = f'invalid pull option: "{when}": must be one of "always", "missing" or "never"'
        raise UsageError(message, hint="--pull=missing is what happens without it")
    if when != "always":
        try:
            return find(wanted, dock.store.images())
        except ImageNotFound as error:
            if when == "never":
                raise
            dock.console.warn(f"Unable to find image '{str(error).removeprefix('No such image: ')}' locally")
    pull(dock, wanted, platform=platform, quiet=quiet)
    return find(wanted, dock.store.images())


def _frame(dock: Dock, found: Iterable[Container]) -> DataFrame:
    images = dock.store.images()
    return _rows([rows.container_row(each, images) for each in found])


def _rows(found: list[rows.Row], whole: bool = False) -> DataFrame:
    from nbdock.frames import schemas

    return schemas.CONTAINERS.frame(found, whole=whole)
