"""The servers of this process, one a store: what a command began, another ends."""

from __future__ import annotations

from pathlib import Path

from nbdock.errors import Refused
from nbdock.server.server import Open, Options, Server
from nbdock.store import Store

_servers: dict[Path, Server] = {}


def start(store: Store, options: Options, open: Open) -> Server:
    """Raises UsageError where it cannot be served so, Refused where it is served already."""
    if store.root in _servers:
        raise Refused(f"the store is served at {_servers[store.root].url}", hint="serve --stop ends that")
    server = _servers[store.root] = Server(store, options, open)
    return server


def stop(store: Store) -> Server:
    """The server that has ended. Raises Refused where there is none."""
    if store.root not in _servers:
        raise Refused("the store is not served", hint="serve begins it")
    server = _servers.pop(store.root)
    server.stop()
    return server
