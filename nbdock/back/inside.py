"""What questions about an image have in common: to find it, to call it by a name, to read its layers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from nbdock.back.backend import Backend
from nbdock.dock.console import Console
from nbdock.dock.dock import Dock
from nbdock.errors import ImageNotFound, NbdockError
from nbdock.oci.config import ImageConfig
from nbdock.oci.descriptor import Descriptor
from nbdock.places import Image
from nbdock.progress import Board, View
from nbdock.task import Progress, State, Task

_JOBS = 4


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


def moved(board: Board) -> dict[str, Any]:
    """How far something is, as pages show it. Bytes that were here before are in neither `done` nor `total`."""
    done, total = board.fetched
    return {"done": done, "total": total, "rate": board.rate, "left": board.seconds_left}


def measure(backend: Backend, dock: Dock, images: Iterable[Image]) -> None:
    """Read the layers that the images' sizes need and nobody read yet; pages are told about "reading store"."""
    layers = dict.fromkeys(each.descriptor for image in images if not image.is_measured for each in image.layers)
    unread = [layer for layer in layers if not dock.store.is_read(layer)]

    def read(task: Task, layer: Descriptor) -> object:
        return dock.store.facts(layer, lambda: task.telling(layer, dock.store.open(layer), State.READING, State.READ))

    def work(task: Task) -> None:
        for layer in unread:
            task.tell(Progress(layer, State.PREPARING, 0, layer.size))
        task.spread(partial(read, task), unread, _JOBS)

    if unread:
        dock.facing(Reading(backend, "reading store", dock.console)).run(work)


class Reading(Console):
    """The console of a question that reads much. It is cancelled with the question, and tells all pages `about` how far
    it is. `problems` are what was wrong with what it read."""

    def __init__(self, backend: Backend, about: str, asker: Console) -> None:
        self.problems: list[str] = []
        self._asker = asker
        self._view = _View(backend, about)

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
            self._backend.show(self._about, moved(self.board))

    def end(self) -> None:
        self.draw()  # what came too soon after what was shown before
        self._backend.hide(self._about)
