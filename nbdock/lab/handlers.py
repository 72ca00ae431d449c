"""What the panel asks over HTTP, and the socket on which it is told what happens. Who may ask is Jupyter's own
decision: its login, XSRF and Origin checks, its authorizer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import url_path_join
from tornado import web, websocket

from nbdock.lab.desk import Desk, Page

if TYPE_CHECKING:
    from nbdock.back.backend import Backend
    from nbdock.back.jobs import Job

_LONGEST = 8 << 20
"""Bytes of a question: the ids of a hundred thousand images."""


def routes(settings: dict[str, Any], root: str) -> list[Any]:
    """The addresses, below whatever JupyterHub or Binder put before them."""
    shared = {"desk": Desk(Path(root), settings["last_activity_times"])}
    paths = {r"ask/(\w+)": AskHandler, "events": EventsHandler}
    base = settings["base_url"]
    return [(url_path_join(base, "nbdock", path), handler, shared) for path, handler in paths.items()]


class _Handler(JupyterHandler):
    auth_resource = "nbdock"

    def initialize(self, desk: Desk) -> None:
        self.desk = desk

    def backend(self) -> Backend:
        """The one of the store and platform that the page's settings say."""
        return self.desk.backend(*(self.get_query_argument(name, "") for name in ("store", "platform", "at_once")))


@web.stream_request_body
class AskHandler(_Handler, APIHandler):
    """A question of `nbdock.back`, with its values as JSON. A page that goes away cancels it."""

    _job: Job | None = None
    _gone = False
    _is_read = False

    async def prepare(self) -> None:  # type: ignore[override] # as APIHandler's
        self._body = bytearray()
        self.request.connection.set_max_body_size(_LONGEST)  # type: ignore[union-attr]
        await super().prepare()

    def data_received(self, chunk: bytes) -> None:
        self._body += chunk

    @web.authenticated
    @authorized
    async def post(self, name: str) -> None:
        from nbdock.errors import UsageError

        self._is_read = True
        try:
            asked = json.loads(self._body or b"{}")
            if not isinstance(asked, dict):
                raise ValueError
        except (ValueError, RecursionError):
            raise UsageError("a question is a JSON object") from None
        answer = await self.desk.run(lambda: self._answer(name, asked))
        if not self._gone:
            self.finish(answer)

    def _answer(self, name: str, asked: dict[str, Any]) -> str:
        """In a thread."""
        from nbdock.back.jobs import Job

        self._job = Job()
        if self._gone:
            self._job.cancel()
        return json.dumps(self.backend().ask(name, asked, self._job))

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._gone = True
        if self._job:
            self._job.cancel()

    def write_error(self, status_code: int, **about: Any) -> None:
        """A refusal is nbdock's own sentence, with its hint and the name of its kind."""
        if not self._is_read:  # what is left of the question is no other request
            self.set_header("Connection", "close")
        error = (about.get("exc_info") or (None, None))[1]
        if told := _described(error):
            self.set_status(_status(error))
            self.finish(json.dumps(told))
        else:
            super().write_error(status_code, **about)

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        if not _described(error):
            super().log_exception(kind, error, trace)


class EventsHandler(WebSocketMixin, websocket.WebSocketHandler, _Handler):
    """All that a page must know, as it happens: at first what is shown already, then what changes."""

    _leave: Callable[[], None] | None = None

    @ws_authenticated
    @authorized
    async def get(self, *args: Any, **values: Any) -> None:
        await super().get(*args, **values)

    async def open(self, *args: Any, **values: Any) -> None:
        super().open(*args, **values)
        page = Page(self.write_message)
        try:
            self._leave = await self.desk.run(lambda: self.backend().join(page.tell))
        except Exception as error:
            if not _described(error):
                raise
            self.close(1008, str(error)[:40])  # what is wrong with the store, its questions say in full
        if self.ws_connection is None and self._leave:  # it went away meanwhile
            self.on_close()

    def on_message(self, message: str | bytes) -> None:
        """Pages ask over HTTP."""

    def on_close(self) -> None:
        super().on_close()
        if self._leave:
            self._leave()
            self._leave = None


def _described(error: BaseException | None) -> dict[str, str] | None:
    """What a page is told of an error of nbdock's, whose modules are not imported before there is one."""
    from nbdock.back.questions import described
    from nbdock.errors import NbdockError

    return described(error) if isinstance(error, NbdockError) else None


def _status(error: BaseException | None) -> int:
    """A registry's 401 or 403 is not the server's: JupyterLab would think that it was logged out."""
    from nbdock import errors

    codes: dict[type[errors.NbdockError], int] = {
        errors.UsageError: 400,
        errors.NotFound: 404,
        errors.Refused: 409,
        errors.Cancelled: 409,
        errors.IntegrityError: 422,
        errors.RegistryError: 502,
        errors.StoreError: 507,
    }
    return next((code for kind, code in codes.items() if isinstance(error, kind)), 500)
