"""Where the content of answers comes from: the store, read in threads so that the loop stays free."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.places import read
from nbdock.server.repositories import Repositories


class Shelf:
    """What is in the store. A pull-through cache is a Shelf that fetches what is missing."""

    def __init__(self, repositories: Repositories) -> None:
        self.repositories = repositories
        self.store = repositories.store

    async def manifest(self, path: str, reference: str) -> Descriptor:
        """What a tag or a digest stands for, and it is in the store. Raises Refusal, InvalidDigest."""
        return await asyncio.to_thread(self.repositories.manifest, path, reference)

    async def document(self, descriptor: Descriptor) -> bytes:
        """The bytes of a manifest. Raises IntegrityError, BlobNotFound."""
        return await asyncio.to_thread(read, self.store, descriptor)

    async def blob(self, path: str, digest: Digest) -> Descriptor:
        """A blob that the path has. Raises Refusal."""
        return await asyncio.to_thread(self.repositories.blob, path, digest)

    async def pieces(self, path: str, blob: Descriptor, part: range) -> AsyncIterator[bytes]:
        """A part of a blob, piece by piece. Raises BlobNotFound, StoreError."""
        left = len(part)
        if not left:
            return
        chunks = await asyncio.to_thread(self.store.open, blob, part.start)
        while left and (piece := await asyncio.to_thread(next, chunks, b"")):
            yield piece[:left]
            left -= len(piece[:left])

    async def tags(self, path: str) -> list[str]:
        """Every tag of the path. Raises Refusal where there is no such repository."""
        return await asyncio.to_thread(self.repositories.tags, path)
