"""What every route does: who asks, what may be asked, and how an error is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
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
from nbdock.server.patience import Patience
from nbdock.server.refusal import Code, Refusal
from nbdock.server.repositories import Repositories
from nbdock.server.shelf import Shelf
from nbdock.server.uploads import Uploads
from nbdock.server.users import Users

_WORTH_READING = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Site:
    """What the routes share."""

    repositories: Repositories
    shelf: Shelf
    changes: Changes
    uploads: Uploads
    users: Users | None = None
    writable: bool = False


@stream_request_body
class Route(RequestHandler):
    """A route: `begin` before the body comes, `receive` for each piece of it, the verb when it is there.

    A refusal is told then too, so that the client hears it and keeps its connection; unless the body is long.
    """

    def initialize(self, site: Site) -> None:
        self.site = site
        self.patience = Patience(self.hang_up)
        self._failure: Exception | None = None
        self._left = _WORTH_READING

    async def begin(self, *path: Any, **_: Any) -> None:
        """What must hold before the body is worth reading. Raises Refusal, NbdockError."""

    async def receive(self, piece: bytes) -> None:
        """A body that nobody asked for is read past. Raises Refusal, NbdockError."""
        self._read_past(
            len(piece), Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Code.SIZE_INVALID, "no body goes here")
        )

    async def prepare(self) -> None:
        verb = str(self.request.method).lower()
        setattr(self, verb, partial(self._answer, getattr(self, verb)))
        self._connection.set_max_body_size(2**62)
        try:
            await self._admit()
            await self.begin(*self.path_args)
        except (Refusal, NbdockError) as error:
            self._fail(error)
        self.patience.wait()

    async def data_received(self, chunk: bytes) -> None:
        self.patience.rest()
        try:
            if self._failure:
                self._read_past(len(chunk), self._failure)
            else:
                await self.receive(chunk)
        except (Refusal, NbdockError) as error:
            self._fail(error)
        self.patience.wait()

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

    def moved(self, status: HTTPStatus, headers: Mapping[str, str]) -> None:
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
        began = False
        try:
            async for piece in pieces:
                began = True
                self.write(piece)
                self.patience.wait()
                await self.flush()
                self.patience.rest()
        except (NbdockError, StreamClosedError):
            if not began:
                raise
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
        self.moved(refused.status, refused.headers)
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

    async def _admit(self) -> None:
        users = self.site.users
        if users and not await users.admit(self.request.headers.get("Authorization", "")):
            headers = {"WWW-Authenticate": 'Basic realm="nbdock", charset="UTF-8"'}
            raise Refusal(HTTPStatus.UNAUTHORIZED, Code.UNAUTHORIZED, "authentication required", headers=headers)
        if self.request.method not in ("GET", "HEAD") and not self.site.writable:
            headers = {"Allow": "GET, HEAD"}
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, Code.UNSUPPORTED, "the registry is read-only", headers=headers)

    async def _answer(self, verb: Callable[..., Awaitable[None]], *path: str) -> None:
        """Now that the body is there."""
        self.patience.rest()
        if self._failure:
            raise self._failure
        await verb(*path)

    def _fail(self, error: Exception) -> None:
        self._failure = error
        length = self.request.headers.get("Content-Length", "0")
        self._read_past(int(length) if length.isdecimal() else 0, error)

    def _read_past(self, length: int, error: Exception) -> None:
        """It is of no use, but to let the client come to its end."""
        self._left -= length
        if self._left < 0:
            self.send_error(exc_info=(type(error), error, error.__traceback__))

    @property
    def _connection(self) -> HTTP1Connection:
        return cast(HTTP1Connection, self.request.connection)
