"""What there is: the version check, the catalog, tags, referrers (OCI distribution spec, "Content discovery")."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlencode

from nbdock.oci import media
from nbdock.oci.digest import Digest
from nbdock.server.pages import page
from nbdock.server.refusal import Code, Refusal
from nbdock.server.route import Route

_MOST = 1000


class VersionRoute(Route):
    """`/v2/`."""

    async def get(self) -> None:
        self.answer({})

    head = get


class _Listing(Route):
    """A list that is given in pages."""

    def page(self, names: Iterable[str], most: int = _MOST) -> list[str]:
        """The names of the page that is asked for, and a Link to the next. Raises Refusal."""
        n, last = (self.get_query_argument(name, "") for name in ("n", "last"))
        shown = page(names, n, last, most)
        if shown.more:
            query = {name: self.get_query_argument(name) for name in self.request.query_arguments}
            self.set_header("Link", f'<{self.request.path}?{urlencode({**query, **shown.more})}>; rel="next"')
        return shown.names


class CatalogRoute(_Listing):
    """`/v2/_catalog`: docker's."""

    async def get(self) -> None:
        self.answer({"repositories": self.page(await asyncio.to_thread(self.site.repositories.all))})


class TagsRoute(_Listing):
    """`/v2/<name>/tags/list`."""

    async def get(self, path: str) -> None:
        self.answer({"name": path, "tags": self.page(await self.site.shelf.tags(path))})


class ReferrersRoute(_Listing):
    """`/v2/<name>/referrers/<digest>`, no page larger than a manifest may be."""

    async def get(self, path: str, text: str) -> None:
        repository = await asyncio.to_thread(self.site.repositories.at, path)
        referrers = await asyncio.to_thread(list, repository.referrers(Digest.parse(text)))
        wanted = self.get_query_argument("artifactType", "")
        if wanted:
            self.set_header("OCI-Filters-Applied", "artifactType")
        found = {str(each.digest): each.json() for each in referrers if wanted in ("", each.artifact_type)}
        largest = max((len(json.dumps(each)) for each in found.values()), default=1)
        shown = self.page(found, most=min(_MOST, media.MAX_MANIFEST // largest or 1))
        index = {"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": [found[digest] for digest in shown]}
        self.answer(index, media.OCI_INDEX)


class NoRoute(Route):
    """Any other path."""

    async def begin(self) -> None:
        raise Refusal(HTTPStatus.NOT_FOUND, Code.UNSUPPORTED, "no such route", self.request.path)
