"""The server itself: a loop of its own in a thread beside whatever else the process does."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tornado.netutil import bind_sockets
from tornado.web import Application

from nbdock.errors import UsageError
from nbdock.oci.reference import Reference
from nbdock.server.blobs import BlobRoute
from nbdock.server.cache import Cache, Upstream
from nbdock.server.changes import Changes
from nbdock.server.listener import Listener
from nbdock.server.lists import CatalogRoute, NoRoute, ReferrersRoute, TagsRoute, VersionRoute
from nbdock.server.manifests import ManifestRoute
from nbdock.server.patience import PATIENCE
from nbdock.server.pushing import UploadRoute, UploadsRoute
from nbdock.server.repositories import Repositories
from nbdock.server.route import Route, Site
from nbdock.server.shelf import Shelf
from nbdock.server.uploads import Uploads
from nbdock.server.users import Users
from nbdock.store import Store
from nbdock.task import Task

_ROUTES: list[tuple[str, type[Route]]] = [
    (r"/v2/?", VersionRoute),
    (r"/v2/_catalog", CatalogRoute),
    (r"/v2/(.+)/tags/list", TagsRoute),
    (r"/v2/(.+)/referrers/([^/]+)", ReferrersRoute),
    (r"/v2/(.+)/manifests/([^/]+)", ManifestRoute),
    (r"/v2/(.+)/blobs/uploads/?", UploadsRoute),
    (r"/v2/(.+)/blobs/uploads/([^/]+)", UploadRoute),
    (r"/v2/(.+)/blobs/([^/]+)", BlobRoute),
    (r".*", NoRoute),
]
_THREADS = 8  # for the disk; hashing lets go of the interpreter
_EVERY = ("", "0.0.0.0", "::")  # noqa: S104
_PIECE = 256 * 1024

Open = Callable[[Reference, Task], Upstream]


@dataclass(frozen=True, slots=True)
class Options:
    """How a store is served. `port` 0 is any free one; `proxy` is the registry that is cached, or ""."""

    host: str = "127.0.0.1"
    port: int = 5000
    writable: bool = False
    proxy: str = ""
    htpasswd: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None


class Server:
    """Serves a store from when it is made until `stop`, or until the process ends. `open` gives the repository of a
    name at its registry, for a cache. `host` is its own name as a registry: what goes before the `/` of an image's.

    Raises UsageError where it cannot: the port is taken, a file cannot be read.
    """

    def __init__(self, store: Store, options: Options, open: Open) -> None:
        self.store, self.options = store, options
        _check_proxy(options)
        self._tls = _tls(options)
        self._users = Users.read(options.htpasswd) if options.htpasswd else None
        self._open, self._task = open, Task()
        self._sockets = _bound(options)
        self.host = _name(options.host, self._sockets[0].getsockname()[1])
        self.url = f"{'https' if self._tls else 'http'}://{self.host}"
        self._site = self._made()
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="nbdock-serve", daemon=True)
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        """Take no more requests and end those under way."""
        self._task.cancel()
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join()

    def _made(self) -> Site:
        repositories = Repositories(self.store, self.host)
        proxy = self.options.proxy
        shelf = Cache(repositories, proxy, lambda name: self._open(name, self._task)) if proxy else Shelf(repositories)
        uploads = Uploads(self.store.incoming)
        return Site(repositories, shelf, Changes(repositories), uploads, self._users, self.options.writable)

    async def _serve(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="nbdock-serve"))
        given = {"site": self._site}
        server = Listener(
            Application([(path, route, given) for path, route in _ROUTES], log_function=_log_nothing),
            ssl_options=self._tls,
            chunk_size=_PIECE,
            idle_connection_timeout=PATIENCE,
        )
        server.add_sockets(self._sockets)
        self._started.set()
        await self._ending.wait()
        server.stop()
        await server.close_all_connections()


def _name(host: str, port: int) -> str:
    name = "localhost" if host in _EVERY else host
    return f"{f'[{name}]' if ':' in name else name}:{port}"


def _log_nothing(route: object) -> None:
    """A notebook is no log."""


def _bound(options: Options) -> list[socket.socket]:
    try:
        if not 0 <= options.port < 2**16:
            raise OSError("there is no such port")
        return bind_sockets(options.port, options.host)
    except OSError as error:
        message = f"cannot listen on {options.host}:{options.port}: {error.strerror or error}"
        raise UsageError(message, hint="--port names another port; 0 is any free one") from None


def _check_proxy(options: Options) -> None:
    if options.proxy and options.writable:
        raise UsageError("a cache takes no pushes", hint="leave out --proxy or --writable")
    if options.proxy and Reference.parse(f"{options.proxy}/image").registry != options.proxy:
        raise UsageError(f"{options.proxy} is not the name of a registry", hint="for example docker.io")


def _tls(options: Options) -> ssl.SSLContext | None:
    if not (options.tls_cert or options.tls_key):
        return None
    if not (options.tls_cert and options.tls_key):
        raise UsageError("--tls-cert and --tls-key come together", hint="give both, or neither for plain HTTP")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.tls_cert, options.tls_key)
    except (OSError, ssl.SSLError) as error:
        message = f"cannot use {options.tls_cert} and {options.tls_key}: {error}"
        raise UsageError(message, hint="both are PEM files, and the key is the certificate's own") from None
    return context
