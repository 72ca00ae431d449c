"""Commands that talk to a registry: search, pull, push, copy."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Annotated

from nbdock.commands.listed import Format, NoTrunc, listed
from nbdock.dock.dock import Dock
from nbdock.dock.find import Wanted
from nbdock.dock.finding import search as search_images
from nbdock.docker import listings
from nbdock.docker.filters import NO_FILTERS, Filters
from nbdock.errors import InvalidReference, NotAnImage, UsageError
from nbdock.frames import rows, schemas
from nbdock.frames.schema import Table
from nbdock.grammar import Arg, Destination, Opt, Origin, Text, command
from nbdock.oci.location import Location
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference

if TYPE_CHECKING:
    from nbdock.copying import Copied
    from nbdock.dock.transfer.pulling import Pulled

SEARCH_FILTERS = ("is-automated", "is-official", "stars")
_MOST = 100
_AUTOMATED = (
    'WARNING: the "is-automated" filter is deprecated, and searching for "is-automated=true" will not yield any results'
    " in future."
)


@command("image pull", also=("pull",))
def pull(
    dock: Dock,
    *names: Annotated[
        Origin, Arg("NAME[:TAG|@DIGEST]", "name of an image, or where it is", at_least=1, complete="remote")
    ],
    all_tags: Annotated[bool, Opt("pull every tag of the repository", "-a")] = False,
    platform: Annotated[Platform | None, Opt("platform to pull, as os[/arch[/variant]]")] = None,
    quiet: Annotated[bool, Opt("suppress the progress", "-q")] = False,
) -> Table:
    """Download images from a registry.

    One row for each layer, lowest first, with its state (downloaded, or already there) and sizes. Several images are
    pulled in parallel; if some fail, the others are kept and the column `error` says why. Images of engines and
    archives come too: docker-daemon:NAME, podman:NAME, docker-archive:FILE, oci-archive:FILE, oci:FOLDER.
    """
    from nbdock.commands import copies

    wanted: tuple[object, ...] = names
    remote = [name for name in wanted if isinstance(name, Reference)]
    copied = [copies.bring(dock, name, platform, quiet=quiet) for name in wanted if isinstance(name, Location)]
    pulled = copies.pull(dock, remote, all_tags=all_tags, platform=platform, quiet=quiet) if remote else []
    found = [*(row for each in copied for row in _copied_rows(dock, each))]
    return schemas.COPIED.table([*found, *(row for each in pulled for row in _pulled_rows(dock, each))])


@command("image push", also=("push",))
def push(
    dock: Dock,
    name: Annotated[Reference, Arg("NAME[:TAG]", "name of an image", complete="images")],
    destination: Annotated[Destination | None, Arg("DESTINATION", "docker-daemon:NAME, docker-archive:FILE, …")] = None,
    *,
    all_tags: Annotated[bool, Opt("push every tag of the repository in the store", "-a")] = False,
    platform: Annotated[Platform | None, Opt("push only the image for this platform, without its index")] = None,
    quiet: Annotated[bool, Opt("suppress the progress", "-q")] = False,
) -> Table:
    """Upload an image to a registry.

    One row for each layer; its state says whether it was pushed, mounted from another repository or already there.
    Layers that are plain tars are compressed first. With a destination the image goes there instead.
    """
    from nbdock.commands import copies

    if destination and all_tags:
        raise UsageError("--all-tags takes no destination", hint="copy one image after the other")
    if destination:
        return copy.run(dock, Wanted.of(name.tagged), destination, platform=platform, quiet=quiet)
    pushed = copies.push(dock, name, all_tags=all_tags, platform=platform, quiet=quiet)
    return schemas.COPIED.table(row for each in pushed for row in rows.copied_rows(each, dock.store.facts))


@command("image copy")
def copy(
    dock: Dock,
    source: Annotated[Wanted, Arg("SOURCE", "name or id of an image, or where it is", complete="images")],
    destination: Annotated[Destination, Arg("DESTINATION", "where it goes; a name without a place is in the store")],
    *,
    all: Annotated[bool, Opt("copy every platform", "-a")] = False,
    platform: Annotated[Platform | None, Opt("platform to copy, as os[/arch[/variant]]")] = None,
    quiet: Annotated[bool, Opt("suppress the progress", "-q")] = False,
    referrers: Annotated[bool, Opt("copy signatures, SBOMs and attestations too, between registries")] = False,
) -> Table:
    """Copy an image from one place to another.

    The places are docker://NAME (a registry), docker-archive:FILE[:NAME], oci-archive:FILE[:NAME], oci:FOLDER[:NAME],
    docker-daemon:NAME, podman:NAME and store:NAME. Between registries nothing is stored here: layers stream from one to
    the other, and within one they are mounted. One row for each layer.
    """
    from nbdock.dock.transfer import anywhere

    if all and platform:
        raise UsageError("--all and --platform contradict each other", hint="--all copies every platform")
    copied = dock.run(
        lambda task: anywhere.copy(dock, source, destination, platform, all, task, referrers=referrers), quiet
    )
    return schemas.COPIED.table(_copied_rows(dock, copied))


@command("search")
def search(
    dock: Dock,
    term: Annotated[str, Arg("TERM", "words to look for, as [REGISTRY/]WORDS")],
    *,
    filter: Annotated[Filters, Opt('"stars=3", "is-official=true"', "-f", "filter", keys=SEARCH_FILTERS)] = NO_FILTERS,
    format: Format = "",
    limit: Annotated[int, Opt("maximum number of results, 1 to 100")] = 25,
    no_trunc: NoTrunc = False,
) -> Table | Text:
    """Search a registry for images.

    Searches Docker Hub, or the registry that the term begins with. If that has no search, the names in its catalog are
    searched. One row for each repository: name, description, stars, pulls and whether it is an official image.
    """
    if "is-automated" in filter:
        dock.console.warn(_AUTOMATED)
    if limit and not 1 <= limit <= _MOST:
        raise UsageError(f"limit {limit} is outside the range of [1, {_MOST}]", hint=f"--limit takes 1 to {_MOST}")
    if "://" in term:
        message = f"invalid repository name: repository name ({term}) should not have a scheme"
        raise InvalidReference(message, hint=f"type {term.partition('://')[2]}")
    results = search_images(dock, term, limit or 25)
    found = [row for each in results.found if filter.found(row := rows.found_row(each, results.source))]
    fields = partial(listings.search_fields, no_trunc=no_trunc)
    return listed(schemas.FOUND.table(found, no_trunc=no_trunc), format, fields, listings.SEARCH_HEADINGS)


def _copied_rows(dock: Dock, copied: Copied) -> Iterable[rows.Row]:
    from nbdock.dock.transfer.loading import UNNAMED

    found = rows.copied_rows(copied, dock.store.facts)
    return found if copied.reference != UNNAMED else ({**row, "reference": None} for row in found)


def _pulled_rows(dock: Dock, pulled: Pulled) -> Iterable[rows.Row]:
    if pulled.copied:
        return rows.copied_rows(pulled.copied, dock.store.facts)
    kind = pulled.error.kind if isinstance(pulled.error, NotAnImage) else ""
    return [{"reference": str(pulled.reference), "error": str(pulled.error), "kind": kind or None}]
