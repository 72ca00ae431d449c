"""What is inside an image: its layers' file tables, merged, and which instruction made which layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING

from nbdock.dock.dock import Dock
from nbdock.dock.steps import Step, made

if TYPE_CHECKING:
    import pyarrow as pa

    from nbdock.contents.tree import Merged
    from nbdock.contents.visible import Visible
    from nbdock.contents.wasted import Waste
    from nbdock.places import Image
    from nbdock.store import Store

_REMEMBERED = 4


@dataclass(frozen=True)
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
    def waste(self) -> Waste:
        """The bytes that nobody sees."""
        from nbdock.contents.wasted import Waste

        return Waste(self.merged)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The step that made each layer, the lowest first."""
        return made(self.image)


def contents(dock: Dock, image: Image) -> Contents:
    """What is inside an image; a warning for each layer that breaks off. Raises BlobNotFound."""
    found = _contents(dock.store, image)
    for problem in found.problems:
        dock.console.warn(f"WARNING: {problem}")
    return found


@lru_cache(_REMEMBERED)
def _contents(store: Store, image: Image) -> Contents:
    """Remembered for a few images: the next question about one is answered at once."""
    layers = [layer.descriptor for layer in image.layers]
    read = [store.tables.files(store.facts(layer), partial(store.open, layer)) for layer in layers]
    problems = (f"{layer.digest}: {why}" for layer, (_, why) in zip(layers, read, strict=True) if why)
    return Contents(image, tuple(table for table, _ in read), tuple(problems))
