"""The application for notebooks, and its parts, which also stand alone.

    nbdock.ui()                          # all of it
    nbdock.widgets.Images()              # the local images: plan, delete, undo, tag, prune, inspect
    nbdock.widgets.Layers("httpd")       # which instruction made which bytes
    nbdock.widgets.Search()              # find, see what a pull would cost, pull
    nbdock.widgets.Login()               # log in and out

All of them stand on one dock and follow its store, whoever changes it. `close()` ends that.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbdock.widgets.account import Login
    from nbdock.widgets.application import Application
    from nbdock.widgets.finder import Search
    from nbdock.widgets.image_list import Images
    from nbdock.widgets.layer_list import Layers
    from nbdock.widgets.pulls import Pulls

_MODULES = {
    "Application": "application",
    "Images": "image_list",
    "Layers": "layer_list",
    "Login": "account",
    "Pulls": "pulls",
    "Search": "finder",
}

__all__ = ["Application", "Images", "Layers", "Login", "Pulls", "Search"]


def __getattr__(name: str) -> Any:
    """Import a widget when it is first used: the command `ui` must not cost a terminal ipywidgets and pandas."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
