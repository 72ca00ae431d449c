"""The server's own log. What clients cause is written nowhere else: not in the notebook, and not in the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from tornado.web import RequestHandler

from nbdock import human
from nbdock.errors import RateLimited, UsageError

_MAX_BYTES = 10_000_000
"""Then the file is renamed to `FILE.1`, in place of the one before it."""
_MAX_URI = 1000
_DIVERTED = ("tornado.access", "tornado.application", "tornado.general")


class Log:
    """A line for each request, and errors that nobody expected, in a file; without a file they are dropped.

    A line has the client's address, its user, the request, its status, where what was sent came from, and why it
    failed. The path `-` is the terminal's standard error. Raises UsageError if the file cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self._logger = logging.Logger("nbdock.server")  # one without a parent, whose handlers would print it
        self._logger.addHandler(_file(path) if path else logging.NullHandler())

    def request(self, handler: RequestHandler) -> None:
        """Write the line of a request that was answered."""
        request = handler.request
        who = f"{request.remote_ip} {getattr(handler, 'user', '') or '-'}"
        line = f'{who} "{request.method} {request.uri[:_MAX_URI] if request.uri else ""}"'
        origin, failure = getattr(handler, "origin", ""), getattr(handler, "failure", "")
        outcome = f"{f' from {origin}' if origin else ''}{f': {failure}' if failure else ''}"
        self._logger.info("%s %d %.0f ms%s", line, handler.get_status(), 1000 * request.request_time(), outcome)

    def refusal(self, error: RateLimited) -> None:
        """Write that the registry of a cache says that its limit is reached."""
        self._logger.info("%s refuses: %s", error.host, error)

    @contextlib.contextmanager
    def diverting(self) -> Iterator[None]:
        """Within this context the log gets what tornado and asyncio log in this thread; other servers keep theirs."""
        asyncio.get_running_loop().set_exception_handler(self._on_exception)
        thread = threading.get_ident()

        def divert(record: logging.LogRecord) -> bool:
            if record.thread == thread:
                self._logger.handle(record)
            return record.thread != thread

        for name in _DIVERTED:
            logging.getLogger(name).addFilter(divert)
        try:
            yield
        finally:
            for name in _DIVERTED:
                logging.getLogger(name).removeFilter(divert)

    def close(self) -> None:
        """Close the file."""
        for handler in self._logger.handlers:
            handler.close()

    def _on_exception(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._logger.error(context["message"], exc_info=context.get("exception"))


class _Formatter(logging.Formatter):
    """Strangers' text is one line, without control characters."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return human.printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        return human.harmless(super().formatException(ei))


def _file(path: Path) -> logging.Handler:
    try:
        handler = logging.StreamHandler() if str(path) == "-" else _rotating(path)
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}"
        raise UsageError(message, hint="--log takes the path of a file") from None
    handler.setFormatter(_Formatter("%(asctime)s %(message)s"))
    return handler


def _rotating(path: Path) -> logging.Handler:
    return RotatingFileHandler(path, maxBytes=_MAX_BYTES, backupCount=1, encoding="utf-8")
