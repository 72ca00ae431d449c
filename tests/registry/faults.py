"""A registry that does to order what no good one does."""

from __future__ import annotations

import socket
import ssl
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor

TLS_HANDSHAKE = b"\x16"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. The connection is `cut` after so many bytes of the body; `silent` sends nothing at all, or nothing
    after the cut. What `takes` so many bytes of a request's body takes no more and answers nothing. A header of "" is
    left out."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    silent: bool = False
    takes: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


NOT_FOUND = Reply(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}')
USED_UP = Reply(
    429,
    b'{"errors": [{"code": "TOOMANYREQUESTS", "message": "You have reached your pull rate limit."}]}',
    {"ratelimit-limit": "100;w=21600", "ratelimit-remaining": "0;w=21600"},
)


class Server(ThreadingHTTPServer):
    """Answers `METHOD /path` (any query) with the replies that a test gave, in turn, the last again and again."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host = f"127.0.0.1:{self.server_port}"
        self.url = f"{'https' if tls else 'http'}://{self.host}"
        self.requests: list[Request] = []
        self.reached = Event()
        self.ended = Event()
        self.tls = tls
        self._watched: dict[str, Event] = {}
        self._replies: defaultdict[str, list[Reply]] = defaultdict(list)

    def on(self, line: str, *replies: Reply) -> None:
        self._replies[line] = list(replies)

    def watch(self, line: str, event: Event) -> None:
        """Set the event when that is asked."""
        self._watched[line] = event

    def reply(self, line: str) -> Reply:
        if line in self._watched:
            self._watched[line].set()
        replies = self._replies[line] or [NOT_FOUND]
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def asked(self, method: str, path: str = "") -> list[Request]:
        """The requests of that method for paths that begin so."""
        return [each for each in self.requests if each.method == method and each.path.startswith(path)]

    def holds(self, repository: str, content: bytes, media_type: str = media.OCI_LAYER, tag: str = "") -> Descriptor:
        """Have the content, as a blob or, with a document's type, as a manifest."""
        descriptor = Descriptor.of(media_type, content)
        kind = "manifests" if media.is_manifest(media_type) else "blobs"
        headers = {"Content-Type": media_type, "Docker-Content-Digest": str(descriptor.digest)}
        for name in (str(descriptor.digest), *([tag] if tag else [])):
            for method in ("GET", "HEAD"):
                self.on(f"{method} /v2/{repository}/{kind}/{name}", Reply(200, content, headers))
        return descriptor

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.settimeout(20)
        if self.tls:
            connection = self.tls.wrap_socket(connection, server_side=True)
        return connection, address

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whoever speaks TLS to a server that does not is sent away."""
        return self.tls is not None or request.recv(1, socket.MSG_PEEK) != TLS_HANDSHAKE

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that break are what this is for."""

    def __enter__(self) -> Server:
        Thread(target=self.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def _answer(self) -> None:
        reply = self.server.reply(f"{self.command} {self.path.partition('?')[0]}")
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length if reply.takes is None else reply.takes)
        headers = {name: "\n".join(self.headers.get_all(name, ())) for name in self.headers}
        self.server.requests.append(Request(self.command, self.path, headers, body))
        if reply.takes is not None:
            self.close_connection = True
            return
        if reply.silent and reply.cut is None:
            self._wait()
            return
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[: reply.cut])
        if reply.silent:
            self._wait()
        is_endless = self.command != "HEAD" and reply.headers.get("Content-Length") == ""
        self.close_connection = self.close_connection or reply.cut is not None or is_endless

    def _wait(self) -> None:
        self.server.reached.set()
        self.server.ended.wait()
        self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, *_: Any) -> None:
        """Be silent: `Server.requests` is the log."""
