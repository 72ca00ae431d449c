"""The application for notebooks, and those of its parts that stand alone.

    nbdock.ui()                          # the application
    nbdock.widgets.Layers("httpd")       # one image: layers, files, packages, configuration
    nbdock.widgets.Search("httpd")       # search a registry, see what a pull would download, pull
    nbdock.widgets.Login()               # log in and out

Widgets show every change of their store, whoever makes it, until they are closed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbdock.widgets.application import Application, Layers, Login, Search

__all__ = ["Application", "Layers", "Login", "Search"]


def __getattr__(name: str) -> Any:
    """Import a widget when it is first used: a terminal imports the command `ui`, and must not wait for ipywidgets."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.application"), name)


def __dir__() -> list[str]:
    return __all__
