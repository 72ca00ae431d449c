"""Connections, before HTTP."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.iostream import IOStream, SSLIOStream

from nbdock.server.patience import Patience

_HANDSHAKE = b"\x16"
_HTTP_ONLY = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"


class Listener(HTTPServer):
    """Answers HTTPS where there is none with HTTP: docker, podman and skopeo try HTTPS first, and would wait for a
    handshake, to take HTTP when they see it."""

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        if isinstance(stream, SSLIOStream):
            super().handle_stream(stream, address)
            return
        loop = IOLoop.current()

        def gone() -> None:
            loop.remove_handler(stream.socket)
            stream.close()

        def arrived(_fd: Any, _events: int) -> None:
            patience.rest()
            loop.remove_handler(stream.socket)
            with contextlib.suppress(OSError):
                if stream.socket.recv(1, socket.MSG_PEEK) == _HANDSHAKE:
                    stream.socket.send(_HTTP_ONLY)
                    stream.close()
                    return
            super(Listener, self).handle_stream(stream, address)

        patience = Patience(gone)
        patience.wait()
        loop.add_handler(stream.socket, arrived, IOLoop.READ)
