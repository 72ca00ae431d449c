"""Client connections: the HTTP server, and how long it waits for a client."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.iostream import IOStream, SSLIOStream

CLIENT_TIMEOUT = 60.0
"""Seconds that the server waits for a client to send or to receive the next bytes."""

_TLS_HANDSHAKE = b"\x16"
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"


class ClientTimer:
    """Calls `on_timeout` when a client keeps the server waiting for CLIENT_TIMEOUT seconds."""

    def __init__(self, on_timeout: Callable[[], None]) -> None:
        self._on_timeout = on_timeout
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start the timer, or restart it."""
        self.cancel()
        self._timer = asyncio.get_running_loop().call_later(CLIENT_TIMEOUT, self._on_timeout)

    def cancel(self) -> None:
        """Cancel the timer."""
        if self._timer:
            self._timer.cancel()


class Listener(HTTPServer):
    """An HTTP server that rejects TLS handshakes at once when it serves plain HTTP.

    docker, podman and skopeo try HTTPS first and fall back to HTTP on an HTTP response. Without one they would wait
    for the handshake to time out.
    """

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        if isinstance(stream, SSLIOStream):
            super().handle_stream(stream, address)
            return
        loop = IOLoop.current()

        def close() -> None:
            loop.remove_handler(stream.socket)
            stream.close()

        def on_first_byte(_fd: Any, _events: int) -> None:
            timer.cancel()
            loop.remove_handler(stream.socket)
            with contextlib.suppress(OSError):
                if stream.socket.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE:
                    stream.socket.send(_BAD_REQUEST)
                    stream.close()
                    return
            super(Listener, self).handle_stream(stream, address)

        timer = ClientTimer(close)
        timer.start()
        loop.add_handler(stream.socket, on_first_byte, IOLoop.READ)
