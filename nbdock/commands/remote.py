"""Commands that talk to a registry: search, pull, push, tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Annotated

from nbdock.commands import copies
from nbdock.commands.local import Format, NoTrunc
from nbdock.dock.dock import Dock
from nbdock.dock.finding import search as search_images
from nbdock.docker import filters, listings
from nbdock.errors import InvalidReference, UsageError
from nbdock.frames import rows
from nbdock.grammar import Arg, Opt, Text, command
from nbdock.oci.platform import Platform

if TYPE_CHECKING:
    from pandas import DataFrame

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
) -> DataFrame:
    """Download an image from a registry.

    A frame of its layers, lowest first: what was fetched, what was here already, and both sizes of each.
    """
    wanted = Platform.parse(platform) if platform else None
    pulled = copies.pull(dock, name, all_tags=all_tags, platform=wanted, quiet=quiet)
    copied = (each.copied for each in pulled if each.copied)
    return _layers(row for each in copied for row in rows.layer_rows(each, dock.store.facts))


@command("image push", also=("push",))
def push(
    dock: Dock,
    name: Annotated[str, Arg("NAME[:TAG]", "what to push", complete="images")],
    *,
    all_tags: Annotated[bool, Opt("every tag that the repository has here", "-a")] = False,
    platform: Annotated[str | None, Opt("one platform's image alone, without its index")] = None,
    quiet: Annotated[bool, Opt("show no progress", "-q")] = False,
) -> DataFrame:
    """Upload an image to a registry.

    A frame of its layers: what was sent, what was mounted from another repository there, and what was there already.
    """
    wanted = Platform.parse(platform) if platform else None
    pushed = copies.push(dock, name, all_tags=all_tags, platform=wanted, quiet=quiet)
    return _layers(row for each in pushed for row in rows.layer_rows(each, dock.store.facts))


@command("search")
def search(
    dock: Dock,
    term: Annotated[str, Arg("TERM", "what to look for; [registry/]words, a :TAG is allowed")],
    *,
    filter: Annotated[tuple[str, ...], Opt('"stars=3", "is-official=true"', "-f", metavar="filter")] = (),
    format: Format = "",
    limit: Annotated[int, Opt("how many at most, 1 to 100")] = 25,
    no_trunc: NoTrunc = False,
) -> DataFrame | Text:
    """Search a registry for images.

    Docker Hub where the term names no other registry; a registry that cannot search is asked for its catalog. A frame
    of names, descriptions, stars, pulls and whether Docker keeps it.
    """
    given = filters.parse(filter, SEARCH_FILTERS)
    if "is-automated" in given:
        dock.console.warn(_AUTOMATED)
    if limit and not 1 <= limit <= _MOST:
        raise UsageError(f"limit {limit} is outside the range of [1, {_MOST}]", hint=f"--limit takes 1 to {_MOST}")
    if "://" in term:
        message = f"invalid repository name: repository name ({term}) should not have a scheme"
        raise InvalidReference(message, hint=f"type {term.partition('://')[2]}")
    passes = _passing(given)
    results = search_images(dock, term, limit or 25)
    found = [row for each in results.found if passes(row := rows.found_row(each, results.source))]
    fields = partial(listings.search_fields, whole=no_trunc, as_json=format == "json")
    return listings.listed(format, found, fields, listings.SEARCH_HEADINGS, partial(_found, whole=no_trunc))


@command("image tags", also=("tags",))
def tags(dock: Dock, repository: Annotated[str, Arg("NAME", "the repository", complete="remote")]) -> DataFrame:
    """List the tags that a repository has at its registry."""
    reference = copies.parsed(dock, repository)
    found = dock.run(lambda task: tuple(dock.registry.repository(reference, task).tags()))
    from nbdock.frames import schemas

    return schemas.TAGS.frame(
        {"repository": reference.familiar_name, "tag": tag, "reference": f"{reference.name}:{tag}"} for tag in found
    )


def _passing(given: filters.Filters) -> Callable[[rows.Row], bool]:
    stars = given.get("stars", ["0"])
    for value in stars:
        if not value.isdecimal():
            raise UsageError(f"invalid filter 'stars={value}'", hint="stars takes a whole number: --filter stars=3")
    official = filters.truth("is-official", given["is-official"]) if "is-official" in given else None
    automated = "is-automated" in given and filters.truth("is-automated", given["is-automated"])
    least = max(map(int, stars))
    return lambda row: row["stars"] >= least and official in (None, row["official"]) and not automated


def _layers(found: Iterable[rows.Row]) -> DataFrame:
    from nbdock.frames import schemas

    return schemas.LAYERS.frame(found)


def _found(found: list[rows.Row], whole: bool) -> DataFrame:
    from nbdock.frames import schemas

    return schemas.FOUND.frame(found, whole=whole)
