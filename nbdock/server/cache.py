"""A pull-through cache: what the store lacks is fetched from one registry, once, and named when it is whole."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Protocol, TypeVar

from nbdock.errors import NbdockError
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index
from nbdock.oci.reference import Reference
from nbdock.places import Source, read
from nbdock.server.apart import Once, apart
from nbdock.server.fetch import Fetch
from nbdock.server.refusal import Refusal
from nbdock.server.repositories import Repositories
from nbdock.server.shelf import Shelf

T = TypeVar("T")

_AT_ONCE = 16
_PATIENCE = 5.0
"""Seconds that the registry may think about a tag, where the cache has an answer."""
_REMEMBERED = 60.0
_NONE: Mapping[Reference, Descriptor] = MappingProxyType({})


class Upstream(Source, Protocol):
    """A repository of the registry."""

    def tags(self) -> tuple[str, ...]:
        """Every tag."""
        ...


class Cache(Shelf):
    """`upstream` opens the repository of a name of `registry`. A tag is looked up there each time, and answered from
    here where that fails; content is fetched where it is missing.

    A name is given when its image is whole, for one platform at least: until then what came belongs to the path alone.
    """

    def __init__(self, repositories: Repositories, registry: str, upstream: Callable[[Reference], Upstream]) -> None:
        super().__init__(repositories)
        self._registry, self._upstream = registry, upstream
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._resolving: Once[Descriptor] = Once()
        self._taking: Once[None] = Once()
        self._fetches: dict[Digest, Fetch] = {}
        self._unnamed: dict[Reference, Descriptor] = {}
        self._naming = threading.Lock()

    async def manifest(self, path: str, reference: str) -> Descriptor:
        name = self._name(path, reference)
        found = self._unnamed.get(name) or await self._known(path, reference)
        target = found if found and name.digest else await self._resolved(name, found)
        if not await asyncio.to_thread(self._settled, name, target):
            await self._taking(name, lambda: self._take(name, target))
        return target

    async def blob(self, path: str, digest: Digest) -> Descriptor:
        promised = await asyncio.to_thread(list, self.repositories.promised(path, digest))
        return promised[0] if promised else await super().blob(path, digest)

    async def pieces(self, path: str, blob: Descriptor, part: range) -> AsyncIterator[bytes]:
        if blob.digest not in self._fetches and await asyncio.to_thread(self.store.has, blob):
            source = super().pieces(path, blob, part)
        else:
            source = (self._fetches.get(blob.digest) or self._fetch(path, blob)).pieces(part)
        async for piece in source:
            yield piece

    async def tags(self, path: str) -> list[str]:
        name = self._name(path)
        try:
            there = await self._ask(lambda: self._upstream(name).tags())
        except NbdockError:
            return await super().tags(path)
        return list(there)

    def _name(self, path: str, reference: str = "") -> Reference:
        """As the registry knows it. Raises Refusal, InvalidDigest."""
        self.repositories.reference(path)
        name = Reference(self._registry, path)
        if ":" in reference:
            return replace(name, digest=Digest.parse(reference))
        return replace(name, tag=self.repositories.reference(path, reference).tag) if reference else name

    async def _ask(self, work: Callable[[], T]) -> T:
        async with self._slots:
            return await apart(work)

    async def _known(self, path: str, reference: str) -> Descriptor | None:
        with contextlib.suppress(Refusal):
            return await super().manifest(path, reference)
        return None

    async def _resolved(self, name: Reference, known: Descriptor | None) -> Descriptor:
        """What the registry says, or where it says nothing what is known. Raises NbdockError where nothing is."""
        try:
            async with asyncio.timeout(_PATIENCE if known else None):
                return await self._resolving(name, lambda: self._ask(lambda: self._upstream(name).resolve(name)))
        except (NbdockError, TimeoutError):
            if known is None:
                raise
            return known

    def _settled(self, name: Reference, target: Descriptor) -> bool:
        """It is here under this name, so that there is nothing left to do."""
        if not self.store.has(target):
            return False
        if name.digest:
            return name.digest in self.repositories.at(name.repository).manifests
        return any(each.reference == name and each.target == target for each in self.store.names())

    async def _take(self, name: Reference, target: Descriptor) -> None:
        """Fetch the manifest if it is missing, and let the path have what it names."""
        if not await asyncio.to_thread(self.store.has, target):
            raw = await self._ask(lambda: read(self._upstream(name), target))
            await asyncio.to_thread(self.store.write, target, [raw])
        await asyncio.to_thread(self._admit, name, target)

    def _admit(self, name: Reference, target: Descriptor) -> None:
        document = self.store.document(target)
        for each in (target, *(document.children if document else ())):
            self.repositories.admit(name.repository, each)
        self._give_names({name: target})

    def _fetch(self, path: str, blob: Descriptor) -> Fetch:
        name = Reference(self._registry, path)
        fetch = Fetch(blob, lambda: self._upstream(name).open(blob), self.store.incoming, self._ask)
        self._fetches[blob.digest] = fetch
        fetch.task.add_done_callback(lambda ended: self._fetched(blob.digest, ended))
        return fetch

    def _fetched(self, digest: Digest, ended: asyncio.Task[None]) -> None:
        """A failed one begins anew when it is asked for; who looked for the blob just before it came still finds it."""
        failed = ended.cancelled() or ended.exception()
        loop = asyncio.get_running_loop()
        loop.call_later(0 if failed else _REMEMBERED, self._fetches.pop, digest, None)
        loop.run_in_executor(None, self._give_names)

    def _give_names(self, more: Mapping[Reference, Descriptor] = _NONE) -> None:
        """To what is whole by now: by tag first, since a manifest that an index has needs no name of its own."""
        with self._naming:
            self._unnamed |= more
            for name, target in sorted(self._unnamed.items(), key=lambda item: item[0].digest is not None):
                if self._settled(name, target) or self._tagged(name, target):
                    del self._unnamed[name]

    def _tagged(self, name: Reference, target: Descriptor) -> bool:
        """It is whole, or one image that an index has is, and has its name now."""
        document = self.store.document(target)
        for image in (None, *(document.images if isinstance(document, Index) else ())):
            with contextlib.suppress(NbdockError):
                self.store.tag(name, target, image)
                return True
        return False
