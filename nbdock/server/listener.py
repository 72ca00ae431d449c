"""Client connections: the HTTP server, how many clients it has at a time, and how long it waits for one."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from collections.abc import Callable, Iterable
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.iostream import IOStream, SSLIOStream

CLIENT_TIMEOUT = 60.0
"""Seconds that the server waits for a client to send or to receive the next PROGRESS bytes."""
PROGRESS = 64 * 1024
MAX_CONNECTIONS = 512
"""At the same time; fewer if the process may open fewer files. The system lets the others wait."""
_PAUSE = 0.5
"""Seconds until the server accepts connections again after it could not, for want of a file descriptor."""

_TLS_HANDSHAKE = b"\x16"
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"


class ClientTimer:
    """Calls `on_timeout` when a client keeps the server waiting for CLIENT_TIMEOUT seconds in all.

    After every PROGRESS bytes the client has that time again; a byte now and then gains it nothing.
    """

    def __init__(self, on_timeout: Callable[[], None]) -> None:
        self._on_timeout = on_timeout
        self._timer: asyncio.TimerHandle | None = None
        self._waited, self._moved = 0.0, 0

    def start(self) -> None:
        """Start to wait for the client."""
        self.cancel()
        loop = asyncio.get_running_loop()
        self._started = loop.time()
        self._timer = loop.call_later(CLIENT_TIMEOUT - self._waited, self._on_timeout)

    def cancel(self, moved: int = 0) -> None:
        """Stop waiting; the client has sent or received `moved` bytes."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
            self._waited += asyncio.get_running_loop().time() - self._started
        self._moved += moved
        if self._moved >= PROGRESS:
            self._waited, self._moved = 0.0, 0


class Listener(HTTPServer):
    """An HTTP server that rejects TLS handshakes at once when it serves plain HTTP.

    docker, podman and skopeo try HTTPS first and fall back to HTTP on an HTTP response. Without one they would wait
    for the handshake to time out.
    """

    def initialize(self, *args: Any, **options: Any) -> None:
        super().initialize(*args, **options)
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._limit = min(MAX_CONNECTIONS, files // 3)  # a request may need a file, and a connection to a registry
        self._open, self._has_room = 0, asyncio.Event()
        self._accepting: dict[socket.socket, asyncio.Task[None]] = {}

    def add_sockets(self, sockets: Iterable[socket.socket]) -> None:
        self._count(0)
        self._accepting |= {each: asyncio.create_task(self._accept(each)) for each in sockets}

    def stop(self) -> None:
        for listening, task in self._accepting.items():
            task.cancel()
            listening.close()

    async def _accept(self, listening: socket.socket) -> None:
        """Accept connections while there is room. Unlike tornado's own loop it logs nothing and never spins."""
        loop = asyncio.get_running_loop()
        while await self._has_room.wait():
            try:
                self._handle_connection(*await loop.sock_accept(listening))
            except OSError:
                await asyncio.sleep(_PAUSE)

    def _count(self, change: int) -> None:
        """Count open connections."""
        self._open += change
        if self._open < self._limit:
            self._has_room.set()
        else:
            self._has_room.clear()

    def on_close(self, server_conn: object) -> None:
        super().on_close(server_conn)
        self._count(-1)

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        self._count(1)
        if isinstance(stream, SSLIOStream):
            super().handle_stream(stream, address)
        else:
            self._reject_tls(stream, lambda: super(Listener, self).handle_stream(stream, address))

    def _reject_tls(self, stream: IOStream, serve: Callable[[], None]) -> None:
        """Serve the connection if its first byte is not that of a TLS handshake."""
        loop = IOLoop.current()

        def close() -> None:
            loop.remove_handler(stream.socket)
            stream.close()
            self._count(-1)

        def on_first_byte(_fd: Any, _events: int) -> None:
            timer.cancel()
            with contextlib.suppress(OSError):
                if stream.socket.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE:
                    stream.socket.send(_BAD_REQUEST)
                    close()
                    return
            loop.remove_handler(stream.socket)
            serve()

        timer = ClientTimer(close)
        timer.start()
        loop.add_handler(stream.socket, on_first_byte, IOLoop.READ)
