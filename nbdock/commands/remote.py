"""Commands that talk to a registry: search, pull, push, tags."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from nbdock.commands.local import Format, NoTrunc, listed
from nbdock.dock.dock import Dock
from nbdock.dock.finding import search as search_images
from nbdock.dock.pulling import pull as pull_images
from nbdock.dock.pushing import push as push_images
from nbdock.dock.spelling import spelled
from nbdock.docker import listings
from nbdock.docker.filters import NO_FILTERS, Filters
from nbdock.errors import InvalidReference, UsageError
from nbdock.frames import rows, schemas
from nbdock.frames.schema import Table
from nbdock.grammar import Arg, Opt, Text, command
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference

SEARCH_FILTERS = ("is-automated", "is-official", "stars")
_MOST = 100
_AUTOMATED = (
    'WARNING: the "is-automated" filter is deprecated, and searching for "is-automated=true" will not yield any results'
)


@command("image pull", also=("pull",))
def pull(
    dock: Dock,
    name: Annotated[str, Arg("NAME[:TAG|@DIGEST]", "what to pull", complete="remote")],
    *,
    all_tags: Annotated[bool, Opt("every tag of the repository", "-a")] = False,
    platform: Annotated[str | None, Opt("os[/arch[/variant]], where this machine's is not wanted")] = None,
    quiet: Annotated[bool, Opt("show no progress", "-q")] = False,
) -> Table:
    """Download an image from a registry.

    A frame of its layers, lowest first: what was fetched, what was here already, and both sizes of each.
    """
    wanted = Platform.parse(platform) if platform else None
    pulled = pull_images(dock, name, all_tags=all_tags, platform=wanted, quiet=quiet)
    return schemas.COPIED.table(
        row for each in pulled for row in rows.layer_rows(each.copied.layers, each.image_id, each.reference, dock.store)
    )


@command("image push", also=("push",))
def push(
    dock: Dock,
    name: Annotated[str, Arg("NAME[:TAG]", "what to push", complete="images")],
    *,
    all_tags: Annotated[bool, Opt("every tag that the repository has here", "-a")] = False,
    platform: Annotated[str | None, Opt("one platform's image alone, without its index")] = None,
    quiet: Annotated[bool, Opt("show no progress", "-q")] = False,
) -> Table:
    """Upload an image to a registry.

    A frame of its layers: what was sent, what was mounted from another repository there, and what was there already.
    """
    wanted = Platform.parse(platform) if platform else None
    pushed = push_images(dock, name, all_tags=all_tags, platform=wanted, quiet=quiet)
    return schemas.COPIED.table(
        row for each in pushed for row in rows.layer_rows(each.layers, each.image_id, each.reference, dock.store)
    )


@command("search")
def search(
    dock: Dock,
    term: Annotated[str, Arg("TERM", "what to look for; [registry/]words, a :TAG is allowed")],
    *,
    filter: Annotated[Filters, Opt('"stars=3", "is-official=true"', "-f", "filter", keys=SEARCH_FILTERS)] = NO_FILTERS,
    format: Format = "",
    limit: Annotated[int, Opt("how many at most, 1 to 100")] = 25,
    no_trunc: NoTrunc = False,
) -> Table | Text:
    """Search a registry for images.

    Docker Hub where the term names no other registry; a registry that cannot search is asked for its catalog. A frame
    of names, descriptions, stars, pulls and whether Docker keeps it.
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
    fields = partial(listings.search_fields, no_trunc=no_trunc, as_json=format == "json")
    return listed(schemas.FOUND.table(found, no_trunc=no_trunc), format, fields, listings.SEARCH_HEADINGS)


@command("image tags", also=("tags",))
def tags(dock: Dock, repository: Annotated[str, Arg("NAME", "the repository", complete="remote")]) -> Table:
    """List the tags that a repository has at its registry."""
    reference = Reference.parse(spelled(repository, dock.console.warn))
    found = dock.run(lambda task: tuple(dock.registry.repository(reference, task).tags()))
    return schemas.TAGS.table(
        {"repository": reference.familiar_name, "tag": tag, "reference": f"{reference.name}:{tag}"} for tag in found
    )
