"""The data set of a store: its images, their layers and history, and what is in them, as Arrow tables (docs/tables.md).

What documents say is read from the documents each time; what is in layers stays where it lies until it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from nbdock.contents import files
from nbdock.contents.ecosystems import table as packages
from nbdock.dock.dock import Dock
from nbdock.dock.inside.reading import told
from nbdock.dock.steps import history
from nbdock.errors import NbdockError
from nbdock.frames import inside, schemas
from nbdock.frames.arrow import schema_of, to_arrow
from nbdock.frames.rows import Row, history_rows, image_layer_rows, image_rows
from nbdock.oci.digest import Digest
from nbdock.places import Kind
from nbdock.store.tables import with_diff_id

if TYPE_CHECKING:
    from nbdock.frames.schema import Schema
    from nbdock.places import Image, Layer
    from nbdock.task import Task

Data: TypeAlias = Any
"""A pyarrow Table or Dataset, which have no types."""

OF_DOCUMENTS: Mapping[str, tuple[Schema, Callable[[Image], Iterable[Row]]]] = {
    "images": (schemas.NAMED_IMAGES, lambda image: image_rows(image, image.names, {})),
    "image_layers": (inside.IMAGE_LAYERS, image_layer_rows),
    "layers": (inside.STORED_LAYERS, image_layer_rows),
    "history": (schemas.HISTORY, lambda image: history_rows(image, history(image))),
}
"""The tables that are read from documents: their columns, and the rows of an image."""
OF_LAYERS: Mapping[Kind, pa.Schema] = {"files": files.SCHEMA, "packages": packages.SCHEMA}
"""The tables that are kept beside the layers, and their columns."""
NAMES = (*OF_DOCUMENTS, *OF_LAYERS)


def columns(name: str) -> pa.Schema:
    """The columns of a table."""
    of_layers = next((schema for kind, schema in OF_LAYERS.items() if kind == name), None)
    if of_layers is None:
        return schema_of(OF_DOCUMENTS[name][0])
    return pa.schema([pa.field("diff_id", pa.string()), *of_layers])


def table(dock: Dock, name: str, images: Iterable[Image]) -> Data:
    """One of the tables, of these images."""
    kind = next((each for each in OF_LAYERS if each == name), None)
    return kept(dock, kind, images).dataset() if kind else documents(name, images)


def documents(name: str, images: Iterable[Image]) -> pa.Table:
    """A table that is read from documents."""
    schema, rows = OF_DOCUMENTS[name]
    found = (row for image in images for row in rows(image))
    return to_arrow(schema, _once(found) if name == "layers" else found)


@dataclass
class Kept:
    """A table of many layers: the files of those that are kept, and the others in memory.

    A layer's is not kept if the layer breaks off, or if the store cannot be written.
    """

    kind: Kind
    paths: list[Path] = field(default_factory=list)
    loose: dict[Digest, pa.Table] = field(default_factory=dict)

    def dataset(self) -> Data:
        """All of them as one table, read where it lies."""
        from pyarrow import dataset

        wanted = columns(self.kind)
        kept = dataset.dataset(list(map(str, self.paths)), wanted, format="parquet")
        loose = [dataset.InMemoryDataset(each.cast(wanted)) for each in self.loose.values()]
        return dataset.dataset([kept, *loose]) if loose else kept


def kept(dock: Dock, kind: Kind, images: Iterable[Image]) -> Kept:
    """A table of the images' layers; makes those that are missing. Raises Interrupted."""
    layers = {layer.descriptor.digest: layer for image in images for layer in image.layers}

    def find(task: Task) -> Kept:
        found = Kept(kind)
        for layer in layers.values():
            task.check()
            _add(found, dock, layer, task)
        found.paths = list(dict.fromkeys(found.paths))  # copies of a layer that differ in compression share a table
        return found

    return dock.run(find, quiet=True)


def _add(found: Kept, dock: Dock, layer: Layer, task: Task) -> None:
    tables, blob, kind = dock.store.tables, layer.descriptor.digest, found.kind
    facts = layer.facts
    diff_id = facts.diff_id if facts else layer.diff_id or blob
    if path := tables.found(kind, diff_id):
        found.paths.append(path)
        return
    try:
        table, broken = layer.table(kind, partial(told(layer, task), 0))
    except NbdockError as error:
        task.note(f"WARNING: {blob} is left out: {error}")
        return
    if broken:
        task.note(f"WARNING: {blob}: {broken}")
    if path := tables.found(kind, diff_id):
        found.paths.append(path)
    else:
        found.loose[diff_id] = with_diff_id(table, diff_id)


def _once(rows: Iterable[Row]) -> Iterator[Row]:
    """Each layer once, however many images have it."""
    return iter({row["layer"]: row for row in rows}.values())
