"""A registry behind a gate: while it is closed, the second half of every large blob is kept back. For what happens in
the middle of a pull, at any speed of the machine. It also answers docker's search, which a plain registry cannot.

`push_large` makes an image whose second layer is of 4 MB, which no gzip makes smaller.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.parts.images import EXACTLY
from tests.parts.layers import file, layer
from tests.parts.layout import Layout, Step
from tests.parts.programs import skopeo
from tests.parts.registries import Registry

LARGE = 1 << 20
ASKED = ("Accept", "Range")
ANSWERED = ("Content-Type", "Content-Range", "Docker-Content-Digest", "Link", "Accept-Ranges")


@dataclass(frozen=True, slots=True)
class Gate:
    """`host` is its address. `held` is set once a blob is kept back; `ranges` are the Range headers it was asked with,
    `blobs` the paths of blobs; `results` is what a search finds."""

    host: str
    held: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)
    ranges: list[str] = field(default_factory=list)
    blobs: list[str] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def gate(registry: Registry) -> Iterator[Gate]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made = Gate(f"127.0.0.1:{server.server_address[1]}")
    Handler.gates[server] = (made, registry.host)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.opened.set()
        server.shutdown()
        server.server_close()
        thread.join()
        del Handler.gates[server]


def push_large(registry: Registry) -> None:
    """As library/large:1."""
    noise = random.Random(1).randbytes(4 * LARGE)
    steps = [
        Step("2024-01-01T00:00:00Z", "ADD rootfs / # buildkit", layer(file("etc/os-release", b"ID=debian\n"))),
        Step("2024-01-02T00:00:00Z", "COPY model.bin / # buildkit", layer(file("model.bin", noise))),
        Step("2024-01-02T00:00:01Z", 'CMD ["serve"]'),
    ]
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(Path(folder))
        layout.write({"": layout.image(steps)})
        skopeo("copy", *EXACTLY, f"oci:{folder}", f"docker://{registry.host}/library/large:1")


def half_here(store: Path) -> bool:
    """Whether a store has the first half of the large layer, which is all that a closed gate gives."""
    for path in store.glob("ingest/*"):
        with contextlib.suppress(FileNotFoundError):  # a small layer ended meanwhile
            if path.stat().st_size > LARGE:
                return True
    return False


class Handler(BaseHTTPRequestHandler):
    gates: dict[Any, tuple[Gate, str]] = {}  # noqa: RUF012
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        made, upstream = self.gates[self.server]
        if self.path.startswith("/v1/search"):
            self._send(200, [("Content-Type", "application/json")], json.dumps({"results": made.results}).encode())
            return
        if "/blobs/" in self.path and self.command == "GET":
            made.blobs.append(self.path)
        connection = http.client.HTTPConnection(upstream)
        asked = {name: self.headers[name] for name in ASKED if self.headers[name]}
        connection.request(self.command, self.path, headers=asked)
        answer = connection.getresponse()
        body = answer.read()
        headers = [(name, value) for name in ANSWERED if (value := answer.headers[name])]
        if self.command == "HEAD":
            headers.append(("Content-Length", answer.headers["Content-Length"] or "0"))
        connection.close()
        if "Range" in asked:
            made.ranges.append(asked["Range"])
        self._send(answer.status, headers, body, made if "/blobs/" in self.path and len(body) > LARGE else None)

    do_HEAD = do_GET

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes, made: Gate | None = None) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if self.command == "GET":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            half = len(body) // 2 if made and not made.opened.is_set() else len(body)
            self.wfile.write(body[:half])
            self.wfile.flush()
            if made and half < len(body):
                made.held.set()
                made.opened.wait()
                self.wfile.write(body[half:])
        except OSError:  # the client had enough
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""
