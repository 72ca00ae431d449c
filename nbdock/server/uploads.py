"""Push blobs: in one request, in two, in chunks, or by mounting (OCI distribution spec, "Pushing blobs")."""

from __future__ import annotations

import asyncio
import re

from nbdock.errors import DigestMismatch, StoreError
from nbdock.oci.digest import Digest
from nbdock.server.errors import APIError, invalid_request
from nbdock.server.handler import Handler
from nbdock.server.upload_sessions import UploadSession

_CONTENT_RANGE = re.compile(r"(?:bytes[ =])?(\d{1,18})-(\d{1,18})(?:/.*)?", re.ASCII)


class _BlobWriter(Handler):
    """Writes the request body to an upload session, and keeps the content under its digest."""

    session: UploadSession | None = None
    """Where the request body goes; without one it is discarded."""

    async def receive(self, chunk: bytes) -> None:
        if not self.session:
            await super().receive(chunk)
            return
        try:
            await self.services.uploads.append(self.session, self, chunk)
        except StoreError:
            self.services.uploads.end(self.session)
            raise

    async def keep(self, repository: str, session: UploadSession, digest: Digest) -> None:
        """End the session and link the blob into the repository. Raises StoreError; APIError on another digest."""
        await session.claim(self)
        self.services.uploads.end(session)
        with invalid_request("DIGEST_INVALID", DigestMismatch):
            blob = await asyncio.to_thread(session.content.keep, digest)
        self.services.repositories.link(repository, blob)
        self.send_blob(repository, digest)

    def send_blob(self, repository: str, digest: Digest) -> None:
        self.send_created(f"/v2/{repository}/blobs/{digest}", digest)

    def query_digest(self, name: str = "digest") -> Digest | None:
        """A digest from the query, None if it is absent or empty. Raises InvalidDigest."""
        text = self.get_query_argument(name, "")
        return Digest.parse(text) if text else None


class UploadsHandler(_BlobWriter):
    """`/v2/<name>/blobs/uploads/`: start an upload, push a blob in this one request, or mount one."""

    async def before_body(self, repository: str) -> None:
        self.services.repositories.name(repository)
        if self.query_digest():
            self.session = await self.services.uploads.start(repository, writer=self)

    async def post(self, repository: str) -> None:
        digest = self.query_digest() or await self._mount(repository)
        if digest and self.session:
            await self.keep(repository, self.session, digest)
        elif digest:
            self.send_blob(repository, digest)
        else:
            session = await self.services.uploads.start(repository)
            self.send_headers(202, session.headers)

    async def _mount(self, repository: str) -> Digest | None:
        """The digest of the mounted blob; None if there is no such blob, or nothing to mount."""
        digest = self.query_digest("mount")
        if digest is None:
            return None
        source = self.get_query_argument("from", "")
        mounted = await asyncio.to_thread(self.services.repositories.mount, repository, digest, source)
        return digest if mounted else None

    def on_connection_close(self) -> None:
        """Delete the content of a push in one request: the client does not know its session and cannot resume it."""
        super().on_connection_close()
        if self.session:
            self.services.uploads.end(self.session)
            asyncio.get_running_loop().run_in_executor(None, self.session.content.delete)


class UploadHandler(_BlobWriter):
    """`/v2/<name>/blobs/uploads/<session id>`: push a chunk, end the upload, ask how far it is, or cancel it."""

    async def before_body(self, repository: str, id: str) -> None:
        session = self.services.uploads.get(repository, id)
        if self.request.method == "PUT":
            self._final_digest()
        if self.request.method in ("PATCH", "PUT"):
            await session.claim(self, self._content_range())
            self.session = session

    async def patch(self, repository: str, id: str) -> None:
        self.send_headers(202, self.services.uploads.get(repository, id).headers)

    async def put(self, repository: str, id: str) -> None:
        await self.keep(repository, self.services.uploads.get(repository, id), self._final_digest())

    async def get(self, repository: str, id: str) -> None:
        self.send_headers(204, self.services.uploads.get(repository, id).headers)

    async def delete(self, repository: str, id: str) -> None:
        await self.services.uploads.cancel(self.services.uploads.get(repository, id))
        self.set_status(204)

    def _final_digest(self) -> Digest:
        return Digest.parse(self.get_query_argument("digest", ""))

    def _content_range(self) -> range | None:
        """The part of the blob that the body is, None if the request does not say. Raises APIError."""
        header, length = (self.request.headers.get(name, "") for name in ("Content-Range", "Content-Length"))
        part = parse_content_range(header) if header else None
        if part and length and length != str(len(part)):
            raise APIError(400, "SIZE_INVALID", "Content-Length does not match Content-Range")
        return part


def parse_content_range(header: str) -> range:
    """The bytes that a chunk is; the spec's Content-Range is only `FIRST-LAST`. Raises APIError (400)."""
    found = _CONTENT_RANGE.fullmatch(header.strip())
    if found is None or int(found[2]) < int(found[1]):
        raise APIError(400, "BLOB_UPLOAD_INVALID", "Content-Range must be FIRST-LAST", header)
    return range(int(found[1]), int(found[2]) + 1)
