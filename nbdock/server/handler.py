"""What every route does: who asks, what may be asked, and how an error is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, cast

from tornado.http1connection import HTTP1Connection
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler, stream_request_body

from nbdock.errors import NbdockError
from nbdock.oci.digest import Digest
from nbdock.server import refusal
from nbdock.server.changes import Changes
from nbdock.server.refusal import Code, Refusal
from nbdock.server.repositories import Repositories
from nbdock.server.shelf import Shelf
from nbdock.server.uploads import Uploads
from nbdock.server.users import Users

PATIENCE = 60.0
"""Seconds that a client may let us wait for its next bytes, or for taking ours."""
_DAY = 24 * 3600.0
_WORTH_READING = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Site:
    """What the routes share."""

    repositories: Repositories
    shelf: Shelf
    changes: Changes
    uploads: Uploads
    users: Users | None = None
    writable: bool = False


class Patience:
    """Calls `give_up` where something that is waited for does not come in time."""

    def __init__(self, give_up: Callable[[], None]) -> None:
        self._give_up = give_up
        self._timer: asyncio.TimerHandle | None = None

    def wait(self) -> None:
        """From now on."""
        self.rest()
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._give_up)

    def rest(self) -> None:
        """It came, or is not waited for any more."""
        if self._timer:
            self._timer.cancel()


@stream_request_body
class Handler(RequestHandler):
    """A route. A body that is not asked for is read past."""

    def initialize(self, site: Site) -> None:
        self.site = site
        self.patience = Patience(self.hang_up)

    async def prepare(self) -> None:
        users, writable = self.site.users, self.site.writable
        if users and not await users.admit(self.request.headers.get("Authorization", "")):
            headers = {"WWW-Authenticate": 'Basic realm="nbdock", charset="UTF-8"'}
            raise Refusal(HTTPStatus.UNAUTHORIZED, Code.UNAUTHORIZED, "authentication required", headers=headers)
        if self.request.method not in ("GET", "HEAD") and not writable:
            headers = {"Allow": "GET, HEAD"}
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, Code.UNSUPPORTED, "the registry is read-only", headers=headers)

    async def data_received(self, chunk: bytes) -> None:
        """A piece of the body."""

    def set_default_headers(self) -> None:
        self.set_header("Server", "nbdock")
        self.set_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.set_header("X-Content-Type-Options", "nosniff")

    def compute_etag(self) -> None:
        """Only content with a digest has one."""

    def answer(self, document: dict[str, Any], media_type: str = "application/json") -> None:
        """JSON."""
        self.write(document)
        self.set_header("Content-Type", media_type)

    def moved(self, status: HTTPStatus, headers: dict[str, str]) -> None:
        """An answer without a body, whose headers say where things are."""
        self.set_status(status)
        for name, value in headers.items():
            self.set_header(name, value)

    def describe(self, digest: Digest, media_type: str) -> bool:
        """The headers of content; False where the client has it already."""
        self.set_header("Docker-Content-Digest", str(digest))
        self.set_header("Etag", f'"{digest}"')
        self.set_header("Content-Type", media_type)
        if self.check_etag_header():
            self.set_status(HTTPStatus.NOT_MODIFIED)
            return False
        return True

    async def send(self, pieces: AsyncIterator[bytes]) -> None:
        """The body, no faster than it is taken. Where it breaks off the client hears it from the missing bytes."""
        async with aclosing(pieces):  # type: ignore[type-var]
            try:
                async for piece in pieces:
                    self.write(piece)
                    self.patience.wait()
                    await self.flush()
                    self.patience.rest()
            except (NbdockError, StreamClosedError):
                self.hang_up()

    def hang_up(self) -> None:
        """Close the connection."""
        self._connection.close()

    def on_finish(self) -> None:
        self.patience.rest()

    def on_connection_close(self) -> None:
        self.patience.rest()

    def write_error(self, status_code: int, **given: Any) -> None:
        refused = refusal.of(given["exc_info"][1] if "exc_info" in given else HTTPError(status_code))
        self.moved(refused.status, dict(refused.headers))
        self.finish(refused.json())

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """What clients do wrong is theirs to know."""
        if not isinstance(value, Refusal | NbdockError | HTTPError | StreamClosedError):
            super().log_exception(typ, value, tb)

    @property
    def _connection(self) -> HTTP1Connection:
        return cast(HTTP1Connection, self.request.connection)


class Receiver(Handler):
    """A route whose requests have bodies: `begin` before it, `receive` for each piece; the verb calls `received`.

    What is refused is refused after a short body was read, so that the client hears it and keeps its connection.
    """

    async def begin(self, *path: Any, **_: Any) -> None:
        """What must hold before the body is worth reading. Raises Refusal."""

    async def receive(self, piece: bytes) -> None:
        """Raises Refusal, NbdockError."""

    async def prepare(self) -> None:
        self._failure: Exception | None = None
        self._connection.set_body_timeout(_DAY)  # of the whole: `patience` is for each piece
        self._connection.set_max_body_size(2**62)
        try:
            await super().prepare()
            await self.begin(*self.path_args)
        except (Refusal, NbdockError) as error:
            self._fail(error)
        else:
            self.patience.wait()

    async def data_received(self, chunk: bytes) -> None:
        self.patience.rest()
        if self._failure:
            return
        try:
            await self.receive(chunk)
        except (Refusal, NbdockError) as error:
            self._fail(error)
        else:
            self.patience.wait()

    def received(self) -> None:
        """All of the body is here. Raises what was wrong with the request."""
        self.patience.rest()
        if self._failure:
            raise self._failure

    def _fail(self, error: Exception) -> None:
        length = self.request.headers.get("Content-Length", "")
        self._failure = error
        if not length.isdecimal() or int(length) > _WORTH_READING:
            self.send_error(exc_info=(type(error), error, error.__traceback__))
