"""The command that serves the store as a registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from nbdock.dock.dock import Dock
from nbdock.errors import UsageError
from nbdock.grammar import Opt, command
from nbdock.registry.hosts import is_loopback

if TYPE_CHECKING:
    from pandas import DataFrame


@command("serve")
def serve(
    dock: Dock,
    *,
    host: Annotated[str, Opt("the address to listen on; 0.0.0.0 is every one of this machine's")] = "127.0.0.1",
    htpasswd: Annotated[str, Opt("who may use it: a file made with htpasswd -B", metavar="file")] = "",
    port: Annotated[int, Opt("the port to listen on; 0 is any free one")] = 5000,
    proxy: Annotated[str, Opt("fetch what is missing from a registry", metavar="registry", complete="registries")] = "",
    stop: Annotated[bool, Opt("end the server that runs in this process")] = False,
    tls_cert: Annotated[str, Opt("serve HTTPS with this certificate", metavar="file")] = "",
    tls_key: Annotated[str, Opt("the certificate's key", metavar="file")] = "",
    writable: Annotated[bool, Opt("take pushes and deletions")] = False,
) -> DataFrame:
    """Serve the images that are here as a registry.

    docker, podman and skopeo pull from it; with --writable they push to it too. The store's httpd is
    ADDRESS/library/httpd there. In a notebook it runs beside the kernel, until --stop or the kernel's end; in a
    terminal until Ctrl-C. A frame of one row says where it is.
    """
    try:
        from nbdock.server import running
        from nbdock.server.server import Options
    except ModuleNotFoundError:
        raise UsageError("serving needs tornado", hint="pip install 'nbdock[serve]'") from None
    if stop:
        server = running.stop(dock.store)
    else:
        files = (_file(name) for name in (htpasswd, tls_cert, tls_key))
        options = Options(host, port, writable, proxy, *files)
        server = running.start(dock.store, options, dock.registry.repository)
        if writable and not htpasswd and not is_loopback(host):
            dock.console.warn("WARNING: whoever reaches this machine may push and delete; --htpasswd asks who they are")
        dock.console.echo(f"Serving {dock.store.root} at {server.url}")
        if dock.console.stay():
            running.stop(dock.store)
    from nbdock.frames import schemas

    row = {"address": server.host, "url": server.url, "store": str(server.store.root)}
    return schemas.SERVERS.frame([{**row, "writable": server.options.writable, "proxy": server.options.proxy or None}])


def _file(name: str) -> Path | None:
    return Path(name).expanduser() if name else None
