"""The command `serve`: the store as a registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from nbdock import human
from nbdock.dock.dock import Dock
from nbdock.errors import UsageError
from nbdock.frames import schemas
from nbdock.frames.schema import Table
from nbdock.grammar import Opt, command

if TYPE_CHECKING:
    from nbdock.server import Server

_OPEN_TO_ALL = (
    "WARNING: Anyone who can reach this machine can push and delete images; require a password with --htpasswd"
)

_OPEN_CACHE = (
    "WARNING: This cache is logged in to {proxy} as {user}: whoever can reach it can pull every image that {user} can, "
    "private ones too. To prevent that, require a password with --htpasswd, or log out: nbdock logout {proxy}"
)


@command("serve")
def serve(
    dock: Dock,
    *,
    allow_host: Annotated[tuple[str, ...], Opt("another name of this server, as behind a proxy", metavar="name")] = (),
    host: Annotated[str, Opt("address to listen on; 0.0.0.0 for all interfaces")] = "127.0.0.1",
    htpasswd: Annotated[Path | None, Opt("require a user of this file (htpasswd -B)", metavar="file")] = None,
    log: Annotated[Path | None, Opt("write a line for each request to this file", metavar="file")] = None,
    port: Annotated[int, Opt("port to listen on; 0 for any free port")] = 5000,
    proxy: Annotated[str, Opt("serve as a cache of this registry", metavar="registry", complete="registries")] = "",
    stop: Annotated[bool, Opt("stop the server of this process")] = False,
    tls_cert: Annotated[Path | None, Opt("serve HTTPS with this certificate", metavar="file")] = None,
    tls_key: Annotated[Path | None, Opt("private key of the certificate", metavar="file")] = None,
    writable: Annotated[bool, Opt("accept pushes and deletions")] = False,
) -> Table:
    """Serve the images in the store as a registry.

    docker, podman and skopeo can pull from it, and with --writable push to it. The image httpd is then
    ADDRESS/library/httpd. In a notebook the server runs in the background until --stop or until the kernel ends; in a
    terminal until Ctrl-C. One row with the server's address.
    """
    try:
        from nbdock import server
    except ModuleNotFoundError:
        raise UsageError("serve requires tornado", hint="pip install tornado") from None
    from nbdock.registry.hosts import is_loopback

    if stop:
        return _table(server.stop(dock.store))
    options = server.Options(host, port, writable, proxy, htpasswd, tls_cert, tls_key, allow_host, log)
    running = server.start(dock.store, options, dock.registry.repository)
    if writable and not htpasswd and not is_loopback(host):
        dock.console.warn(_OPEN_TO_ALL)
    if proxy and (known := dock.registry.credentials.find(proxy)):
        dock.console.warn(_OPEN_CACHE.format(proxy=proxy, user=human.excerpt(known.username)))
    dock.console.echo(f"Serving {dock.store.root} at {running.url}")
    if dock.console.stay():
        server.stop(dock.store)
    return _table(running)


def _table(server: Server) -> Table:
    row = {"address": server.host, "url": server.url, "store": str(server.store.root)}
    return schemas.SERVERS.table([{**row, "writable": server.options.writable, "proxy": server.options.proxy or None}])
