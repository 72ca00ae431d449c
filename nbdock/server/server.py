"""The server itself: a loop of its own in a thread beside whatever else the process does."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from nbdock.errors import UsageError
from nbdock.oci import media
from nbdock.server.blobs import Blob
from nbdock.server.changes import Changes
from nbdock.server.handler import PATIENCE, Site
from nbdock.server.lists import Catalog, Nowhere, Referrers, Tags, Version
from nbdock.server.manifests import Manifest
from nbdock.server.pushing import Begin, Continue
from nbdock.server.repositories import Repositories
from nbdock.server.shelf import Shelf
from nbdock.server.uploads import Uploads
from nbdock.server.users import Users
from nbdock.store import Store

_ROUTES: list[tuple[str, type]] = [
    (r"/v2/?", Version),
    (r"/v2/_catalog", Catalog),
    (r"/v2/(.+)/tags/list", Tags),
    (r"/v2/(.+)/referrers/([^/]+)", Referrers),
    (r"/v2/(.+)/manifests/([^/]+)", Manifest),
    (r"/v2/(.+)/blobs/uploads/?", Begin),
    (r"/v2/(.+)/blobs/uploads/([^/]+)", Continue),
    (r"/v2/(.+)/blobs/([^/]+)", Blob),
]
_THREADS = 8  # for the disk; hashing lets go of the interpreter
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """How a store is served. `port` 0 is any free one."""

    host: str = "127.0.0.1"
    port: int = 5000
    writable: bool = False
    htpasswd: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None


class Server:
    """Serves a store from when it is made until `stop`, or until the process ends.

    Raises UsageError where it cannot: the port is taken, a file cannot be read.
    """

    def __init__(self, store: Store, options: Options) -> None:
        self.options = options
        self._tls = _tls(options)
        users = Users.read(options.htpasswd) if options.htpasswd else None
        self._sockets = _bound(options)
        repositories = Repositories(store, self.host)
        self._site = Site(
            repositories,
            Shelf(repositories),
            Changes(repositories),
            Uploads(store.incoming),
            users,
            options.writable,
        )
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="nbdock-serve", daemon=True)
        self._thread.start()
        self._started.wait()

    @property
    def host(self) -> str:
        """Its name as a registry: what comes before the `/` of an image's name."""
        host = "localhost" if self.options.host in ("", "0.0.0.0", "::") else self.options.host  # noqa: S104
        return f"{f'[{host}]' if ':' in host else host}:{self._sockets[0].getsockname()[1]}"

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.host}"

    def stop(self) -> None:
        """Take no more requests and end those under way."""
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="nbdock-serve"))
        server = HTTPServer(
            Application([(path, route, {"site": self._site}) for path, route in _ROUTES], **_settings(self._site)),
            ssl_options=self._tls,
            max_body_size=media.MAX_MANIFEST,
            chunk_size=_PIECE,
            idle_connection_timeout=PATIENCE,
            body_timeout=PATIENCE,
        )
        server.add_sockets(self._sockets)
        self._started.set()
        await self._ending.wait()
        server.stop()
        await server.close_all_connections()


def _settings(site: Site) -> dict[str, Any]:
    def silent(handler: object) -> None:
        """No line for each request: a notebook is no log."""

    return {"default_handler_class": Nowhere, "default_handler_args": {"site": site}, "log_function": silent}


def _bound(options: Options) -> list[socket.socket]:
    try:
        return bind_sockets(options.port, options.host)
    except (OSError, OverflowError) as error:
        hint = "--port names another; 0 takes any free one"
        raise UsageError(f"cannot listen on {options.host}:{options.port}: {error}", hint=hint) from None


def _tls(options: Options) -> ssl.SSLContext | None:
    if not (options.tls_cert or options.tls_key):
        return None
    if not (options.tls_cert and options.tls_key):
        raise UsageError("--tls-cert and --tls-key come together")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.tls_cert, options.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"cannot use {options.tls_cert} and {options.tls_key}: {error}") from None
    return context
