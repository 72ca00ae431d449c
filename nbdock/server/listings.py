"""List repositories, tags and referrers, in pages (OCI distribution spec, "Content Discovery"), and search."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from nbdock.oci import media
from nbdock.oci.digest import Digest
from nbdock.server.errors import APIError
from nbdock.server.handler import Handler

_MAX_PAGE = 1000
_MAX_RESULTS = 100
"""Of a search, as on Docker Hub."""


class VersionHandler(Handler):
    """`/v2/`: whether the server speaks the API."""

    async def get(self) -> None:
        self.write({})

    head = get


class _ListHandler(Handler):
    def page(self, items: Iterable[str], limit: int = _MAX_PAGE) -> list[str]:
        """The items of the requested page; sets the Link header if there is a next one. Raises APIError."""
        n, last = (self.get_query_argument(name, "") for name in ("n", "last"))
        page, next = paginate(items, n, last, limit)
        if next:
            query = {name: self.get_query_argument(name) for name in self.request.query_arguments}
            self.set_header("Link", f'<{self.request.path}?{urlencode({**query, **next})}>; rel="next"')
        return page


class CatalogHandler(_ListHandler):
    """`/v2/_catalog`, which is docker's and not in the spec."""

    async def get(self) -> None:
        self.write({"repositories": self.page(await asyncio.to_thread(self.services.repositories.names))})


class TagsHandler(_ListHandler):
    """`/v2/<name>/tags/list`."""

    async def get(self, repository: str) -> None:
        self.write({"name": repository, "tags": self.page(await self.services.content.tags(repository))})


class ReferrersHandler(_ListHandler):
    """`/v2/<name>/referrers/<digest>`. No page is larger than a manifest may be."""

    async def get(self, repository: str, digest: str) -> None:
        referrers = await asyncio.to_thread(self.services.repositories.referrers, repository, Digest.parse(digest))
        artifact_type = self.get_query_argument("artifactType", "")
        if artifact_type:
            self.set_header("OCI-Filters-Applied", "artifactType")
        found = {str(each.digest): each.json() for each in referrers if artifact_type in ("", each.artifact_type)}
        largest = max((len(json.dumps(each)) for each in found.values()), default=1)
        page = self.page(found, limit=min(_MAX_PAGE, media.MAX_MANIFEST // largest or 1))
        self.write({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": [found[each] for each in page]})
        self.set_header("Content-Type", media.OCI_INDEX)


class SearchHandler(Handler):
    """`/v1/search`, Docker Hub's, which is not in the spec: the repositories whose name or description has the term.

    Nobody gives stars here, and no image is an official one.
    """

    async def get(self) -> None:
        term, n = self.get_query_argument("q", ""), self.get_query_argument("n", "")
        descriptions = await asyncio.to_thread(self.services.repositories.descriptions)
        found = search(descriptions, term, _size(n, _MAX_RESULTS))
        rest = {"star_count": 0, "is_official": False, "is_automated": False}
        results = [{"name": name, "description": descriptions[name], **rest} for name in found]
        self.write({"query": term, "num_results": len(results), "results": results})


class NotFoundHandler(Handler):
    """Any other URL."""

    async def before_body(self) -> None:
        raise APIError(404, "UNSUPPORTED", "not found", self.request.path)


def paginate(items: Iterable[str], n: str, last: str, limit: int) -> tuple[list[str], dict[str, str]]:
    """One page of a list in code point order, and the query of the next, empty after the last (spec, "Listing Tags").

    `n` and `last` are those of the query: the size of the page ("" for `limit`, the maximum), and what it starts after.
    Raises APIError if `n` is not a number.
    """
    size = _size(n, limit)
    left = sorted(item for item in items if item > last)
    page = left[:size]
    return page, {"n": str(size), "last": page[-1]} if page and size < len(left) else {}


def search(descriptions: Mapping[str, str], term: str, limit: int) -> list[str]:
    """The names that have the term in them or in their descriptions; first those whose last part it is, in any case."""
    wanted = term.casefold()
    found = (name for name, said in descriptions.items() if wanted in name or wanted in said.casefold())
    return sorted(found, key=lambda name: (not f"/{name}".endswith(f"/{wanted}"), wanted not in name, name))[:limit]


def _size(n: str, limit: int) -> int:
    """The number of items that a query asks for. Raises APIError."""
    if n and not (n.isascii() and n.isdecimal() and len(n) < 10):
        raise APIError(400, "UNSUPPORTED", "n must be a number", n)
    return min(int(n), limit) if n else limit
