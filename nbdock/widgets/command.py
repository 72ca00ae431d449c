"""The command `ui`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbdock.dock.console import Console
from nbdock.dock.dock import Dock
from nbdock.errors import Refused
from nbdock.grammar import command

if TYPE_CHECKING:
    from nbdock.widgets.application import Application


@command("ui")
def ui(dock: Dock) -> Application:
    """Show the application, in a notebook.

    It lists images, searches, pulls and deletes them. `ui.selected` is a frame of the selected images;
    `nbdock.widgets` has its parts.
    """
    if not dock.console.shows_widgets:
        raise Refused("a terminal cannot show widgets", hint="in a notebook: %image ui")
    from nbdock.widgets.application import Application

    return Application(dock.facing(Console()))
