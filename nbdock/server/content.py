"""Where responses get their content: the store, read in threads so that the event loop is never blocked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.places import read
from nbdock.server.repositories import Repositories


class Content:
    """The content of the store, by repository. The pull-through cache (`cache.py`) adds what its registry has.

    `repository` is always a repository name, the `<name>` of the spec. All methods that take one raise APIError if the
    repository does not exist or lacks the content, or if the name is invalid.
    """

    def __init__(self, repositories: Repositories) -> None:
        self.repositories = repositories
        self.store = repositories.store

    async def manifest(self, repository: str, reference: str) -> Descriptor:
        """The manifest or index of a tag or digest; it is in the store on return. Raises InvalidDigest."""
        return await asyncio.to_thread(self.repositories.manifest, repository, reference)

    async def read_manifest(self, manifest: Descriptor) -> bytes:
        """The verified bytes of a manifest in the store. Raises IntegrityError, BlobNotFound."""
        return await asyncio.to_thread(read, self.store, manifest)

    async def blob(self, repository: str, digest: Digest) -> Descriptor:
        """A blob of the repository."""
        return await asyncio.to_thread(self.repositories.blob, repository, digest)

    async def chunks(self, repository: str, blob: Descriptor, part: range) -> AsyncIterator[bytes]:
        """The bytes `part` of a blob. Raises BlobNotFound, StoreError."""
        left = len(part)
        if not left:
            return
        chunks = await asyncio.to_thread(self.store.open, blob, part.start)
        while left and (chunk := await asyncio.to_thread(next, chunks, b"")):
            yield chunk[:left]
            left -= len(chunk[:left])

    async def catalog(self) -> list[str]:
        """The names of all repositories."""
        return await asyncio.to_thread(self.repositories.names)

    async def tags(self, repository: str) -> list[str]:
        """The tags of a repository."""
        return await asyncio.to_thread(self.repositories.tags, repository)

    async def referrers(self, repository: str, subject: Digest) -> list[Descriptor]:
        """The manifests of the repository whose `subject` is this digest, with artifact types and annotations."""
        return await asyncio.to_thread(self.repositories.referrers, repository, subject)
