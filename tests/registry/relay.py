"""A line to a registry that breaks."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Lock, Thread


class Relay:
    """Passes on what comes and goes at `host`; breaks the connection each time that many bytes have passed in all."""

    def __init__(self, to: str, breaks: list[int]) -> None:
        name, _, port = to.partition(":")
        self._to = (name, int(port))
        self._breaks = sorted(breaks)
        self._passed = 0
        self._lock = Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(self._to)
                Thread(target=self._pass, args=(near, far), daemon=True).start()
                Thread(target=self._pass, args=(far, near), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while (content := source.recv(16_384)) and not self._broken(len(content)):
                target.sendall(content)
        for end in (source, target):
            with suppress(OSError), closing(end):
                end.shutdown(socket.SHUT_RDWR)  # what another thread waits for ends only so

    def _broken(self, length: int) -> bool:
        with self._lock:
            self._passed += length
            if not self._breaks or self._passed < self._breaks[0]:
                return False
            self._breaks.pop(0)
            return True


@contextmanager
def relay(to: str, breaks: list[int]) -> Iterator[Relay]:
    made = Relay(to, breaks)
    Thread(target=made.serve, daemon=True).start()
    with closing(made.listener):
        yield made
