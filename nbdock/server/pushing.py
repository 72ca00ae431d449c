"""Blobs on their way in (OCI distribution spec, "Pushing blobs")."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from nbdock.errors import DigestMismatch, StoreError
from nbdock.oci.digest import Digest
from nbdock.server import ranges
from nbdock.server.refusal import Code, Refusal
from nbdock.server.route import Route
from nbdock.server.uploads import Upload


class _Pushing(Route):
    """What both routes of an upload do: take bytes, and keep them under a digest in the end."""

    writing: Upload | None = None
    """What the body goes to."""

    async def write_to(self, upload: Upload, part: range | None = None) -> None:
        """Raises Refusal where the `part` does not begin where the upload is."""
        await upload.claim(self, part)
        self.writing = upload

    async def receive(self, piece: bytes) -> None:
        if not self.writing:
            await super().receive(piece)
            return
        try:
            await self.writing.append(self, piece)
        except StoreError:
            self.site.uploads.end(self.writing)
            raise

    async def keep(self, path: str, upload: Upload, digest: Digest) -> None:
        """Raises Refusal where the content has another digest, and nothing is kept then; StoreError."""
        await upload.claim(self)
        self.site.uploads.end(upload)
        try:
            blob = await asyncio.to_thread(upload.content.keep, digest)
        except DigestMismatch as error:
            raise Refusal(HTTPStatus.BAD_REQUEST, Code.DIGEST_INVALID, str(error)) from None
        self.site.repositories.admit(path, blob)
        self.created(path, digest)

    def created(self, path: str, digest: Digest) -> None:
        headers = {"Location": f"/v2/{path}/blobs/{digest}", "Docker-Content-Digest": str(digest)}
        self.moved(HTTPStatus.CREATED, headers)

    def digest(self, name: str = "digest") -> Digest | None:
        """Of the query. Raises InvalidDigest."""
        text = self.get_query_argument(name, "")
        return Digest.parse(text) if text else None


class UploadsRoute(_Pushing):
    """`/v2/<name>/blobs/uploads/`: an upload begins; or all of it is in this request; or it is mounted."""

    async def begin(self, path: str) -> None:
        self.site.repositories.reference(path)
        if self.digest():
            await self.write_to(await self.site.uploads.begin(path))

    async def post(self, path: str) -> None:
        digest = self.digest() or await self._mounted(path)
        if digest and self.writing:
            await self.keep(path, self.writing, digest)
        elif digest:
            self.created(path, digest)
        else:
            upload = await self.site.uploads.begin(path)
            self.moved(HTTPStatus.ACCEPTED, upload.headers)

    async def _mounted(self, path: str) -> Digest | None:
        """What is to be mounted, if that could be done."""
        digest = self.digest("mount")
        if digest is None:
            return None
        origin = self.get_query_argument("from", "")
        mounted = await asyncio.to_thread(self.site.changes.mount, path, digest, origin)
        return digest if mounted else None

    def on_connection_close(self) -> None:
        """Nobody was told of an upload that was to come in one request."""
        super().on_connection_close()
        if self.writing:
            self.site.uploads.end(self.writing)
            asyncio.get_running_loop().run_in_executor(None, self.writing.content.drop)


class UploadRoute(_Pushing):
    """`/v2/<name>/blobs/uploads/<id>`."""

    async def begin(self, path: str, id: str) -> None:
        upload = self.site.uploads.find(path, id)
        if self.request.method == "PUT":
            self._final()
        if self.request.method in ("PATCH", "PUT"):
            await self.write_to(upload, self._part())

    async def patch(self, path: str, id: str) -> None:
        self.moved(HTTPStatus.ACCEPTED, self.site.uploads.find(path, id).headers)

    async def put(self, path: str, id: str) -> None:
        await self.keep(path, self.site.uploads.find(path, id), self._final())

    async def get(self, path: str, id: str) -> None:
        self.moved(HTTPStatus.NO_CONTENT, self.site.uploads.find(path, id).headers)

    async def delete(self, path: str, id: str) -> None:
        await self.site.uploads.drop(self.site.uploads.find(path, id))
        self.set_status(HTTPStatus.NO_CONTENT)

    def _final(self) -> Digest:
        digest = self.digest()
        if digest is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, Code.DIGEST_INVALID, "an upload ends with its digest")
        return digest

    def _part(self) -> range | None:
        """Where the body belongs, if it says so. Raises Refusal."""
        header, length = (self.request.headers.get(name, "") for name in ("Content-Range", "Content-Length"))
        part = ranges.chunk(header) if header else None
        if part and length and length != str(len(part)):
            raise Refusal(HTTPStatus.BAD_REQUEST, Code.SIZE_INVALID, "the body is not as long as its Content-Range")
        return part
