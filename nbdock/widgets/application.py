"""The application in a cell, and those of its parts that stand alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from traitlets import List, Unicode

from nbdock import commands
from nbdock.commands.choosing import newest_first
from nbdock.dock.containers import containers, users
from nbdock.dock.dock import Dock
from nbdock.errors import NbdockError
from nbdock.frames import rows, schemas
from nbdock.frames.schema import Table
from nbdock.widgets.part import Part

_FEW = 20


class Application(Part):
    """The local images: find, pull, look into, tag, push and delete them.

    `filter` are words that an image must contain to be shown; `chosen` the ids of the selected images. Both can be set.
    """

    caption = "The images of nbdock"

    filter = Unicode().tag(sync=True)
    chosen = List(Unicode()).tag(sync=True)

    def __init__(self, dock: Dock | None = None) -> None:
        super().__init__(dock, part="application")

    @property
    def frame(self) -> Any:
        """What `nbdock.ls()` returns."""
        return _framed(commands.ls(self.dock))

    @property
    def summary(self) -> Any:
        """The newest images."""
        newest, held = newest_first(self.dock.store.images())[:_FEW], users(containers(self.dock))
        return schemas.IMAGES.frame(row for image in newest for row in rows.image_rows(image, image.names, held))

    def __repr__(self) -> str:
        images = len(self.dock.store.images())
        return f"{self.caption}, the newest {_FEW} of {images:,}" if images > _FEW else self.caption

    @property
    def selected(self) -> Any:
        """The rows of `frame` whose images are selected. Set it to rows of `frame` to select their images."""
        frame = self.frame
        return frame[frame["image_id"].isin(self.chosen)]

    @selected.setter
    def selected(self, chosen: pd.DataFrame) -> None:
        self.chosen = list(dict.fromkeys(chosen["image_id"]))


class Layers(Part):
    """One image: its layers, files, packages and configuration. `image` is its name or id, and can be set."""

    image = Unicode().tag(sync=True)

    def __init__(self, image: str, dock: Dock | None = None) -> None:
        super().__init__(dock, part="image", image=str(image))

    @property
    def summary(self) -> Any:
        return self.frame

    @property
    def frame(self) -> Any:
        """What `nbdock.history(image)` returns; without rows if there is no such image any more."""
        try:
            return _framed(commands.history(self.dock, self.image))
        except NbdockError:
            return schemas.HISTORY.frame([])

    def __repr__(self) -> str:
        return f"The layers of {self.image}"


class Search(Part):
    """Search a registry, see what a pull would download, and pull. `query` is what is searched for, and can be set;
    `results` is what was found last, as `nbdock.search` returns it."""

    caption = "A search for images"

    query = Unicode().tag(sync=True)

    def __init__(self, query: str = "", dock: Dock | None = None) -> None:
        super().__init__(dock, part="search", query=query)
        self.results: Any = schemas.FOUND.frame([])

    @property
    def summary(self) -> Any:
        return self.results

    def answered(self, name: str, asked: Mapping[str, Any], value: Any) -> None:
        if name == "search":
            self.results = schemas.FOUND.frame(value["found"])


class Login(Part):
    """Log in to registries, and out of them.

    The password goes to the registry; no trait, output or file holds it.
    """

    caption = "A form to log in"

    def __init__(self, dock: Dock | None = None) -> None:
        super().__init__(dock, part="account")


def _framed(result: object) -> Any:
    assert isinstance(result, Table)  # noqa: S101 (no part asks for a format)
    return result.frame()
