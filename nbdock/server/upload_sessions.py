"""Upload sessions: blobs that clients have started to push."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass, field

from nbdock.server.errors import APIError
from nbdock.store import Store
from nbdock.store.incoming import Incoming

_EXPIRY = 3600.0
"""Seconds after which an unused session is deleted."""
_MAX_SESSIONS = 1000


@dataclass
class UploadSession:
    """The content received so far. Only the latest request may write: a stalled one must not block its retry."""

    repository: str
    content: Incoming
    writer: object
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    last_used: float = field(default_factory=time.monotonic)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def claim(self, writer: object, part: range | None = None) -> None:
        """Make `writer` the request that may write. Raises APIError (416) if `part` does not start at the end."""
        async with self._lock:
            if part is not None and part.start != self.content.size:
                message = f"the next chunk must start at byte {self.content.size}"
                raise APIError(416, "BLOB_UPLOAD_INVALID", message, headers=self.headers)
            self.writer = writer

    async def append(self, writer: object, chunk: bytes) -> None:
        """Raises APIError (416) if another request has claimed the session, StoreError."""
        async with self._lock:
            if self.writer is not writer:
                raise APIError(416, "BLOB_UPLOAD_INVALID", "another request has taken over this upload")
            self.last_used = time.monotonic()
            await asyncio.to_thread(self.content.append, chunk)

    @property
    def headers(self) -> dict[str, str]:
        """Where to send the next chunk. An empty upload also has the Range `0-0`, as in docker's registry."""
        location = f"/v2/{self.repository}/blobs/uploads/{self.id}"
        return {"Location": location, "Range": f"0-{max(0, self.content.size - 1)}", "Docker-Upload-UUID": self.id}


class UploadSessions:
    """All upload sessions, with their content in files of the store.

    Unused ones expire, and of too many the one that was unused the longest gives way. Together they never take more of
    the disk than they leave free.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sessions: dict[str, UploadSession] = {}

    async def start(self, repository: str, writer: object = None) -> UploadSession:
        """Start a session that `writer` may write to. Raises StoreError."""
        await self.expire()
        if len(self._sessions) >= _MAX_SESSIONS:
            await self.cancel(min(self._sessions.values(), key=lambda session: session.last_used))
        session = UploadSession(repository, await asyncio.to_thread(self._store.incoming), writer)
        self._sessions[session.id] = session
        return session

    async def expire(self) -> None:
        """Delete the sessions that were not used for an hour. Raises StoreError."""
        oldest = time.monotonic() - _EXPIRY
        for expired in [each for each in self._sessions.values() if each.last_used < oldest]:
            await self.cancel(expired)

    async def append(self, session: UploadSession, writer: object, chunk: bytes) -> None:
        """Write to a session. Raises StoreError; APIError: 416 if another request has claimed it, 429 without room."""
        held = sum(each.content.size for each in self._sessions.values())
        if held + len(chunk) > await asyncio.to_thread(self._store.free):
            raise APIError(429, "TOOMANYREQUESTS", "unfinished uploads take as much of the disk as is left")
        await session.append(writer, chunk)

    def get(self, repository: str, id: str) -> UploadSession:
        """The session with this id. Raises APIError (404)."""
        session = self._sessions.get(id)
        if session is None or session.repository != repository:
            raise APIError(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry", id)
        return session

    def end(self, session: UploadSession) -> None:
        """Remove a session whose content is complete or already deleted."""
        self._sessions.pop(session.id, None)

    async def cancel(self, session: UploadSession) -> None:
        """Remove a session and delete its content."""
        self.end(session)
        await asyncio.to_thread(session.content.delete)
