"""Uploads under way (OCI distribution spec, "Pushing blobs")."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from nbdock.server.refusal import Code, Refusal
from nbdock.store.incoming import Incoming

_IDLE = 3600.0


@dataclass
class Upload:
    """What has come of one blob. The request that wrote last may write: one that hung is overtaken by the next."""

    path: str
    content: Incoming
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    touched: float = field(default_factory=time.monotonic)
    writer: object = None
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def claim(self, writer: object, part: range | None = None) -> None:
        """Let `writer` go on from where the upload is. Raises Refusal where its `part` does not begin there."""
        async with self._writing:
            if part is not None and part.start != self.content.size:
                status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
                message = f"the upload goes on at byte {self.content.size}"
                raise Refusal(status, Code.BLOB_UPLOAD_INVALID, message, headers=self.headers)
            self.writer = writer

    async def append(self, writer: object, piece: bytes) -> None:
        """Raises Refusal where another request has taken over, StoreError."""
        async with self._writing:
            if self.writer is not writer:
                status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
                raise Refusal(status, Code.BLOB_UPLOAD_INVALID, "another request goes on with this upload")
            self.touched = time.monotonic()
            await asyncio.to_thread(self.content.append, piece)

    @property
    def location(self) -> str:
        return f"/v2/{self.path}/blobs/uploads/{self.id}"

    @property
    def headers(self) -> dict[str, str]:
        """Where it goes on. `0-0` is said of nothing too, as docker's registry does."""
        received = f"0-{max(0, self.content.size - 1)}"
        return {"Location": self.location, "Range": received, "Docker-Upload-UUID": self.id}


class Uploads:
    """Every upload under way; one that nobody touches for an hour is dropped when another begins."""

    def __init__(self, incoming: Callable[[], Incoming]) -> None:
        self._incoming = incoming
        self._uploads: dict[str, Upload] = {}

    async def begin(self, path: str) -> Upload:
        """Raises StoreError."""
        for idle in [each for each in self._uploads.values() if time.monotonic() - each.touched > _IDLE]:
            await self.drop(idle)
        upload = Upload(path, await asyncio.to_thread(self._incoming))
        self._uploads[upload.id] = upload
        return upload

    def find(self, path: str, id: str) -> Upload:
        """Raises Refusal."""
        upload = self._uploads.get(id)
        if upload is None or upload.path != path:
            raise Refusal(HTTPStatus.NOT_FOUND, Code.BLOB_UPLOAD_UNKNOWN, "blob upload unknown to registry", id)
        return upload

    def end(self, upload: Upload) -> None:
        """It is done: the content is kept, or gone already."""
        self._uploads.pop(upload.id, None)

    async def drop(self, upload: Upload) -> None:
        """Forget it and what has come of it."""
        self.end(upload)
        await asyncio.to_thread(upload.content.drop)
