"""Manifests: pulled, pushed and deleted by tag or digest (OCI distribution spec, "Pulling manifests" and on)."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from nbdock.oci import media
from nbdock.oci.digest import Digest
from nbdock.server.refusal import Code, Refusal
from nbdock.server.route import Route


class ManifestRoute(Route):
    """`/v2/<name>/manifests/<reference>`."""

    async def begin(self, path: str, reference: str) -> None:
        self._body = bytearray()
        length = self.request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > media.MAX_MANIFEST:
            raise _too_large()

    async def receive(self, piece: bytes) -> None:
        self._body += piece
        if len(self._body) > media.MAX_MANIFEST:
            raise _too_large()

    async def get(self, path: str, reference: str) -> None:
        manifest = await self.site.shelf.manifest(path, reference)
        if not self.describe(manifest.digest, manifest.media_type):
            return
        if self.request.method == "HEAD":
            self.set_header("Content-Length", str(manifest.size))
        else:
            self.write(await self.site.shelf.document(manifest))

    head = get

    async def put(self, path: str, reference: str) -> None:
        media_type = self.request.headers.get("Content-Type", "").partition(";")[0].strip()
        tags = self.get_query_arguments("tag")
        put = self.site.changes.put
        manifest, document = await asyncio.to_thread(put, path, reference, bytes(self._body), media_type, tags)
        headers = {"Location": f"/v2/{path}/manifests/{manifest.digest}", "Docker-Content-Digest": str(manifest.digest)}
        if document.subject:
            headers["OCI-Subject"] = str(document.subject.digest)
        if tags:
            headers["OCI-Tag"] = ", ".join(tags)
        self.moved(HTTPStatus.CREATED, headers)

    async def delete(self, path: str, reference: str) -> None:
        changes = self.site.changes
        if ":" in reference:
            await asyncio.to_thread(changes.delete_manifest, path, Digest.parse(reference))
        else:
            await asyncio.to_thread(changes.delete_tag, path, reference)
        self.set_status(HTTPStatus.ACCEPTED)


def _too_large() -> Refusal:
    message = f"a manifest has at most {media.MAX_MANIFEST} bytes"
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Code.SIZE_INVALID, message)
