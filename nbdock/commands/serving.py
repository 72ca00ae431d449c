"""The command that serves the store as a registry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from nbdock.dock.dock import Dock
from nbdock.errors import UsageError
from nbdock.frames import schemas
from nbdock.frames.frame import Table
from nbdock.grammar import Opt, command
from nbdock.registry.hosts import is_loopback


@command("serve")
def serve(
    dock: Dock,
    *,
    host: Annotated[str, Opt("the address to listen on; 0.0.0.0 is every one of this machine's")] = "127.0.0.1",
    htpasswd: Annotated[Path | None, Opt("who may use it: a file made with htpasswd -B", metavar="file")] = None,
    port: Annotated[int, Opt("the port to listen on; 0 is any free one")] = 5000,
    proxy: Annotated[str, Opt("fetch what is missing from a registry", metavar="registry", complete="registries")] = "",
    stop: Annotated[bool, Opt("end the server that runs in this process")] = False,
    tls_cert: Annotated[Path | None, Opt("serve HTTPS with this certificate", metavar="file")] = None,
    tls_key: Annotated[Path | None, Opt("the certificate's key", metavar="file")] = None,
    writable: Annotated[bool, Opt("take pushes and deletions")] = False,
) -> Table:
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
        options = Options(host, port, writable, proxy, htpasswd, tls_cert, tls_key)
        server = running.start(dock.store, options, dock.registry.repository)
        if writable and not htpasswd and not is_loopback(host):
            dock.console.warn("WARNING: whoever reaches this machine may push and delete; --htpasswd asks who they are")
        dock.console.echo(f"Serving {dock.store.root} at {server.url}")
        if dock.console.stay():
            running.stop(dock.store)
    row = {"address": server.host, "url": server.url, "store": str(server.store.root)}
    return schemas.SERVERS.table([{**row, "writable": server.options.writable, "proxy": server.options.proxy or None}])
