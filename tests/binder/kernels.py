"""A kernel of a running Jupyter server, used as a browser does: over its REST API and its WebSocket."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClientConnection, websocket_connect

_PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Server:
    """`url` without a slash at its end."""

    url: str
    token: str

    def ask(self, method: str, path: str, document: Mapping[str, Any] | None = None) -> Any:
        """What the API answers, None where that is nothing."""
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        body = json.dumps(document).encode() if document else None
        with urlopen(Request(f"{self.url}/api/{path}", body, headers, method=method), timeout=_PATIENCE) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    @contextmanager
    def kernel(self) -> Iterator[Kernel]:
        """A kernel of its own, in the folder of the notebooks."""
        started = self.ask("POST", "kernels", {"name": "python3", "path": "notebooks/01-course.ipynb"})["id"]
        address = f"{self.url.replace('http', 'ws', 1)}/api/kernels/{started}/channels?token={self.token}"
        try:
            yield Kernel(IOLoop.current().run_sync(lambda: websocket_connect(address), _PATIENCE))
        finally:
            self.ask("DELETE", f"kernels/{started}")


@dataclass(frozen=True, slots=True)
class Kernel:
    connection: WebSocketClientConnection

    def run(self, code: str) -> tuple[str, str]:
        """`ok` or `error`, and all that the cell printed or showed as text."""
        return IOLoop.current().run_sync(lambda: self._run(code), _PATIENCE)

    async def _run(self, code: str) -> tuple[str, str]:
        asked = uuid.uuid4().hex
        header = {"msg_id": asked, "msg_type": "execute_request", "session": asked, "username": "", "version": "5.3"}
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "user_expressions": {}}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        await self.connection.write_message(json.dumps(message))
        status, shown, idle = "", "", False
        while not (status and idle):  # they come over two channels, in either order
            received = json.loads(await self.connection.read_message())
            if received["parent_header"].get("msg_id") == asked:
                kind, content = received["msg_type"], received["content"]
                shown += content.get("text", "") + content.get("data", {}).get("text/plain", "")
                status = content["status"] if kind == "execute_reply" else status
                idle = idle or (kind, content.get("execution_state")) == ("status", "idle")
        return status, shown
