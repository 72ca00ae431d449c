"""Pull and delete blobs (OCI distribution spec, "Pulling blobs", "Deleting Blobs"; range requests: RFC 9110, 14)."""

from __future__ import annotations

import asyncio
import re

from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.server.errors import APIError
from nbdock.server.handler import Handler

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class BlobHandler(Handler):
    """`/v2/<name>/blobs/<digest>`."""

    async def get(self, repository: str, digest: str) -> None:
        blob, self.origin = await self.services.content.blob(repository, Digest.parse(digest))
        self.set_header("Cache-Control", "max-age=31536000, immutable")
        self.set_header("Accept-Ranges", "bytes")
        if not self.has_client(blob.digest, media.OCTETS):
            await self.send_content(repository, blob, self._requested_part(blob))

    head = get

    async def delete(self, repository: str, digest: str) -> None:
        await asyncio.to_thread(self.services.repositories.delete_blob, repository, Digest.parse(digest))
        self.set_status(202)

    def _requested_part(self, blob: Descriptor) -> range:
        """The bytes to send: all of the blob, or the Range of a GET (if its If-Range names this blob)."""
        header, if_range = (self.request.headers.get(name, "") for name in ("Range", "If-Range"))
        honoured = self.request.method == "GET" and if_range in ("", f'"{blob.digest}"')
        part = parse_range(header, blob.size) if honoured else None
        if part is None:
            return range(blob.size)
        self.set_status(206)
        self.set_header("Content-Range", f"bytes {part.start}-{part.stop - 1}/{blob.size}")
        return part


def parse_range(header: str, size: int) -> range | None:
    """The bytes that a Range header asks for, of `size`. Raises APIError (416) if they are outside the content.

    None if there is no Range, or one that a server may ignore: several ranges, or another unit.
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        part = range(max(0, size - int(found[2])), size)
    else:
        part = range(int(found[1]), min(size, int(found[2]) + 1 if found[2] else size))
    if not part:
        headers = {"Content-Range": f"bytes */{size}"}
        raise APIError(416, "SIZE_INVALID", "the range is outside the blob", headers=headers)
    return part
