"""Container images as data, in any notebook, with no Docker.

    import nbdock

    nbdock.pull("httpd")                        # a frame of layers
    nbdock.ls()                                 # a frame of images
    nbdock.history("httpd")                     # a frame of instructions, each with the layer it made
    nbdock.image("httpd").open("/etc/passwd")   # a file of an image
    nbdock.ui()                                 # the application: search, pull, look, delete
    nbdock.Dock("another/store").pull("httpd")  # the same on a store of one's own

In a notebook `%load_ext nbdock` gives the same commands as `%image …` and `%docker …`.
"""

from __future__ import annotations

import typing as _typing
from importlib import import_module as _import_module

if _typing.TYPE_CHECKING:
    from nbdock import course, errors, plots, widgets
    from nbdock.api import (
        Copied,
        Dock,
        Image,
        Survey,
        append,
        base,
        build,
        cat,
        container_create,
        container_ls,
        container_prune,
        container_rm,
        copy,
        cp,
        create,
        df,
        diff,
        export_tables,
        files,
        history,
        image,
        images,
        import_image,
        info,
        inspect,
        layers,
        lint,
        login,
        logout,
        ls,
        manifest,
        open,
        outdated,
        packages,
        plan,
        prune,
        ps,
        pull,
        push,
        referrers,
        rm,
        rmi,
        save,
        search,
        serve,
        shared,
        sql,
        survey,
        tag,
        tags,
        ui,
        version,
        waste,
        where,
        why,
    )
    from nbdock.errors import NbdockError
    from nbdock.oci.descriptor import Descriptor
    from nbdock.oci.digest import Digest
    from nbdock.oci.platform import Platform
    from nbdock.oci.reference import Reference
    from nbdock.places import Layer, Removal
    from nbdock.registry.client import Registry
    from nbdock.store import Store

    __version__: str

_MODULES = ("course", "errors", "plots", "widgets")
_HOMES = {
    "Descriptor": "nbdock.oci.descriptor",
    "Digest": "nbdock.oci.digest",
    "Layer": "nbdock.places",
    "NbdockError": "nbdock.errors",
    "Platform": "nbdock.oci.platform",
    "Reference": "nbdock.oci.reference",
    "Registry": "nbdock.registry.client",
    "Removal": "nbdock.places",
    "Store": "nbdock.store",
}

__all__ = [
    "Copied",
    "Descriptor",
    "Digest",
    "Dock",
    "Image",
    "Layer",
    "NbdockError",
    "Platform",
    "Reference",
    "Registry",
    "Removal",
    "Store",
    "Survey",
    "append",
    "base",
    "build",
    "cat",
    "container_create",
    "container_ls",
    "container_prune",
    "container_rm",
    "copy",
    "course",
    "cp",
    "create",
    "df",
    "diff",
    "errors",
    "export_tables",
    "files",
    "history",
    "image",
    "images",
    "import_image",
    "info",
    "inspect",
    "layers",
    "lint",
    "load",
    "login",
    "logout",
    "ls",
    "manifest",
    "open",
    "outdated",
    "packages",
    "plan",
    "plots",
    "prune",
    "ps",
    "pull",
    "push",
    "referrers",
    "rm",
    "rmi",
    "save",
    "search",
    "serve",
    "shared",
    "sql",
    "survey",
    "tag",
    "tags",
    "ui",
    "version",
    "waste",
    "where",
    "why",
    "widgets",
]


def __getattr__(name: str) -> _typing.Any:
    """Import a name when it is first used: `%load_ext nbdock` loads neither pandas nor httpx."""
    if name == "__version__":
        return _import_module("importlib.metadata").version("nbdock")
    if name not in __all__:
        raise AttributeError(f"module 'nbdock' has no attribute {name!r}")
    if name in _MODULES:
        return _import_module(f"nbdock.{name}")
    return getattr(_import_module(_HOMES.get(name, "nbdock.api")), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def load_ipython_extension(shell: _typing.Any) -> None:
    """`%load_ext nbdock`."""
    _import_module("nbdock.jupyter.magics").load(shell)


def unload_ipython_extension(shell: _typing.Any) -> None:
    """`%unload_ext nbdock`."""
    _import_module("nbdock.jupyter.magics").unload(shell)
