"""Where responses get their content: the store, or a pull-through cache that downloads what the store lacks."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

from nbdock.errors import BadResponse, NbdockError, RateLimited, RegistryError, Unreachable
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index
from nbdock.oci.reference import Reference
from nbdock.places import Source
from nbdock.reading import read
from nbdock.server.downloads import Download, SingleFlight, run_in_thread
from nbdock.server.errors import APIError
from nbdock.server.events import Origin
from nbdock.server.pause import Pause
from nbdock.server.repositories import Repositories

T = TypeVar("T")

_MAX_REQUESTS = 16
"""Requests to the registry at the same time."""
_RESOLVE_TIMEOUT = 5.0
"""Seconds to wait for the registry to resolve a tag that the cache knows already."""
_OUTAGES = (502, 503, 504)
"""The statuses of a gateway whose registry does not respond."""
_DOWNLOAD_TTL = 60.0
"""Seconds for which a finished download still serves clients that looked for the blob before it was in the store."""


class Found(NamedTuple):
    """Content, and whether it was here when it was asked for: in the `store`, in the `cache`, or at the `registry`."""

    content: Descriptor
    origin: Origin


class Content:
    """The content of the store, read in threads so that the event loop is never blocked.

    All methods raise APIError if the repository or the content does not exist, or if the repository name is invalid.
    """

    def __init__(self, repositories: Repositories) -> None:
        self.repositories, self.store = repositories, repositories.store

    async def manifest(self, repository: str, reference: str) -> Found:
        """The manifest or index of a tag or digest; it is in the store on return. Raises InvalidDigest."""
        return Found(await asyncio.to_thread(self.repositories.manifest, repository, reference), "store")

    async def blob(self, repository: str, digest: Digest) -> Found:
        """A blob of the repository."""
        return Found(await asyncio.to_thread(self.repositories.blob, repository, digest), "store")

    async def chunks(self, repository: str, blob: Descriptor, part: range) -> AsyncIterator[bytes]:
        """The bytes `part` of a blob. Raises BlobNotFound, StoreError."""
        left = len(part)
        if not left:
            return
        chunks = await asyncio.to_thread(self.store.open, blob, part.start)
        while left and (chunk := await asyncio.to_thread(next, chunks, b"")):
            yield chunk[:left]
            left -= len(chunk[:left])

    async def tags(self, repository: str) -> list[str]:
        """The tags of a repository."""
        return await asyncio.to_thread(self.repositories.tags, repository)


class Upstream(Source, Protocol):
    """A repository of the registry."""

    def tags(self) -> tuple[str, ...]:
        """All tags."""
        ...


class Cache(Content):
    """The content of a registry, whose repositories `upstream` opens, and what the store has of it.

    `repositories` are those of the registry only. Tags are resolved at the registry each time; while it cannot be
    reached, or its limit is reached, the cache answers with what it knows. An image is tagged in the store once it is
    complete for at least one platform. Until then its content is only linked.
    """

    def __init__(self, repositories: Repositories, upstream: Callable[[Reference], Upstream]) -> None:
        super().__init__(repositories)
        self._upstream = upstream
        self._slots, self._pause = asyncio.Semaphore(_MAX_REQUESTS), Pause()
        self._resolving: SingleFlight[Descriptor] = SingleFlight()
        self._adding: SingleFlight[None] = SingleFlight()
        self._downloads: dict[Digest, Download] = {}
        self._untagged: dict[Reference, Descriptor] = {}
        self._tagging = threading.Lock()
        self.on_refusal: Callable[[RateLimited], object] = lambda error: None
        """Called when the registry says that its limit is reached."""

    async def manifest(self, repository: str, reference: str) -> Found:
        name = self.repositories.reference(repository, reference)
        known = self._untagged.get(name) or await self._stored(repository, reference)
        target = known if known and name.digest else await self._resolve(name, known)
        origin = await self._origin(target)
        if not await asyncio.to_thread(self._is_tagged, name, target):
            await self._adding.run(name, lambda: self._add(name, target))
        return Found(target, origin)

    async def blob(self, repository: str, digest: Digest) -> Found:
        known = await asyncio.to_thread(list, self.repositories.known_blobs(repository, digest))
        blob = known[0] if known else (await super().blob(repository, digest)).content
        return Found(blob, await self._origin(blob))

    async def _origin(self, content: Descriptor) -> Origin:
        return "cache" if await asyncio.to_thread(self.store.has, content) else "registry"

    async def chunks(self, repository: str, blob: Descriptor, part: range) -> AsyncIterator[bytes]:
        if blob.digest not in self._downloads and await asyncio.to_thread(self.store.has, blob):
            chunks = super().chunks(repository, blob, part)
        else:
            chunks = (self._downloads.get(blob.digest) or self._download(repository, blob)).chunks(part)
        async for chunk in chunks:
            yield chunk

    async def tags(self, repository: str) -> list[str]:
        name = self.repositories.name(repository)
        try:
            return list(await self._ask(lambda: self._upstream(name).tags()))
        except RegistryError as error:
            if not _is_outage(error):
                raise
            with contextlib.suppress(APIError):
                return await super().tags(repository)
            raise

    async def _ask(self, function: Callable[[], T]) -> T:
        """Ask the registry for what it counts, unless it has refused: it is not asked again before it says, by those
        who waited for their turn neither."""
        async with self._slots:
            self._pause.check()
            try:
                return await run_in_thread(function)
            except RateLimited as error:
                self._pause.begin(error)
                self.on_refusal(error)
                self._pause.check()
                raise

    async def _request(self, function: Callable[[], T]) -> T:
        """Ask the registry, in a thread."""
        async with self._slots:
            return await run_in_thread(function)

    async def _stored(self, repository: str, reference: str) -> Descriptor | None:
        with contextlib.suppress(APIError):
            return (await super().manifest(repository, reference)).content
        return None

    async def _resolve(self, name: Reference, known: Descriptor | None) -> Descriptor:
        """What the registry resolves the reference to, `known` during an outage. Raises NbdockError."""
        try:
            async with asyncio.timeout(_RESOLVE_TIMEOUT if known else None):
                request = partial(self._ask, lambda: self._upstream(name).resolve(name))
                return await self._resolving.run(name, request)
        except (RegistryError, TimeoutError) as error:
            if known is None or not _is_outage(error):
                raise
            return known

    async def _add(self, name: Reference, target: Descriptor) -> None:
        """Download the manifest if the store lacks it, and link its content into the repository."""
        if not await asyncio.to_thread(self.store.has, target):
            raw = await self._ask(lambda: read(self._upstream(name), target))
            await asyncio.to_thread(self.store.write, target, [raw])
        await asyncio.to_thread(self._link, name, target)

    def _link(self, name: Reference, target: Descriptor) -> None:
        manifest = self.store.manifest(target)
        for each in (target, *(manifest.children if manifest else ())):
            self.repositories.link(name.repository, each)
        with self._tagging:
            self._untagged[name] = target
        self._tag_complete()

    def _download(self, repository: str, blob: Descriptor) -> Download:
        name = self.repositories.name(repository)
        download = Download(blob, lambda: self._upstream(name).open(blob), self.store, self._request)
        self._downloads[blob.digest] = download
        download.task.add_done_callback(lambda done: self._downloaded(blob.digest, done))
        return download

    def _downloaded(self, digest: Digest, done: asyncio.Task[None]) -> None:
        """Forget a failed download at once, so that the next client starts another."""
        failed = done.cancelled() or done.exception()
        loop = asyncio.get_running_loop()
        loop.call_later(0 if failed else _DOWNLOAD_TTL, self._downloads.pop, digest, None)
        loop.run_in_executor(None, self._tag_complete)

    def _tag_complete(self) -> None:
        """Tag what is complete by now. Tags before digests: a manifest of a tagged index needs no name of its own."""
        with self._tagging:
            for name, target in sorted(self._untagged.items(), key=lambda item: item[0].digest is not None):
                if self._is_tagged(name, target) or self._tag(name, target):
                    del self._untagged[name]

    def _is_tagged(self, name: Reference, target: Descriptor) -> bool:
        """Whether the store has the manifest under this reference."""
        if not self.store.has(target):
            return False
        if name.digest:
            return name.digest in self.repositories.get(name.repository).manifests
        return any(each.reference == name and each.target == target for each in self.store.names())

    def _tag(self, name: Reference, target: Descriptor) -> bool:
        """Whether the image, or one image of the index, is complete and tagged."""
        manifest = self.store.manifest(target)
        for image in (None, *(manifest.images if isinstance(manifest, Index) else ())):
            with contextlib.suppress(NbdockError):
                self.store.tag(name, target, image)
                return True
        return False


def _is_outage(error: Exception) -> bool:
    """Whether the registry could not be asked, or not now. Any other error is its response: the cache must not overrule
    it."""
    return isinstance(error, RateLimited | Unreachable | TimeoutError) or (
        isinstance(error, BadResponse) and error.status in _OUTAGES
    )
