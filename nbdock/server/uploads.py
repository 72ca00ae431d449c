"""Push blobs: in one request, in two, in chunks, or by mounting (OCI distribution spec, "Pushing blobs")."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus

from nbdock.errors import DigestMismatch, StoreError
from nbdock.oci.digest import Digest
from nbdock.server.errors import APIError, ErrorCode
from nbdock.server.handler import Handler
from nbdock.server.upload_sessions import UploadSession

_CONTENT_RANGE = re.compile(r"(?:bytes[ =])?(\d{1,18})-(\d{1,18})(?:/.*)?", re.ASCII)


class _BlobWriter(Handler):
    """Writes the request body to an upload session, and keeps the content under its digest."""

    session: UploadSession | None = None
    """Where the request body goes; without one it is discarded."""

    async def write_to(self, session: UploadSession, part: range | None = None) -> None:
        """Write the body to the session. Raises APIError (416) if `part` is not what comes next."""
        await session.claim(self, part)
        self.session = session

    async def receive(self, chunk: bytes) -> None:
        if not self.session:
            await super().receive(chunk)
            return
        try:
            await self.session.append(self, chunk)
        except StoreError:
            self.services.uploads.end(self.session)
            raise

    async def keep(self, repository: str, session: UploadSession, digest: Digest) -> None:
        """End the session and link the blob into the repository. Raises StoreError; APIError on another digest."""
        await session.claim(self)
        self.services.uploads.end(session)
        try:
            blob = await asyncio.to_thread(session.content.keep, digest)
        except DigestMismatch as error:
            raise APIError(HTTPStatus.BAD_REQUEST, ErrorCode.DIGEST_INVALID, str(error)) from None
        self.services.repositories.link(repository, blob)
        self.send_created(repository, digest)

    def send_created(self, repository: str, digest: Digest) -> None:
        headers = {"Location": f"/v2/{repository}/blobs/{digest}", "Docker-Content-Digest": str(digest)}
        self.send_headers(HTTPStatus.CREATED, headers)

    def query_digest(self, name: str = "digest") -> Digest | None:
        """A digest from the query, None if it is absent or empty. Raises InvalidDigest."""
        text = self.get_query_argument(name, "")
        return Digest.parse(text) if text else None


class UploadsHandler(_BlobWriter):
    """`/v2/<name>/blobs/uploads/`: start an upload, push a blob in this one request, or mount one."""

    async def before_body(self, repository: str) -> None:
        self.services.repositories.reference(repository)
        if self.query_digest():
            await self.write_to(await self.services.uploads.start(repository))

    async def post(self, repository: str) -> None:
        digest = self.query_digest() or await self._mount(repository)
        if digest and self.session:
            await self.keep(repository, self.session, digest)
        elif digest:
            self.send_created(repository, digest)
        else:
            session = await self.services.uploads.start(repository)
            self.send_headers(HTTPStatus.ACCEPTED, session.headers)

    async def _mount(self, repository: str) -> Digest | None:
        """The digest of the mounted blob; None if there is no such blob, or nothing to mount."""
        digest = self.query_digest("mount")
        if digest is None:
            return None
        source = self.get_query_argument("from", "")
        mounted = await asyncio.to_thread(self.services.changes.mount, repository, digest, source)
        return digest if mounted else None

    def on_connection_close(self) -> None:
        """Delete the content of a push in one request: the client does not know its session and cannot resume it."""
        super().on_connection_close()
        if self.session:
            self.services.uploads.end(self.session)
            asyncio.get_running_loop().run_in_executor(None, self.session.content.delete)


class UploadHandler(_BlobWriter):
    """`/v2/<name>/blobs/uploads/<session id>`."""

    async def before_body(self, repository: str, id: str) -> None:
        session = self.services.uploads.get(repository, id)
        if self.request.method == "PUT":
            self._final_digest()
        if self.request.method in ("PATCH", "PUT"):
            await self.write_to(session, self._content_range())

    async def patch(self, repository: str, id: str) -> None:
        self.send_headers(HTTPStatus.ACCEPTED, self.services.uploads.get(repository, id).headers)

    async def put(self, repository: str, id: str) -> None:
        await self.keep(repository, self.services.uploads.get(repository, id), self._final_digest())

    async def get(self, repository: str, id: str) -> None:
        self.send_headers(HTTPStatus.NO_CONTENT, self.services.uploads.get(repository, id).headers)

    async def delete(self, repository: str, id: str) -> None:
        await self.services.uploads.cancel(self.services.uploads.get(repository, id))
        self.set_status(HTTPStatus.NO_CONTENT)

    def _final_digest(self) -> Digest:
        digest = self.query_digest()
        if digest is None:
            raise APIError(HTTPStatus.BAD_REQUEST, ErrorCode.DIGEST_INVALID, "the digest parameter is missing")
        return digest

    def _content_range(self) -> range | None:
        """The part of the blob that the body is, None if the request does not say. Raises APIError."""
        header, length = (self.request.headers.get(name, "") for name in ("Content-Range", "Content-Length"))
        part = parse_content_range(header) if header else None
        if part and length and length != str(len(part)):
            message = "Content-Length does not match Content-Range"
            raise APIError(HTTPStatus.BAD_REQUEST, ErrorCode.SIZE_INVALID, message)
        return part


def parse_content_range(header: str) -> range:
    """The bytes that a chunk is; the spec's Content-Range is only `FIRST-LAST`. Raises APIError (400)."""
    found = _CONTENT_RANGE.fullmatch(header.strip())
    if found is None or int(found[2]) < int(found[1]):
        message = "Content-Range must be FIRST-LAST"
        raise APIError(HTTPStatus.BAD_REQUEST, ErrorCode.BLOB_UPLOAD_INVALID, message, header)
    return range(int(found[1]), int(found[2]) + 1)
