"""The command on many images of registries: survey."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from nbdock.dock.dock import Dock
from nbdock.errors import UsageError
from nbdock.frames import surveys
from nbdock.frames.schema import Table
from nbdock.grammar import Arg, Opt, command
from nbdock.grammar.values import Bytes, Client, NamePattern
from nbdock.oci.platform import Platform

if TYPE_CHECKING:
    from nbdock.places import Kind
    from nbdock.surveys.brief import Brief
    from nbdock.surveys.crew import Crew


@command("image survey", also=("survey",))
def survey(
    dock: Dock,
    *where: Annotated[
        NamePattern,
        Arg("NAME", "repository, name with a tag, pattern, or HOST/ for all", at_least=1, complete="remote"),
    ],
    into: Annotated[str, Opt("folder to write to, or an address: s3://BUCKET/FOLDER", metavar="folder")] = "",
    tags: Annotated[
        tuple[str, ...], Opt('which tags: "1.*", ">=3.11,<3.13", a number for the newest', metavar="pattern")
    ] = (),
    platforms: Annotated[tuple[str, ...], Opt("platform to look for; all if there is none", metavar="platform")] = (),
    files: Annotated[bool, Opt("read the layers, and list their files")] = False,
    packages: Annotated[bool, Opt("read the layers, and list their packages")] = False,
    dry_run: Annotated[bool, Opt("say what it would take, and write nothing")] = False,
    requests: Annotated[float | None, Opt("requests a second to each registry, 50 at most if omitted")] = None,
    bytes: Annotated[Bytes | None, Opt("bytes a second from each registry, such as 20MB", metavar="bytes")] = None,
    client: Annotated[Client | None, Opt("scheduler of a Dask cluster that does the work", metavar="address")] = None,
) -> Table:
    """Survey many images of registries without pulling them.

    Writes the tables that docs/tables.md describes, and what was seen when. What the folder has already is not read
    again: a survey that was ended goes on, and a later one adds what is new. Only manifests and configs are read,
    unless files or packages are asked for. One row each for repositories, names, images and layers.
    """
    from nbdock.surveys import choosing
    from nbdock.surveys.address import Address
    from nbdock.surveys.brief import Brief
    from nbdock.surveys.surveying import Survey

    if not into and not dry_run:
        raise UsageError("a survey needs a place to write to", hint="--into FOLDER; --dry-run writes nothing")
    if min(1.0 if requests is None else requests, 1.0 if bytes is None else float(bytes)) <= 0:
        raise UsageError("a budget is more than nothing", hint="--requests 10 --bytes 20MB")
    items = [choosing.parse(each.removeprefix("docker://"), tags) for each in where]
    wanted = tuple(Platform.parse(each) for text in platforms for each in text.split(",") if each not in ("", "all"))
    asked: dict[Kind, bool] = {"files": files, "packages": packages}
    kinds = tuple(kind for kind in asked if asked[kind])
    place = Address.of(into) if into else None
    brief = Brief(place, datetime.now(UTC), wanted, kinds, requests, bytes, dry_run)
    with _crew(dock, brief, client) as crew:
        rows = dock.run(lambda task: Survey(brief, crew, task).run(items))
    return surveys.SURVEYED.table(rows)


@contextmanager
def _crew(dock: Dock, brief: Brief, client: Any) -> Iterator[Crew]:
    """Who does the work: threads here, or a cluster by its client or its scheduler's address."""
    from nbdock.surveys.crew import Threads, cluster

    if client is None:
        yield Threads(brief, dock.registry)
    else:
        with cluster(brief, client) as crew:
            yield crew
