"""Search: on Docker Hub its index (the v1 protocol, as docker), elsewhere the registry's catalog (as podman)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from nbdock.errors import BadResponse, Denied, RateLimited, RegistryError, Unreachable
from nbdock.oci import document
from nbdock.oci.document import Document
from nbdock.oci.reference import HUB, Reference
from nbdock.registry import listing
from nbdock.registry.call import Call
from nbdock.registry.hosts import HUB_API, Endpoint, Hosts
from nbdock.registry.session import Session
from nbdock.task import Task

INDEX = Endpoint("index.docker.io")
WEB = Endpoint("hub.docker.com")
_PATIENCE = 2.0
"""Seconds to wait for the pull counts once the rest is there."""


@dataclass(frozen=True, slots=True)
class Found:
    """A repository, by the name people type. A catalog knows names only; `pulls` is None where nobody says."""

    name: str
    description: str = ""
    stars: int = 0
    official: bool = False
    pulls: int | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """What was found, the best first, and where: `source` is `index.docker.io` or `catalog of localhost:5000`."""

    found: tuple[Found, ...]
    source: str


def search(session: Session, hosts: Hosts, host: str, term: str, limit: int, task: Task) -> Results:
    """At most `limit` repositories that the term is found in. Raises RegistryError.

    Where Docker Hub cannot be reached, or has had enough of us, the catalogs of its mirrors are searched.
    """
    words = Reference(host, term)
    (own,) = hosts.endpoints(words, push=True)
    if own.host != HUB_API:
        return _elsewhere(session, own, host, term, limit, task)
    try:
        return _hub(session, term.removeprefix("library/"), limit, task)
    except (Unreachable, RateLimited):
        for mirror in hosts.mirrors(words):
            with suppress(RegistryError):
                return _catalog(session, mirror, host, term, limit, task)
        raise


def _hub(session: Session, term: str, limit: int, task: Task) -> Results:
    counting = Task()
    with ThreadPoolExecutor(1) as pool:
        counts = pool.submit(_pulls, session, term, limit, counting)
        try:
            found = _index(session, INDEX, HUB, term, limit, task)
            with suppress(TimeoutError, RegistryError):
                pulls = counts.result(_PATIENCE)
                found = tuple(replace(each, pulls=pulls.get(each.name)) for each in found)
        finally:
            counting.cancel()
    return Results(found, INDEX.host)


def _elsewhere(session: Session, own: Endpoint, host: str, term: str, limit: int, task: Task) -> Results:
    try:
        return Results(_index(session, own, host, term, limit, task), own.host)
    except (BadResponse, Denied):
        return _catalog(session, own, host, term, limit, task)


def _index(session: Session, place: Endpoint, host: str, term: str, limit: int, task: Task) -> tuple[Found, ...]:
    """The v1 protocol's search, which is docker's."""
    query = urlencode({"q": term, "n": limit})
    call = Call(place, "GET", f"/v1/search?{query}", headers={"X-Docker-Token": "true"})

    def read(source: Document) -> Found:
        name = Reference(host, document.text(source, "name")).familiar_name
        stars = document.integer(source, "star_count")
        return Found(name, document.text(source, "description"), stars, source.get("is_official") is True)

    answer = session.ask(call, task)
    return answer.parsed(lambda source: tuple(map(read, document.objects(source, "results")[:limit])))


def _pulls(session: Session, term: str, limit: int, task: Task) -> dict[str, int]:
    """How often repositories were pulled, by name: only Hub's web API tells."""
    query = urlencode({"query": term, "page_size": limit})

    def read(source: Document) -> tuple[str, int]:
        name = Reference(HUB, document.text(source, "repo_name")).familiar_name
        return name, document.integer(source, "pull_count")

    answer = session.ask(Call(WEB, "GET", f"/v2/search/repositories/?{query}"), task)
    return answer.parsed(lambda source: dict(map(read, document.objects(source, "results"))))


def _catalog(session: Session, place: Endpoint, host: str, term: str, limit: int, task: Task) -> Results:
    """The names that the term is part of, first of all the one that it is."""
    before = place.repository.removesuffix(term)
    call = Call(place, "GET", f"/v2/_catalog?n={listing.PAGE}", (listing.CATALOG,))
    listed = listing.names(session, call, "repositories", task)
    own = (name.removeprefix(before) for name in listed if name.startswith(before))
    found = {Reference(host, name).familiar_name for name in own if term in name}
    ranked = sorted(found, key=lambda name: (not f"/{name}".endswith(f"/{term}"), name))
    return Results(tuple(map(Found, ranked[:limit])), f"catalog of {place.host}")
