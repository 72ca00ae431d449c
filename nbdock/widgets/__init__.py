"""The application for notebooks, and the widgets that it is made of.

    nbdock.ui()                          # the application
    nbdock.widgets.Images()              # local images: tag, inspect, delete, undo, prune
    nbdock.widgets.Layers("httpd")       # the layers of an image, and which instruction made each
    nbdock.widgets.Search()              # search a registry, see what a pull would download, pull
    nbdock.widgets.Login()               # log in and out

Widgets show every change of their store, whoever makes it, until they are closed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbdock.widgets.application import Application, Login
    from nbdock.widgets.image_list import Images
    from nbdock.widgets.layer_list import Layers
    from nbdock.widgets.pulls import Pulls
    from nbdock.widgets.search_form import Search

_MODULES = {
    "Application": "application",
    "Images": "image_list",
    "Layers": "layer_list",
    "Login": "application",
    "Pulls": "pulls",
    "Search": "search_form",
}

__all__ = ["Application", "Images", "Layers", "Login", "Pulls", "Search"]


def __getattr__(name: str) -> Any:
    """Import a widget when it is first used: a terminal imports the command `ui`, and must not wait for ipywidgets."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
