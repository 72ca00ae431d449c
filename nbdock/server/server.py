"""The server: its options, its thread, and the servers of this process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tornado.ioloop import PeriodicCallback
from tornado.netutil import bind_sockets, bind_unix_socket
from tornado.web import Application

from nbdock.errors import InvalidReference, RateLimited, Refused, UsageError
from nbdock.oci.reference import Reference
from nbdock.server import listener
from nbdock.server.access import Access
from nbdock.server.blobs import BlobHandler
from nbdock.server.content import Cache, Content, Upstream
from nbdock.server.events import Metrics
from nbdock.server.handler import Bodies, Handler, Services
from nbdock.server.listings import (
    CatalogHandler,
    NotFoundHandler,
    ReferrersHandler,
    SearchHandler,
    TagsHandler,
    VersionHandler,
)
from nbdock.server.log import Log
from nbdock.server.manifests import ManifestHandler
from nbdock.server.origins import Origins
from nbdock.server.repositories import Repositories
from nbdock.server.upload_sessions import UploadSessions
from nbdock.server.uploads import UploadHandler, UploadsHandler
from nbdock.server.users import Users
from nbdock.server.welcome import MetricsHandler, WelcomeHandler
from nbdock.store import Store
from nbdock.task import Task

if TYPE_CHECKING:
    from nbdock.registry.transport import RateLimit

_ROUTES: list[tuple[str, type[Handler]]] = [
    (r"/", WelcomeHandler),
    (r"/metrics", MetricsHandler),
    (r"/v2/?", VersionHandler),
    (r"/v2/_catalog", CatalogHandler),
    (r"/v2/(.+)/tags/list", TagsHandler),
    (r"/v2/(.+)/referrers/([^/]+)", ReferrersHandler),
    (r"/v2/(.+)/manifests/([^/]+)", ManifestHandler),
    (r"/v2/(.+)/blobs/uploads/?", UploadsHandler),
    (r"/v2/(.+)/blobs/uploads/([^/]+)", UploadHandler),
    (r"/v2/(.+)/blobs/([^/]+)", BlobHandler),
    (r"/v1/search", SearchHandler),
    (r".*", NotFoundHandler),
]
_DISK_THREADS = 8  # they run at once: reading, writing and hashing release the interpreter
_ALL_INTERFACES = ("", "0.0.0.0", "::")  # noqa: S104
_EXPIRY_PERIOD = timedelta(minutes=1)
_CHUNK = 256 * 1024
_MAX_HEADERS = 32 * 1024
_MAX_BODY = 2**62  # layers may be of any size: handlers limit all other bodies

OpenUpstream = Callable[[Reference, Task], Upstream]
Limit = Callable[[], "RateLimit | None"]
"""What the registry that is cached last said of its pull limit."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve a store: where to listen (port 0 is any free port), and what to allow.

    `proxy` is the registry to cache ("" for none), `htpasswd` a file of users, and the TLS files are PEM. `allow_host`
    are further names of the server, `log` is a file for its log. With a `socket`, a file that it makes, it listens
    there instead of on a port, and its name is `localhost`. `readers` are users who may only pull; `public` lets
    everybody pull; `own_namespace` holds each user to the repositories below the own name.
    """

    host: str = "127.0.0.1"
    port: int = 5000
    writable: bool = False
    proxy: str = ""
    htpasswd: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    allow_host: tuple[str, ...] = ()
    log: Path | None = None
    socket: Path | None = None
    readers: Path | None = None
    public: bool = False
    own_namespace: bool = False


class Server:
    """Serves a store in a background thread, from its creation until `stop` or the end of the process.

    `host` is its name as a registry (`127.0.0.1:5000`). `open_upstream` opens the repository of a reference at the
    registry that it caches. Raises UsageError if an option is invalid, the port is in use or a file cannot be read.
    """

    def __init__(
        self, store: Store, options: Options, open_upstream: OpenUpstream, limit: Limit = lambda: None
    ) -> None:
        self.store, self.options = store, options
        _check_proxy(options)
        self._tls = _tls_context(options)
        self._access = _access(options)
        self._log = Log(options.log)
        self._open_upstream, self._task = open_upstream, Task()
        self._metrics = Metrics(limit)
        self._sockets = _bind(options)
        self.host = "localhost" if options.socket else _registry_name(options.host, self._sockets[0].getsockname()[1])
        self.url = f"{'https' if self._tls else 'http'}://{self.host}"
        self._services = self._build_services()
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="nbdock-serve", daemon=True)
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        """Stop listening and close all connections."""
        self._task.cancel()
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _build_services(self) -> Services:
        proxy = self.options.proxy
        repositories = Repositories(self.store, proxy or self.host, only=bool(proxy))
        content = Content(repositories)
        if proxy:
            content = Cache(repositories, lambda reference: self._open_upstream(reference, self._task))
            content.on_refusal = self._refused
        origins = Origins(self.options.host, self.options.allow_host, tls=bool(self._tls))
        uploads = UploadSessions(self.store)
        return Services(repositories, content, uploads, origins, Bodies(), self._access, self._metrics, proxy)

    def _refused(self, error: RateLimited) -> None:
        self._metrics.refused()
        self._log.refusal(error)

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_default_executor(ThreadPoolExecutor(_DISK_THREADS, thread_name_prefix="nbdock-serve"))
        with self._log.diverting():
            server = self._listener()
            server.add_sockets(self._sockets)
            expiry = PeriodicCallback(self._services.uploads.expire, _EXPIRY_PERIOD)
            expiry.start()
            self._started.set()
            await self._stopping.wait()
            expiry.stop()
            server.stop()
            await server.close_all_connections()
        self._log.close()
        self._access.close()

    def _listener(self) -> listener.Listener:
        routes = [(pattern, handler, {"services": self._services}) for pattern, handler in _ROUTES]
        return listener.Listener(
            Application(routes, log_function=self._log.request),
            ssl_options=self._tls,
            chunk_size=_CHUNK,
            max_header_size=_MAX_HEADERS,
            max_body_size=_MAX_BODY,
            idle_connection_timeout=listener.CLIENT_TIMEOUT,
        )


_servers: dict[Path, Server] = {}
"""The servers of this process that a command started, by the root of their store."""


def start(store: Store, options: Options, open_upstream: OpenUpstream, limit: Limit = lambda: None) -> Server:
    """Serve a store. Raises Refused if it is being served already, UsageError as `Server`."""
    if store.root in _servers:
        url = _servers[store.root].url
        raise Refused(f"the store is already served at {url}", hint="`%image serve --stop` stops that server")
    server = _servers[store.root] = Server(store, options, open_upstream, limit)
    return server


def stop(store: Store) -> Server:
    """Stop serving a store and return its server. Raises Refused if it is not being served."""
    if store.root not in _servers:
        raise Refused("the store is not being served", hint="`%image serve` starts a server")
    server = _servers.pop(store.root)
    server.stop()
    return server


def _access(options: Options) -> Access:
    users = Users.read(options.htpasswd, options.readers) if options.htpasswd or options.readers else None
    needing = {"--public": options.public, "--own-namespace": options.own_namespace}
    for flag in (flag for flag, is_set in needing.items() if is_set and users is None):
        raise UsageError(f"{flag} requires users", hint="add them with --htpasswd FILE")
    return Access(users, options.writable, options.public, options.own_namespace)


def _registry_name(host: str, port: int) -> str:
    name = "localhost" if host in _ALL_INTERFACES else host
    return f"{f'[{name}]' if ':' in name else name}:{port}"


def _bind(options: Options) -> list[socket.socket]:
    try:
        if options.socket:
            return [bind_unix_socket(str(options.socket))]
        if not 0 <= options.port < 2**16:
            raise OSError("the port must be a number from 0 to 65535")
        return bind_sockets(options.port, options.host)
    except OSError as error:
        address = options.socket or f"{options.host}:{options.port}"
        message = f"cannot listen on {address}: {error.strerror or error}"
        hint = "choose another address with --host and --port; `nbdock serve --port 0` takes any free port"
        raise UsageError(message, hint=hint) from None


def _check_proxy(options: Options) -> None:
    if options.proxy and options.writable:
        raise UsageError("--proxy and --writable cannot be used together", hint="a pull-through cache is read-only")
    with contextlib.suppress(InvalidReference):
        if not options.proxy or Reference.parse(f"{options.proxy}/image").registry == options.proxy:
            return
    message = f"--proxy: {options.proxy!r} is not the name of a registry"
    raise UsageError(message, hint="use the registry's host name, for example docker.io")


def _tls_context(options: Options) -> ssl.SSLContext | None:
    if not (options.tls_cert or options.tls_key):
        return None
    if not (options.tls_cert and options.tls_key):
        raise UsageError("--tls-cert and --tls-key must be used together", hint="omit both to serve plain HTTP")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.tls_cert, options.tls_key)
    except (OSError, ssl.SSLError) as error:
        message = f"cannot load {options.tls_cert} and {options.tls_key}: {error.strerror or error}"
        raise UsageError(message, hint="both must be PEM files, and the key must belong to the certificate") from None
    return context
