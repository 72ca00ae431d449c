"""What is inside an image: its layers' file tables, merged, and which instruction made which layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING

from nbdock.dock.dock import Dock
from nbdock.dock.inside.reading import told
from nbdock.dock.steps import Step, made
from nbdock.errors import IntegrityError, InvalidContent, NotFound

if TYPE_CHECKING:
    import pyarrow as pa

    from nbdock.contents.tree import Merged
    from nbdock.contents.visible import Visible
    from nbdock.contents.wasted import Waste
    from nbdock.places import Found, Image, Layer, Place
    from nbdock.task import Task

_REMEMBERED = 4
_JOBS = 4


@dataclass(frozen=True, eq=False)
class Contents:
    """An image, and the file table of each of its layers, the lowest first.

    `problems` tell where layers break off; their tables have what comes before.
    """

    image: Image
    tables: tuple[pa.Table, ...]
    problems: tuple[str, ...] = ()

    @cached_property
    def merged(self) -> Merged:
        """What became of each entry."""
        from nbdock.contents.tree import merge

        return merge(self.tables)

    @cached_property
    def visible(self) -> Visible:
        """What it shows at the end, by path."""
        from nbdock.contents.visible import Visible

        return Visible(self.merged)

    @cached_property
    def is_listed(self) -> tuple[bool, ...]:
        """For each layer whether its table is only what its table of contents says."""
        from nbdock.contents.listed import is_listed

        return tuple(map(is_listed, self.tables))

    @property
    def listed(self) -> list[int]:
        """The positions of the layers that were not read."""
        return [position for position, is_listed in enumerate(self.is_listed) if is_listed]

    @cached_property
    def waste(self) -> Waste:
        """The bytes that nobody sees."""
        from nbdock.contents.wasted import Waste

        return Waste(self.merged)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The step that made each layer, the lowest first."""
        return made(self.image)


def contents(dock: Dock, image: Image, exact: bool = False) -> Contents:
    """What is inside an image; a warning for each layer that breaks off, and a line if some were not read.

    If it must be `exact`, those are read too, rather than only their tables of contents. Raises BlobNotFound,
    Interrupted.
    """
    found = _contents(_Asked(image, tuple(layer.place for layer in image.layers), dock, exact))
    for problem in found.problems:
        dock.console.warn(f"WARNING: {problem}")
    if found.listed:
        dock.console.warn(unverified(found.listed))
    return found


def comparable(dock: Dock, images: Sequence[Image], exact: bool = False) -> list[Contents]:
    """What is inside images, all layers read or none: what was read and what is only listed cannot be compared.

    Raises as `contents`.
    """
    found = [contents(dock, image, exact) for image in images]
    kinds = {is_listed for each in found for is_listed in each.is_listed}
    return found if len(kinds) < 2 else [contents(dock, image, exact=True) for image in images]


def unverified(positions: Sequence[int]) -> str:
    """A line that says which layers nobody read."""
    if len(positions) == 1:
        return f"Layer {positions[0]}: as its table of contents says, not read, not verified."
    return f"Layers {', '.join(map(str, positions))}: as their tables of contents say, not read, not verified."


def readable(dock: Dock, image: Image) -> Contents:
    """What is inside an image as far as it can be read: `problems` has the layers that cannot, which count as empty.

    Raises Interrupted, Cancelled.
    """
    try:
        return contents(dock, image)
    except (NotFound, IntegrityError) as error:
        return _contents(_Asked(image, tuple(layer.place for layer in image.layers), dock, without=str(error)))


@dataclass(frozen=True)
class _Asked:
    """An image and where it is, which decide what is inside; the dock shows progress.

    `without` says what kept some layers from being read: those are left out. When it is mended, it is another question.
    """

    image: Image
    places: tuple[Place | None, ...]
    dock: Dock = field(compare=False)
    exact: bool = False
    without: str = ""


@lru_cache(_REMEMBERED)
def _contents(asked: _Asked) -> Contents:
    """Remembered for a few images: the next question about one is answered at once."""
    layers, table = asked.image.layers, _table_or_empty if asked.without else _exact if asked.exact else _table

    def read(task: Task) -> list[Found]:
        return task.spread(partial(table, task), layers, _JOBS)

    found = asked.dock.run(read)
    problems = (f"{layer.descriptor.digest}: {why}" for layer, (_, why) in zip(layers, found, strict=True) if why)
    return Contents(asked.image, tuple(table for table, _ in found), tuple(problems))


def _table(task: Task, layer: Layer) -> Found:
    return layer.files(partial(told(layer, task), 0))


def _exact(task: Task, layer: Layer) -> Found:
    return layer.table("files", partial(told(layer, task), 0))


def _table_or_empty(task: Task, layer: Layer) -> Found:
    from nbdock.contents.files import SCHEMA

    try:
        return _table(task, layer)
    except (NotFound, IntegrityError) as error:
        return SCHEMA.empty_table(), InvalidContent(str(error), hint=error.hint)
