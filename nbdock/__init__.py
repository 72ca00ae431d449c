"""Container images as data, in any notebook, with no Docker.

    import nbdock

    nbdock.pull("httpd")                        # a frame of layers
    nbdock.ls()                                 # a frame of images
    nbdock.history("httpd")                     # a frame of instructions, each with the layer it made
    nbdock.ui()                                 # the application: search, pull, look, delete
    nbdock.Dock("another/store").pull("httpd")  # the same on a store of one's own

In a notebook `%load_ext nbdock` gives the same commands as `%image …` and `%docker …`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbdock import plots, widgets
    from nbdock.api import (
        Dock,
        container_create,
        container_ls,
        container_prune,
        container_rm,
        df,
        history,
        info,
        inspect,
        login,
        logout,
        ls,
        prune,
        pull,
        push,
        rm,
        search,
        serve,
        tag,
        tags,
        ui,
        version,
    )
    from nbdock.errors import NbdockError
    from nbdock.oci.digest import Digest
    from nbdock.oci.platform import Platform
    from nbdock.oci.reference import Reference

_MODULES = ("plots", "widgets")
_HOMES = {
    "Digest": "nbdock.oci.digest",
    "NbdockError": "nbdock.errors",
    "Platform": "nbdock.oci.platform",
    "Reference": "nbdock.oci.reference",
}

__all__ = [
    "Digest",
    "Dock",
    "NbdockError",
    "Platform",
    "Reference",
    "container_create",
    "container_ls",
    "container_prune",
    "container_rm",
    "df",
    "history",
    "info",
    "inspect",
    "login",
    "logout",
    "ls",
    "plots",
    "prune",
    "pull",
    "push",
    "rm",
    "search",
    "serve",
    "tag",
    "tags",
    "ui",
    "version",
    "widgets",
]


def __getattr__(name: str) -> Any:
    """Imported when it is asked for: `%load_ext nbdock` loads neither pandas nor httpx."""
    if name not in __all__:
        raise AttributeError(f"module 'nbdock' has no attribute {name!r}")
    if name in _MODULES:
        return import_module(f"nbdock.{name}")
    return getattr(import_module(_HOMES.get(name, "nbdock.api")), name)


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext nbdock`."""
    import_module("nbdock.jupyter.magics").load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """`%unload_ext nbdock`."""
    import_module("nbdock.jupyter.magics").unload(shell)
