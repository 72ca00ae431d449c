"""A pull-through cache: content that the store lacks is downloaded from one registry, once for all clients."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from nbdock.errors import NbdockError, StoreError
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index
from nbdock.oci.reference import Reference
from nbdock.places import Source, read
from nbdock.server.concurrency import SingleFlight, run_in_thread
from nbdock.server.content import Content
from nbdock.server.errors import APIError
from nbdock.server.repositories import Repositories
from nbdock.store import Store
from nbdock.store.blobs import CHUNK
from nbdock.store.incoming import Incoming

T = TypeVar("T")

_MAX_REQUESTS = 16
"""Requests to the registry at the same time."""
_RESOLVE_TIMEOUT = 5.0
"""Seconds to wait for the registry to resolve a tag that the cache knows already."""
_DOWNLOAD_TTL = 60.0
"""Seconds for which a finished download still serves clients that looked for the blob before it was in the store."""
_NONE: Mapping[Reference, Descriptor] = MappingProxyType({})


class Upstream(Source, Protocol):
    """A repository of the registry."""

    def tags(self) -> tuple[str, ...]:
        """All tags."""
        ...


class Cache(Content):
    """The content of the store and of a registry.

    Tags are resolved at the registry each time; if that fails, the cache answers with what it knows. An image is tagged
    in the store once it is complete for at least one platform. Until then its content is only linked.

    Parameters
    ----------
    registry
        The registry's name: `docker.io`.
    upstream
        Opens the repository of a reference at the registry.
    """

    def __init__(self, repositories: Repositories, registry: str, upstream: Callable[[Reference], Upstream]) -> None:
        super().__init__(repositories)
        self._registry, self._upstream = registry, upstream
        self._slots = asyncio.Semaphore(_MAX_REQUESTS)
        self._resolving: SingleFlight[Descriptor] = SingleFlight()
        self._adding: SingleFlight[None] = SingleFlight()
        self._downloads: dict[Digest, Download] = {}
        self._untagged: dict[Reference, Descriptor] = {}
        self._tagging = threading.Lock()

    async def manifest(self, repository: str, reference: str) -> Descriptor:
        name = self._reference(repository, reference)
        known = self._untagged.get(name) or await self._stored(repository, reference)
        target = known if known and name.digest else await self._resolve(name, known)
        if not await asyncio.to_thread(self._is_tagged, name, target):
            await self._adding.run(name, lambda: self._add(name, target))
        return target

    async def blob(self, repository: str, digest: Digest) -> Descriptor:
        known = await asyncio.to_thread(list, self.repositories.known_blobs(repository, digest))
        return known[0] if known else await super().blob(repository, digest)

    async def chunks(self, repository: str, blob: Descriptor, part: range) -> AsyncIterator[bytes]:
        if blob.digest not in self._downloads and await asyncio.to_thread(self.store.has, blob):
            chunks = super().chunks(repository, blob, part)
        else:
            chunks = (self._downloads.get(blob.digest) or self._download(repository, blob)).chunks(part)
        async for chunk in chunks:
            yield chunk

    async def tags(self, repository: str) -> list[str]:
        name = self._reference(repository)
        try:
            return list(await self._request(lambda: self._upstream(name).tags()))
        except NbdockError:
            return await super().tags(repository)

    def _reference(self, repository: str, reference: str = "") -> Reference:
        """The reference at the registry. Raises APIError, InvalidDigest."""
        self.repositories.reference(repository)
        name = Reference(self._registry, repository)
        if ":" in reference:
            return replace(name, digest=Digest.parse(reference))
        return replace(name, tag=self.repositories.reference(repository, reference).tag) if reference else name

    async def _request(self, function: Callable[[], T]) -> T:
        """Ask the registry, in a thread."""
        async with self._slots:
            return await run_in_thread(function)

    async def _stored(self, repository: str, reference: str) -> Descriptor | None:
        with contextlib.suppress(APIError):
            return await super().manifest(repository, reference)
        return None

    async def _resolve(self, name: Reference, known: Descriptor | None) -> Descriptor:
        """What the registry resolves the reference to; `known` if it fails. Raises NbdockError if that is None."""
        try:
            async with asyncio.timeout(_RESOLVE_TIMEOUT if known else None):
                request = partial(self._request, lambda: self._upstream(name).resolve(name))
                return await self._resolving.run(name, request)
        except (NbdockError, TimeoutError):
            if known is None:
                raise
            return known

    async def _add(self, name: Reference, target: Descriptor) -> None:
        """Download the manifest if the store lacks it, and link its content into the repository."""
        if not await asyncio.to_thread(self.store.has, target):
            raw = await self._request(lambda: read(self._upstream(name), target))
            await asyncio.to_thread(self.store.write, target, [raw])
        await asyncio.to_thread(self._link, name, target)

    def _link(self, name: Reference, target: Descriptor) -> None:
        manifest = self.store.manifest(target)
        for each in (target, *(manifest.children if manifest else ())):
            self.repositories.link(name.repository, each)
        self._tag_complete({name: target})

    def _download(self, repository: str, blob: Descriptor) -> Download:
        name = Reference(self._registry, repository)
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

    def _tag_complete(self, added: Mapping[Reference, Descriptor] = _NONE) -> None:
        """Tag what is complete by now. Tags before digests: a manifest of a tagged index needs no name of its own."""
        with self._tagging:
            self._untagged |= added
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


class Download:
    """A blob that is being downloaded; any number of clients read it from the growing file.

    Parameters
    ----------
    open
        Starts the download.
    request
        Runs a function in a thread.
    """

    def __init__(
        self,
        blob: Descriptor,
        open: Callable[[], Iterator[bytes]],
        store: Store,
        request: Callable[[Callable[[], None]], Coroutine[Any, Any, None]],
    ) -> None:
        self._blob, self._open, self._store = blob, open, store
        self._content: Incoming | None = None
        self._loop = asyncio.get_running_loop()
        self._progress = asyncio.Event()
        self.task = asyncio.create_task(request(self._run))
        self.task.add_done_callback(lambda _: self._notify())

    async def chunks(self, part: range) -> AsyncIterator[bytes]:
        """The bytes `part` as they arrive; the blob's last byte only once its digest is verified.

        Raises the error that ended the download.
        """
        position = part.start
        while position < part.stop:
            progress, done = self._progress, self.task.done()
            if done:
                self.task.result()
            chunk = await self._read(position, part.stop if done else min(part.stop, self._blob.size - 1))
            position += len(chunk)
            if chunk:
                yield chunk
            elif done:
                return
            else:
                await progress.wait()

    async def _read(self, start: int, stop: int) -> bytes:
        if self._content is None:
            return b""
        try:
            return await asyncio.to_thread(self._content.read, start, min(CHUNK, stop - start))
        except StoreError:
            await asyncio.shield(self.task)  # raises why the download failed and its content was deleted
            raise

    def _run(self) -> None:
        self._content = content = self._store.incoming()
        try:
            for chunk in self._open():
                content.append(chunk)
                with contextlib.suppress(RuntimeError):  # the loop is closed
                    self._loop.call_soon_threadsafe(self._notify)
            content.keep(self._blob.digest)
        except BaseException:
            content.delete()
            raise

    def _notify(self) -> None:
        """Wake all readers."""
        self._progress.set()
        self._progress = asyncio.Event()
