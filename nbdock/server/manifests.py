"""Pull, push and delete manifests (OCI distribution spec, "Pulling manifests", "Pushing Manifests")."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from nbdock.oci import media
from nbdock.oci.digest import Digest
from nbdock.server.errors import APIError, ErrorCode
from nbdock.server.handler import Handler


class ManifestHandler(Handler):
    """`/v2/<name>/manifests/<reference>`, where the reference is a tag or a digest."""

    async def before_body(self, repository: str, reference: str) -> None:
        self._body = bytearray()
        length = self.request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > media.MAX_MANIFEST:
            raise _too_large()

    async def receive(self, chunk: bytes) -> None:
        self._body += chunk
        if len(self._body) > media.MAX_MANIFEST:
            raise _too_large()

    async def get(self, repository: str, reference: str) -> None:
        content = self.services.content
        manifest = await content.manifest(repository, reference)
        self.set_content_headers(manifest.digest, manifest.media_type)
        if self.not_modified():
            return
        if self.request.method == "HEAD":
            self.set_header("Content-Length", str(manifest.size))
        else:
            self.write(await content.read_manifest(manifest))

    head = get

    async def put(self, repository: str, reference: str) -> None:
        media_type = self.request.headers.get("Content-Type", "").partition(";")[0].strip()
        tags = self.get_query_arguments("tag")
        put = self.services.changes.put_manifest
        digest, manifest = await asyncio.to_thread(put, repository, reference, bytes(self._body), media_type, tags)
        headers = {"Location": f"/v2/{repository}/manifests/{digest}", "Docker-Content-Digest": str(digest)}
        if manifest.subject:
            headers["OCI-Subject"] = str(manifest.subject.digest)
        if tags:
            headers["OCI-Tag"] = ", ".join(tags)
        self.send_headers(HTTPStatus.CREATED, headers)

    async def delete(self, repository: str, reference: str) -> None:
        changes = self.services.changes
        if ":" in reference:
            await asyncio.to_thread(changes.delete_manifest, repository, Digest.parse(reference))
        else:
            await asyncio.to_thread(changes.delete_tag, repository, reference)
        self.set_status(HTTPStatus.ACCEPTED)


def _too_large() -> APIError:
    message = f"manifest is larger than {media.MAX_MANIFEST} bytes"
    return APIError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, ErrorCode.SIZE_INVALID, message)
