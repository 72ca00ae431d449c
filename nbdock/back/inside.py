"""What questions about an image have in common: to find it, to call it by a name, to read its layers."""

from __future__ import annotations

import contextlib
from datetime import datetime

from nbdock.back.backend import Backend
from nbdock.dock.console import Console
from nbdock.dock.dock import Dock
from nbdock.errors import ImageNotFound, NbdockError
from nbdock.oci.config import ImageConfig
from nbdock.places import Image
from nbdock.progress import View
from nbdock.task import Progress, Task


def image_of(dock: Dock, wanted: str) -> Image:
    """The image with this id. Raises ImageNotFound."""
    image = dock.store.images().by_id.get(wanted)
    if image is None:
        raise ImageNotFound(f"No such image: {wanted[:100]}", hint="it has just been deleted: pull it again")
    return image


def called(image: Image) -> str:
    """What an image is called in a line about another."""
    return image.tags[0].familiar if image.tags else image.id.short


def seconds(time: datetime | None) -> float | None:
    """A time as pages have it: seconds since 1970."""
    return time.timestamp() if time else None


def readable(image: Image) -> tuple[Image, str]:
    """The image, and what is wrong with its config: one that is damaged costs what is in it, not the layers."""
    try:
        image.config  # noqa: B018 (reads and verifies it)
    except NbdockError as error:
        empty = ImageConfig.parse(b"{}")
        bare = Image(image.descriptor, image.id, image.names, image.manifest, empty, image.layers)
        return bare, ". ".join(filter(None, (str(error), error.hint)))
    return image, ""


class Reading(Console):
    """The console of a question that reads an image's layers. It is cancelled with the question, and tells all pages
    about "<what> <image id>" while a long layer is read. `problems` are what was wrong with the layers."""

    def __init__(self, backend: Backend, what: str, image: Image, asker: Console) -> None:
        self.problems: list[str] = []
        self._asker = asker
        self._view = _View(backend, f"{what} {image.id}")

    def warn(self, line: str) -> None:
        self.problems.append(line.removeprefix("WARNING: "))

    def started(self, task: Task) -> None:
        self._asker.started(task)

    def watching(self) -> contextlib.AbstractContextManager[View | None]:
        return self._view


class _View(View):
    def __init__(self, backend: Backend, about: str) -> None:
        super().__init__()
        self._backend, self._about = backend, about

    def hear(self, progress: Progress) -> None:
        super().hear(progress)
        self.tick()

    def draw(self) -> None:
        if self.board.layers:
            self._backend.show(self._about, {"done": self.board.done, "total": self.board.total})

    def end(self) -> None:
        self._backend.hide(self._about)
