"""Lists and searches: tags, the catalog, and Docker Hub's index (its v1 protocol, as in docker)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TypeVar

from nbdock.errors import BadResponse, Denied, NotFound, RateLimited, RegistryError, Unreachable
from nbdock.oci import fields
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.fields import JSON
from nbdock.oci.reference import Reference
from nbdock.registry.auth import Session
from nbdock.registry.hosts import HUB_API, Endpoint, Hosts
from nbdock.registry.links import next_page
from nbdock.registry.request import Request, with_query
from nbdock.registry.transport import Response
from nbdock.task import Task, in_thread

T = TypeVar("T")

INDEX = Endpoint("index.docker.io")
WEB = Endpoint("hub.docker.com")
PAGE = 1000
"""Names to ask for at a time."""
_PULL_COUNT_TIMEOUT = 2.0
_MOST_BYTES = 128 * 1024 * 1024
_MOST_PAGES = 10_000
_STALE_PAGES = 10
"""In a row, without a name that is new."""


@dataclass(frozen=True, slots=True)
class Found:
    """A repository that a search found, by the name that users type. A catalog knows names only.

    `pulls` is how often it was pulled, None if unknown.
    """

    name: str
    description: str = ""
    stars: int = 0
    official: bool = False
    pulls: int | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """Repositories that were found, best first, and the `source`: `index.docker.io`, `catalog of localhost:5000`.

    `cut` says why a catalog may lack some.
    """

    found: tuple[Found, ...]
    source: str
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The names of a list, and why it is `cut`; "" if it is not."""

    names: tuple[str, ...]
    cut: str = ""


def names(session: Session, request: Request, key: str, task: Task, pages: int | None = None) -> Listing:
    """The names under `key` (OCI distribution spec, "Listing tags") of all pages, or of so many.

    If a page after the first names fails, they are kept. Raises RegistryError, NotFound if there are none.
    """
    found: list[str] = []
    try:
        for page in islice(read_pages(session, request, lambda source: fields.texts(source, key), task), pages):
            found += page
    except (RegistryError, NotFound) as error:
        if not found:
            raise
        return Listing(tuple(found), str(error))
    return Listing(tuple(found))


def manifests(session: Session, request: Request, task: Task) -> list[Descriptor]:
    """The manifests of a list, which is an index in pages. Raises RegistryError, NotFound."""

    def read(source: JSON) -> Iterable[Descriptor]:
        return map(Descriptor.read, fields.objects(source, "manifests"))

    return list(chain.from_iterable(read_pages(session, request, read, task)))


def catalog(session: Session, endpoint: Endpoint, task: Task) -> Listing:
    """Every repository that an endpoint lists. Raises RegistryError."""
    request = Request(endpoint, "GET", f"/v2/_catalog?n={PAGE}", ("registry:catalog:*",))
    return names(session, request, "repositories", task)


def linked(response: Response) -> str | None:
    """Where the next page is, by the Link header."""
    return next_page(response.headers.get("link", ""))


def read_pages(
    session: Session,
    request: Request,
    read: Callable[[JSON], Iterable[T]],
    task: Task,
    next_of: Callable[[Response], str | None] = linked,
) -> Iterator[list[T]]:
    """What is new on each page. Raises BadResponse if a page leads astray, or they have no end."""
    known, asked, stale, left = set[T](), set[str](), 0, _MOST_BYTES
    while True:
        response = session.fetch(request, task)
        page = dict.fromkeys(response.parse(lambda source: list(read(source))))
        new = [each for each in page if each not in known]
        yield new
        link = next_of(response)
        if link is None:
            return
        known.update(new)
        asked.add(request.target)
        stale, left = 0 if new else stale + 1, left - len(response.body)
        request = replace(request, target=response.target(link))
        if request.leaves_endpoint:
            raise response.bad("the list goes on at another host")
        if request.target in asked:
            raise response.bad("the list leads back to a page that came before")
        if stale == _STALE_PAGES or len(asked) == _MOST_PAGES or left < 0:
            raise response.bad("the list has no end")


class Search:
    """A search of one registry, for up to `limit` repositories."""

    def __init__(self, session: Session, host: str, term: str, limit: int, task: Task) -> None:
        self._session, self._host, self._term, self._limit, self._task = session, host, term, limit, task

    def run(self, hosts: Hosts) -> Results:
        """Search the index of Docker Hub or of a registry that has one, else the catalog, as podman does.

        If Docker Hub cannot be reached or limits requests, its mirrors are searched. Raises RegistryError.
        """
        reference = Reference(self._host, self._term)
        (own,) = hosts.endpoints(reference, push=True)
        if own.host != HUB_API:
            return self._registry(own)
        try:
            return self._hub()
        except (Unreachable, RateLimited):
            for mirror in hosts.mirrors(reference):
                with suppress(RegistryError):
                    return self._registry(mirror)
            raise

    def _registry(self, endpoint: Endpoint) -> Results:
        """The results of its index, or of its catalog if it has none."""
        try:
            return Results(self._index(endpoint, self._term, self._prefix(endpoint)), endpoint.host)
        except (BadResponse, Denied):
            return self._catalog(endpoint)

    def _prefix(self, endpoint: Endpoint) -> str:
        """What the names have before them at the endpoint: `hub/` for a location `mirror.example/hub`."""
        return endpoint.repository.removesuffix(self._term)

    def _hub(self) -> Results:
        """The index's results with the web API's pull counts, if those arrive in time."""
        term, counting = self._term.removeprefix("library/"), Task()
        counts = _begin(lambda: self._pull_counts(term, counting))
        try:
            found = self._index(INDEX, term)
            with suppress(TimeoutError, RegistryError):
                pulls = counts.result(_PULL_COUNT_TIMEOUT)
                found = tuple(replace(each, pulls=pulls.get(each.name)) for each in found)
        finally:
            counting.cancel()
        return Results(found, INDEX.host)

    def _index(self, endpoint: Endpoint, term: str, prefix: str = "") -> tuple[Found, ...]:
        """The results whose names begin with the prefix, without it."""
        target = with_query("/v1/search", {"q": term, "n": str(self._limit)})
        request = Request(endpoint, "GET", target, headers={"X-Docker-Token": "true"})

        def read(each: JSON) -> Found:
            stars, official = fields.integer(each, "star_count"), each.get("is_official") is True
            name = self._familiar(fields.text(each, "name").removeprefix(prefix))
            return Found(name, fields.text(each, "description"), stars, official)

        def below(source: JSON) -> Iterator[JSON]:
            return (each for each in fields.objects(source, "results") if fields.text(each, "name").startswith(prefix))

        response = self._session.fetch(request, self._task)
        return response.parse(lambda source: tuple(map(read, islice(below(source), self._limit))))

    def _pull_counts(self, term: str, task: Task) -> dict[str, int]:
        """How often repositories were pulled, by name, from Docker Hub's web API."""
        target = with_query("/v2/search/repositories/", {"query": term, "page_size": str(self._limit)})

        def read(each: JSON) -> tuple[str, int]:
            return self._familiar(fields.text(each, "repo_name")), fields.integer(each, "pull_count")

        response = self._session.fetch(Request(WEB, "GET", target), task)
        return response.parse(lambda source: dict(map(read, fields.objects(source, "results"))))

    def _catalog(self, endpoint: Endpoint) -> Results:
        """The names that contain the term, those that end in it first."""
        term, prefix = self._term, self._prefix(endpoint)
        listed = catalog(self._session, endpoint, self._task)
        own = (name.removeprefix(prefix) for name in listed.names if name.startswith(prefix))
        found = {self._familiar(name) for name in own if term in name}
        ranked = sorted(found, key=lambda name: (not f"/{name}".endswith(f"/{term}"), name))
        return Results(tuple(map(Found, ranked[: self._limit])), f"catalog of {endpoint.host}", listed.cut)

    def _familiar(self, name: str) -> str:
        return Reference(self._host, name).familiar_name


def _begin(work: Callable[[], T]) -> Future[T]:
    """Do the work in a thread, where one can be started."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    in_thread(run)
    return future
