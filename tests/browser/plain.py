"""The application in a plain page: the modules of `front/` as they are, with a back end in this process. Opens in a
fraction of a second, for what needs no JupyterLab."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import nbdock
from nbdock.back.backend import Backend
from nbdock.back.jobs import Job
from nbdock.errors import NbdockError

FRONT = Path(nbdock.__file__).parent / "front"
KINDS = {".js": "text/javascript", ".css": "text/css"}
DOCUMENT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>nbdock</title>
<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">%s</head>
<body><main><h1 style="position:absolute;left:-99em">nbdock</h1><div id="root" class="nbdock"></div></main>
<script type="module">
import { Host, Refusal, keeping } from "./host.js";
import { Page } from "./page.js";
import { part } from "./parts.js";
const asked = new URLSearchParams(location.search);
const send = async (name, values, signal) => {
  const answer = await fetch(`ask/${name}`, { method: "POST", body: JSON.stringify(values), signal });
  const told = await answer.json();
  if (told.error) throw new Refusal(told.error);
  return told.value;
};
const host = new Host(send, keeping(), asked.get("language") ?? "en");
const shown = part(host, asked.get("part") ?? "application", ...JSON.parse(asked.get("options") ?? "[]"));
document.getElementById("root").append(shown.node);
new Page(document.getElementById("root"), host);
new EventSource("events").onmessage = ({ data }) => host.tell(JSON.parse(data));
Object.assign(window, { host, shown });
</script></body></html>"""


@contextmanager
def plain(backend: Backend) -> Iterator[str]:
    """Serve the application; gives its address. `?part=finder&options=[…]` shows one part of it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(backend))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def _handler(backend: Backend) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].strip("/")
            if path == "events":
                self._events()
            elif (FRONT / path).suffix in KINDS and (FRONT / path).parent == FRONT and (FRONT / path).is_file():
                self._send((FRONT / path).read_bytes(), KINDS[(FRONT / path).suffix])
            elif path:
                self.send_error(404)
            else:
                sheets = (f'<link rel="stylesheet" href="{each.name}">' for each in sorted(FRONT.glob("*.css")))
                self._send((DOCUMENT % "".join(sheets)).encode(), "text/html")

        def do_POST(self) -> None:
            values = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told: dict[str, Any]
            try:
                told = {"value": backend.ask(self.path.removeprefix("/ask/"), values, Job())}
            except NbdockError as error:
                told = {"error": {"message": str(error), "hint": error.hint, "kind": type(error).__name__}}
            self._send(json.dumps(told).encode(), "application/json")

        def _events(self) -> None:
            waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
            leave = backend.join(waiting.put)
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(f"data: {json.dumps(waiting.get())}\n\n".encode())
                    self.wfile.flush()
            except OSError:  # the page is gone
                leave()

        def _send(self, body: bytes, kind: str) -> None:
            with contextlib.suppress(BrokenPipeError):  # the page gave up
                self._write(body, kind)

        def _write(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    return Handler
