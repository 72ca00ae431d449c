"""Lists and searches: tags, the catalog, and Docker Hub's index (its v1 protocol, as in docker)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace

from nbdock.errors import BadResponse, Denied, RateLimited, RegistryError, Unreachable
from nbdock.oci import fields
from nbdock.oci.fields import JSON
from nbdock.oci.reference import HUB, Reference
from nbdock.registry.auth import Session
from nbdock.registry.hosts import HUB_API, Endpoint, Hosts
from nbdock.registry.request import Request, with_query
from nbdock.task import Task

INDEX = Endpoint("index.docker.io")
WEB = Endpoint("hub.docker.com")
PAGE = 1000
"""Names to ask for at a time."""
_PULL_COUNT_TIMEOUT = 2.0
_MOST_NAMES = 1_000_000
_NEXT = re.compile(r'<([^<>]*)>\s*;\s*rel="?next"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A repository that a search found.

    Parameters
    ----------
    name
        As users type it: `httpd`, `localhost:5000/team/app`.
    description, stars, official
        What Docker Hub's index says; a catalog knows names only.
    pulls
        How often it was pulled; None if unknown.
    """

    name: str
    description: str = ""
    stars: int = 0
    official: bool = False
    pulls: int | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """Repositories that were found, best first, and the `source`: `index.docker.io`, `catalog of localhost:5000`."""

    found: tuple[Found, ...]
    source: str


def names(session: Session, request: Request, key: str, task: Task) -> Iterator[str]:
    """The names under `key`, page after page (OCI distribution spec, "Listing tags").

    Raises BadResponse, also if the list is endless or leads to another host.
    """
    left = _MOST_NAMES
    while True:
        response = session.fetch(request, task)
        page = response.parse(lambda source: fields.texts(source, key))
        yield from page
        link = _NEXT.search(response.headers.get("link", ""))
        if link is None:
            return
        request = replace(request, target=response.target(link[1]))
        left -= max(1, len(page))
        if request.leaves_endpoint or left < 0:
            raise response.bad("a list that is endless or leads to another host")


def search(session: Session, hosts: Hosts, host: str, term: str, limit: int, task: Task) -> Results:
    """Repositories of a registry that match a term, `limit` at most. Raises RegistryError.

    Docker Hub and registries with a v1 index are searched there, others in their catalog, as in podman. If Docker Hub
    cannot be reached or limits requests, its mirrors' catalogs are searched.
    """
    reference = Reference(host, term)
    (own,) = hosts.endpoints(reference, push=True)
    if own.host != HUB_API:
        return _search_other(session, own, host, term, limit, task)
    try:
        return _search_hub(session, term.removeprefix("library/"), limit, task)
    except (Unreachable, RateLimited):
        for mirror in hosts.mirrors(reference):
            with suppress(RegistryError):
                return _search_catalog(session, mirror, host, term, limit, task)
        raise


def _search_hub(session: Session, term: str, limit: int, task: Task) -> Results:
    """The index's results with the web API's pull counts, if those arrive in time."""
    counting = Task()
    with ThreadPoolExecutor(1) as pool:
        counts = pool.submit(_pull_counts, session, term, limit, counting)
        try:
            found = _search_index(session, INDEX, HUB, term, limit, task)
            with suppress(TimeoutError, RegistryError):
                pulls = counts.result(_PULL_COUNT_TIMEOUT)
                found = tuple(replace(each, pulls=pulls.get(each.name)) for each in found)
        finally:
            counting.cancel()
    return Results(found, INDEX.host)


def _search_other(session: Session, own: Endpoint, host: str, term: str, limit: int, task: Task) -> Results:
    try:
        return Results(_search_index(session, own, host, term, limit, task), own.host)
    except (BadResponse, Denied):
        return _search_catalog(session, own, host, term, limit, task)


def _search_index(
    session: Session, endpoint: Endpoint, host: str, term: str, limit: int, task: Task
) -> tuple[Found, ...]:
    target = with_query("/v1/search", {"q": term, "n": str(limit)})
    request = Request(endpoint, "GET", target, headers={"X-Docker-Token": "true"})

    def read(source: JSON) -> Found:
        name = Reference(host, fields.text(source, "name")).familiar_name
        stars = fields.integer(source, "star_count")
        return Found(name, fields.text(source, "description"), stars, source.get("is_official") is True)

    response = session.fetch(request, task)
    return response.parse(lambda source: tuple(map(read, fields.objects(source, "results")[:limit])))


def _pull_counts(session: Session, term: str, limit: int, task: Task) -> dict[str, int]:
    """How often repositories were pulled, by name, from Docker Hub's web API."""
    target = with_query("/v2/search/repositories/", {"query": term, "page_size": str(limit)})

    def read(source: JSON) -> tuple[str, int]:
        name = Reference(HUB, fields.text(source, "repo_name")).familiar_name
        return name, fields.integer(source, "pull_count")

    response = session.fetch(Request(WEB, "GET", target), task)
    return response.parse(lambda source: dict(map(read, fields.objects(source, "results"))))


def _search_catalog(session: Session, endpoint: Endpoint, host: str, term: str, limit: int, task: Task) -> Results:
    """The names that contain the term, those that end in it first."""
    prefix = endpoint.repository.removesuffix(term)
    request = Request(endpoint, "GET", f"/v2/_catalog?n={PAGE}", ("registry:catalog:*",))
    listed = names(session, request, "repositories", task)
    own = (name.removeprefix(prefix) for name in listed if name.startswith(prefix))
    found = {Reference(host, name).familiar_name for name in own if term in name}
    ranked = sorted(found, key=lambda name: (not f"/{name}".endswith(f"/{term}"), name))
    return Results(tuple(map(Found, ranked[:limit])), f"catalog of {endpoint.host}")
