"""The application, as a command."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nbdock.command import command
from nbdock.errors import Refused
from nbdock.images.console import Console
from nbdock.images.dock import Dock


@command("ui")
def ui(dock: Dock) -> Any:
    """Show the images, a search and the pulls under way as an application, in the notebook.

    `ui.images.selected` is a frame of what is selected in it. `nbdock.widgets` has its parts.
    """
    if not dock.console.shows_widgets:
        raise Refused("the application is made of widgets, and a terminal shows none", hint="in a notebook: %image ui")
    # One of the surfaces, which stand above the commands: it is looked up by name, and only when it is asked for.
    return import_module("nbdock.widgets").Application(dock.facing(Console()))
