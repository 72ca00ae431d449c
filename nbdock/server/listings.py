"""List repositories, tags and referrers, in pages (OCI distribution spec, "Content Discovery")."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlencode

from nbdock.oci import media
from nbdock.oci.digest import Digest
from nbdock.server.errors import APIError, ErrorCode
from nbdock.server.handler import Handler

_MAX_PAGE = 1000


class VersionHandler(Handler):
    """`/v2/`: whether the server speaks the API."""

    async def get(self) -> None:
        self.send_json({})

    head = get


class _ListHandler(Handler):
    def page(self, items: Iterable[str], limit: int = _MAX_PAGE) -> list[str]:
        """The items of the requested page; sets the Link header if there is a next one. Raises APIError."""
        n, last = (self.get_query_argument(name, "") for name in ("n", "last"))
        page = paginate(items, n, last, limit)
        if page.next:
            query = {name: self.get_query_argument(name) for name in self.request.query_arguments}
            self.set_header("Link", f'<{self.request.path}?{urlencode({**query, **page.next})}>; rel="next"')
        return page.items


class CatalogHandler(_ListHandler):
    """`/v2/_catalog`, which is docker's and not in the spec."""

    async def get(self) -> None:
        self.send_json({"repositories": self.page(await self.services.content.catalog())})


class TagsHandler(_ListHandler):
    """`/v2/<name>/tags/list`."""

    async def get(self, repository: str) -> None:
        self.send_json({"name": repository, "tags": self.page(await self.services.content.tags(repository))})


class ReferrersHandler(_ListHandler):
    """`/v2/<name>/referrers/<digest>`. No page is larger than a manifest may be."""

    async def get(self, repository: str, digest: str) -> None:
        referrers = await self.services.content.referrers(repository, Digest.parse(digest))
        artifact_type = self.get_query_argument("artifactType", "")
        if artifact_type:
            self.set_header("OCI-Filters-Applied", "artifactType")
        found = {str(each.digest): each.json() for each in referrers if artifact_type in ("", each.artifact_type)}
        largest = max((len(json.dumps(each)) for each in found.values()), default=1)
        page = self.page(found, limit=min(_MAX_PAGE, media.MAX_MANIFEST // largest or 1))
        index = {"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": [found[each] for each in page]}
        self.send_json(index, media.OCI_INDEX)


class NotFoundHandler(Handler):
    """Any other URL."""

    async def before_body(self) -> None:
        raise APIError(HTTPStatus.NOT_FOUND, ErrorCode.UNSUPPORTED, "not found", self.request.path)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `next` is the query of the next page, empty for the last one."""

    items: list[str]
    next: Mapping[str, str] = field(default_factory=dict)


def paginate(items: Iterable[str], n: str, last: str, limit: int) -> Page:
    """One page of a list in code point order (OCI distribution spec, "Listing Tags").

    Parameters
    ----------
    n
        The `n` of the query: the size of the page, or "" for `limit`.
    last
        The `last` of the query: the page starts after it.
    limit
        The maximum size of a page.

    Raises
    ------
    APIError
        `n` is not a number.
    """
    if n and not (n.isascii() and n.isdecimal() and len(n) < 10):
        raise APIError(HTTPStatus.BAD_REQUEST, ErrorCode.UNSUPPORTED, "n must be a number", n)
    size = min(int(n), limit) if n else limit
    left = sorted(item for item in items if item > last)
    page = left[:size]
    return Page(page, {"n": str(size), "last": page[-1]} if page and size < len(left) else {})
