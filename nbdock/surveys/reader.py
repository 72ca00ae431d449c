"""A data set as it is read: each row once, sizes filled in from the layers that were read, and questions in SQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from nbdock.dock.inside.query import query
from nbdock.frames.dataset import OF_LAYERS
from nbdock.surveys import documents
from nbdock.surveys.layers import LayerTable

if TYPE_CHECKING:
    from nbdock.surveys.address import Address
    from nbdock.task import Task

NAMES = (*documents.TABLES, *OF_LAYERS, "latest")


@dataclass
class Reader:
    """The data set at an address. Each table is as it was when it was first read."""

    address: Address

    def sql(self, text: str, variables: Mapping[str, Any], task: Task) -> pa.Table:
        """The rows of the last statement: it reads the tables, and nothing else. Raises UsageError, Cancelled."""
        named = {name: re.search(rf"\b{name}\b", text, re.IGNORECASE) for name in NAMES}
        tables = {name: getattr(self, name) if found else _EMPTY for name, found in named.items()}
        return query(text, tables, variables, task)

    @cached_property
    def layers(self) -> pa.Table:
        return documents.read(self.address, "layers")

    @cached_property
    def image_layers(self) -> pa.Table:
        return documents.read(self.address, "image_layers")

    @cached_property
    def images(self) -> pa.Table:
        """With their sizes, where all layers were read."""
        return _filled(documents.read(self.address, "images"), "image_id", self._image_sizes)

    @cached_property
    def history(self) -> pa.Table:
        """With the sizes of layers that were read."""
        return _filled(documents.read(self.address, "history"), "layer", self.layers.select(["layer", "size_bytes"]))

    @cached_property
    def problems(self) -> pa.Table:
        return documents.read(self.address, "problems")

    @cached_property
    def seen(self) -> pa.Table:
        return documents.read(self.address, "seen")

    @cached_property
    def latest(self) -> pa.Table:
        """The rows of `seen` that are the last of their name: what the names stood for at last."""
        last = self.seen.group_by("reference").aggregate([("seen_at", "max")])
        known = last["seen_at_max"].take(pc.index_in(self.seen["reference"], last["reference"].combine_chunks()))
        return self.seen.filter(pc.equal(self.seen["seen_at"], known))

    @cached_property
    def files(self) -> Any:
        """A dataset of Arrow: it is read where it lies."""
        return LayerTable.listed(self.address, "files").dataset()

    @cached_property
    def packages(self) -> Any:
        """A dataset of Arrow."""
        return LayerTable.listed(self.address, "packages").dataset()

    @cached_property
    def _image_sizes(self) -> pa.Table:
        """The size of each image whose layers were all read."""
        sized = self.image_layers.join(self.layers.select(["layer", "size_bytes"]), "layer")
        sums = [("size_bytes", "sum"), ("size_bytes", "count"), ("position", "count")]
        found = sized.group_by("image_id").aggregate(sums)
        complete = found.filter(pc.equal(found["size_bytes_count"], found["position_count"]))
        return complete.select(["image_id", "size_bytes_sum"]).rename_columns(["image_id", "size_bytes"])


def compact(address: Address) -> None:
    """Make few large files of many small ones. Surveys may go on meanwhile. Raises UsageError."""
    for name in documents.TABLES:
        documents.compact(address, name)
    for kind in OF_LAYERS:
        LayerTable.listed(address, kind).compact()


_EMPTY = pa.table({"": pa.array([], pa.string())})


def _filled(rows: pa.Table, key: str, sizes: pa.Table) -> pa.Table:
    """The rows with the sizes that are absent in them, by a key."""
    known = sizes["size_bytes"].combine_chunks().take(pc.index_in(rows[key], sizes[key].combine_chunks()))
    at = rows.column_names.index("size_bytes")
    return rows.set_column(at, rows.schema.field(at), pc.coalesce(rows["size_bytes"], known))
