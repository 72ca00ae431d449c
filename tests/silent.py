"""A registry that has gone silent."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def silent_host(then: Callable[[], None]) -> Iterator[str]:
    """It takes connections and never answers; the first one calls `then`."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                kept = [server.accept()]
                then()
                while True:
                    kept.append(server.accept())

        threading.Thread(target=serve, daemon=True).start()
        yield f"localhost:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
