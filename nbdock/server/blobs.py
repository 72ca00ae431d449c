"""Blobs: pulled whole or in part, and deleted (OCI distribution spec, "Pulling blobs", "Deleting blobs")."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.server import ranges
from nbdock.server.route import Route


class BlobRoute(Route):
    """`/v2/<name>/blobs/<digest>`."""

    async def get(self, path: str, text: str) -> None:
        blob = await self.site.shelf.blob(path, Digest.parse(text))
        self.set_header("Cache-Control", "max-age=31536000, immutable")
        self.set_header("Accept-Ranges", "bytes")
        if not self.describe(blob.digest, media.OCTETS):
            return
        part = self._part(blob)
        self.set_header("Content-Length", str(len(part)))
        if self.request.method == "GET":
            await self.send(self.site.shelf.pieces(path, blob, part))

    head = get

    async def delete(self, path: str, text: str) -> None:
        await asyncio.to_thread(self.site.changes.delete_blob, path, Digest.parse(text))
        self.set_status(HTTPStatus.ACCEPTED)

    def _part(self, blob: Descriptor) -> range:
        """What is asked for of it."""
        header, condition = (self.request.headers.get(name, "") for name in ("Range", "If-Range"))
        wanted = self.request.method == "GET" and condition in ("", f'"{blob.digest}"')
        part = ranges.requested(header, blob.size) if wanted else None
        if part is None:
            return range(blob.size)
        self.set_status(HTTPStatus.PARTIAL_CONTENT)
        self.set_header("Content-Range", f"bytes {part.start}-{part.stop - 1}/{blob.size}")
        return part
