"""The command `serve`: the store as a registry."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

from nbdock import human
from nbdock.dock.dock import Dock
from nbdock.errors import IntegrityError, NotFound, RegistryError, UsageError
from nbdock.frames import schemas
from nbdock.frames.schema import Table
from nbdock.grammar import Opt, command
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference

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
    log: Annotated[Path | None, Opt("write what happens to this file; - for the terminal", metavar="file")] = None,
    own_namespace: Annotated[bool, Opt("let users push to repositories below their own name only")] = False,
    port: Annotated[int, Opt("port to listen on; 0 for any free port")] = 5000,
    prefetch: Annotated[Path | None, Opt("pull the images that this file lists, before", metavar="file")] = None,
    proxy: Annotated[str, Opt("serve as a cache of this registry", metavar="registry", complete="registries")] = "",
    public: Annotated[bool, Opt("let everybody pull; a push requires a user")] = False,
    readers: Annotated[Path | None, Opt("let users of this file pull only (htpasswd -B)", metavar="file")] = None,
    stop: Annotated[bool, Opt("stop the server of this process")] = False,
    tls_cert: Annotated[Path | None, Opt("serve HTTPS with this certificate", metavar="file")] = None,
    tls_key: Annotated[Path | None, Opt("private key of the certificate", metavar="file")] = None,
    writable: Annotated[bool, Opt("accept pushes and deletions")] = False,
) -> Table:
    """Serve the images in the store as a registry.

    docker, podman and skopeo can pull from it, and with --writable push to it. The image httpd is then
    ADDRESS/library/httpd; what to paste to use it is at the address in a browser too, and numbers for Prometheus at
    /metrics. In a notebook the server runs in the background until --stop or until the kernel ends; in a
    terminal until Ctrl-C. One row with the server's address.
    """
    server = _server()
    if stop:
        return _table(server.stop(dock.store))
    if prefetch:
        _prefetch(dock, prefetch)
    where = {"host": host, "port": port, "allow_host": allow_host, "tls_cert": tls_cert, "tls_key": tls_key}
    who = {"htpasswd": htpasswd, "readers": readers, "public": public, "own_namespace": own_namespace}
    options = server.Options(**where, **who, writable=writable, proxy=proxy, log=log)
    registry = dock.registry
    limit = partial(registry.rate_limit, proxy) if proxy else _no_limit
    running = server.start(dock.store, options, registry.hurried, limit)
    _warn(dock, running)
    dock.console.echo(f"Serving {dock.store.root} at {running.url}", *_to_paste(running))
    if dock.console.stay():
        server.stop(dock.store)
    return _table(running)


def _server() -> ModuleType:
    try:
        from nbdock import server
    except ModuleNotFoundError:
        raise UsageError("serve requires tornado", hint='pip install "nbdock[serve]"') from None
    return server


def _no_limit() -> None:
    """Nothing is said of a limit without a registry."""


def _warn(dock: Dock, running: Server) -> None:
    """Of what strangers may do."""
    from nbdock.registry.hosts import is_loopback

    options = running.options
    if options.writable and not (options.htpasswd or options.readers) and not is_loopback(options.host):
        dock.console.warn(_OPEN_TO_ALL)
    if options.proxy and (known := dock.registry.credentials.find(options.proxy)):
        dock.console.warn(_OPEN_CACHE.format(proxy=options.proxy, user=human.excerpt(known.username)))


def _table(server: Server) -> Table:
    row = {"address": server.host, "url": server.url, "store": str(server.store.root)}
    return schemas.SERVERS.table([{**row, "writable": server.options.writable, "proxy": server.options.proxy or None}])


def _to_paste(running: Server) -> list[str]:
    """What others paste to pull from the server; nothing if only this machine reaches it."""
    from nbdock.registry.hosts import is_loopback
    from nbdock.server import welcome

    if running.options.socket or is_loopback(running.options.host):
        return []
    address, options = welcome.reachable(running.host), running.options
    made = welcome.lines(address, proxy=options.proxy, insecure=running.url.startswith("http:"))
    return [line for what, text in made.items() for line in ("", f"# {what}", text)]


def _prefetch(dock: Dock, file: Path) -> None:
    """Pull the images of a list: a name a line, and a platform where it is not this machine's. Raises UsageError."""
    from nbdock.commands import copies

    wanted: dict[str, list[Reference]] = {}
    for words in map(str.split, _lines(file)):
        wanted.setdefault(" ".join(words[1:]), []).append(Reference.parse(words[0]).tagged)
    for platform, names in wanted.items():
        try:
            copies.pull(dock, names, platform=Platform.parse(platform) if platform else None)
        except (NotFound, RegistryError, IntegrityError) as error:
            dock.console.warn(f"WARNING: nothing was prefetched: {error}")


def _lines(file: Path) -> list[str]:
    """The lines of a text file, without comments and blank ones. Raises UsageError."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise UsageError(f"cannot read {file}: {reason}", hint="--prefetch takes a file of names, one a line") from None
    return [line for raw in text.splitlines() if (line := raw.partition("#")[0].strip())]
