"""The base request handler: authentication, request bodies, error responses and timeouts."""

from __future__ import annotations

from asyncio import Future
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, cast

from tornado.http1connection import HTTP1Connection
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler, stream_request_body

from nbdock.errors import NbdockError
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.fields import natural
from nbdock.server.access import Access
from nbdock.server.content import Content
from nbdock.server.errors import APIError, error_response
from nbdock.server.events import Metrics, Origin
from nbdock.server.listener import ClientTimer
from nbdock.server.origins import Origins
from nbdock.server.repositories import Repositories
from nbdock.server.upload_sessions import UploadSessions

_MAX_DISCARDED = 8 * 1024 * 1024
"""Bytes of a request body that are read and discarded so that the connection can be used again."""
_MAX_HELD = 64 * 1024 * 1024


class Bodies:
    """The request bodies that are held in memory, of all clients together."""

    def __init__(self) -> None:
        self._held = 0

    def hold(self, size: int) -> None:
        """Hold so many bytes more, or less. Raises APIError (429) if there is no room."""
        if size > 0 and self._held + size > _MAX_HELD:
            message = "too many manifests are being pushed at the moment"
            raise APIError(429, "TOOMANYREQUESTS", message, headers={"Retry-After": "1"})
        self._held += size


@dataclass(frozen=True, slots=True)
class Services:
    """What all handlers share."""

    repositories: Repositories
    content: Content
    uploads: UploadSessions
    origins: Origins
    bodies: Bodies
    access: Access
    metrics: Metrics
    proxy: str = ""


@stream_request_body
class Handler(RequestHandler):
    """Handles a request in three steps: `before_body`, `receive` for each chunk of the body, then the HTTP method.

    An error in the first two steps is sent after the body, since many clients read no response before they have sent
    all of the request. A long body is not waited for: the connection is closed instead.
    """

    def initialize(self, services: Services) -> None:
        self.services = services
        self.timer = ClientTimer(self.close_connection)
        self._error: Exception | None = None
        self._digest: Digest | None = None
        self.user = ""
        self.origin: Origin = ""
        self.failure = ""
        self._discardable = _MAX_DISCARDED

    async def before_body(self, *path_args: Any, **_: Any) -> None:
        """Check the request before its body is read. Raises APIError, NbdockError."""

    async def receive(self, chunk: bytes) -> None:
        """Discard an unexpected request body. Handlers that take one override this. Raises APIError, NbdockError."""
        self._discard(len(chunk), APIError(413, "SIZE_INVALID", "this request takes no body"))

    async def prepare(self) -> None:
        method = str(self.request.method).lower()
        setattr(self, method, partial(self._after_body, getattr(self, method)))
        try:
            await self._authorize()
            await self.before_body(*self.path_args)
        except (APIError, NbdockError) as error:
            self._fail(error)
        self.timer.start()

    async def data_received(self, chunk: bytes) -> None:
        self.timer.cancel(len(chunk))
        try:
            if self._error:
                self._discard(len(chunk), self._error)
            else:
                await self.receive(chunk)
        except (APIError, NbdockError) as error:
            self._fail(error)
        self.timer.start()

    def set_default_headers(self) -> None:
        self.set_header("Server", "nbdock")
        self.set_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")

    def compute_etag(self) -> str | None:
        """The digest of a manifest or blob; other responses have no Etag."""
        return f'"{self._digest}"' if self._digest else None

    def has_client(self, digest: Digest, media_type: str) -> bool:
        """Set the headers of a manifest or blob. Whether the client has it already; the response is then 304."""
        self._digest = digest
        self.set_header("Docker-Content-Digest", str(digest))
        self.set_header("Content-Type", media_type)
        self.set_etag_header()
        if found := self.check_etag_header():
            self.set_status(304)
        return found

    def send_headers(self, status: int, headers: Mapping[str, str]) -> None:
        """Send a response that has headers only."""
        self.set_status(status)
        for name, value in headers.items():
            self.set_header(name, value)

    def send_created(self, location: str, digest: Digest) -> None:
        """Send the location of a manifest or blob that was pushed."""
        self.send_headers(201, {"Location": location, "Docker-Content-Digest": str(digest)})

    async def send_content(self, repository: str, content: Descriptor, part: range) -> None:
        """Send some bytes of a manifest or blob, of which no more than a chunk is in memory."""
        self.set_header("Content-Length", str(len(part)))
        if self.request.method == "GET":
            await self.stream(self.services.content.chunks(repository, content, part))

    async def stream(self, chunks: AsyncIterator[bytes]) -> None:
        """Send the body at the speed of the client.

        If `chunks` raises after the first one, the connection is closed: the client sees that the body is incomplete.
        """
        started = False
        try:
            async for chunk in chunks:
                started = True
                self.write(chunk)
                self.services.metrics.sent(self.origin, len(chunk))
                self.timer.start()
                await self.flush()
                self.timer.cancel(len(chunk))
        except (NbdockError, StreamClosedError) as error:
            if not started:
                raise
            self.failure = _why(error)
            self.close_connection()

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> Future[None]:
        """End the response. The client must receive it in time."""
        sent = super().finish(chunk)
        self.timer.start()
        sent.add_done_callback(lambda _: self.timer.cancel())
        return sent

    def close_connection(self) -> None:
        """Close the connection to the client."""
        cast(HTTP1Connection, self.request.connection).close()

    def on_finish(self) -> None:
        self.timer.cancel()
        self.services.metrics.answered(str(self.request.method), self.get_status())

    def on_connection_close(self) -> None:
        self.timer.cancel()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs["exc_info"][1] if "exc_info" in kwargs else HTTPError(status_code)
        self.failure, response = _why(error), error_response(error)
        self.send_headers(response.status, response.headers)
        self.finish(response.json())

    def log_exception(
        self, typ: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Log only unexpected exceptions, in the server's own log; the client is told of all others."""
        if not isinstance(value, APIError | NbdockError | HTTPError | StreamClosedError):
            super().log_exception(typ, value, tb)

    async def _authorize(self) -> None:
        self.services.origins.check(self.request.headers)
        repository, authorization = next(iter(self.path_args), ""), self.request.headers.get("Authorization", "")
        self.user = await self.services.access.check(str(self.request.method), repository, authorization)

    async def _after_body(self, method: Callable[..., Awaitable[None]], *path_args: str) -> None:
        self.timer.cancel()
        if self._error:
            raise self._error
        await method(*path_args)

    def _fail(self, error: Exception) -> None:
        """Send this error after the body, or now if the body is too long to discard."""
        self._error = error
        length = self.request.headers.get("Content-Length", "0")
        self._discard(natural(length) or 0, error)

    def _discard(self, length: int, error: Exception) -> None:
        """Count discarded bytes; beyond the limit the error is sent at once and the connection closed."""
        self._discardable -= length
        if self._discardable < 0:
            self.send_error(exc_info=(type(error), error, error.__traceback__))


def _why(error: BaseException) -> str:
    """Why a request failed, for the log."""
    return "the connection was closed" if isinstance(error, StreamClosedError) else str(error)
