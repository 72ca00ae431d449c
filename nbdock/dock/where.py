"""Where files are: which images have them, in which layer, and what became of them there.

The tables of layers are searched first, each once however many images have it. What became of the matches is then found
from the few rows that can touch them: of the same paths, of the folders above, and whiteouts of either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from nbdock.contents.files import SCHEMA
from nbdock.contents.glob import Glob
from nbdock.contents.layer import walk
from nbdock.contents.paths import parent
from nbdock.contents.search import Search
from nbdock.contents.tree import Fate, merge
from nbdock.dock.listing import Entries, Origin
from nbdock.dock.reading import told

if TYPE_CHECKING:
    from nbdock.oci.digest import Digest
    from nbdock.places import Image, Kind, Layer
    from nbdock.task import Task

Mask = npt.NDArray[np.bool_]
_JOBS = 4
_SHOWN = [name for name in SCHEMA.names if name not in ("offset", "raw_name", "device", "xattrs")]


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for: all that is given must be true of a file.

    `content` is the BLAKE3 of a file as tables have it, `text` is in files of a mebibyte at most.
    """

    glob: Glob | None = None
    content: bytes = b""
    sha256: Digest | None = None
    text: bytes = b""


def where(images: Sequence[Image], query: Query, task: Task) -> Entries:
    """The entries that a query finds, image by image. Raises UsageError, BlobNotFound."""
    layers = _Layers(task)
    every = list(dict.fromkeys(layer for image in images for layer in image.layers))
    masks = task.spread(lambda layer: layers.matches(layer, query), every, _JOBS)
    found = {layer: mask for layer, mask in zip(every, masks, strict=True) if mask.any()}
    having = [image for image in images if any(layer in found for layer in image.layers)]
    touching = layers.touching({layer for image in having for layer in image.layers}, found)
    parts = [part for image in having for part in _fates(image, touching)]
    return Entries.of(parts, pa.schema([SCHEMA.field(name) for name in _SHOWN]))


Touching = tuple[pa.Table, Mask]
"""The rows of a layer that touch a match, and which of them are matches."""


def _fates(image: Image, touching: dict[Layer, Touching]) -> Iterator[tuple[Origin, pa.Table, npt.NDArray[np.int8]]]:
    """The matches of each layer of an image, and what became of them."""
    parts = [touching[layer] for layer in image.layers]
    merged = merge([table for table, _ in parts])
    for position, ((table, mask), start) in enumerate(zip(parts, merged.starts.tolist(), strict=True)):
        fates = merged.fate[start : start + table.num_rows]
        wanted = mask & (fates != Fate.MARKER)
        if wanted.any():
            yield Origin(image, position), table.select(_SHOWN).filter(pa.array(wanted)), fates[wanted]


class _Layers:
    """The layers that are searched."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._paths: set[str] = set()
        """Of the matches so far."""

    def matches(self, layer: Layer, query: Query) -> Mask:
        """The rows that a query finds in a layer; what costs most is looked at last."""
        self._task.check()
        table = self._table(layer, ["path", "content"] if query.content else ["path"])
        mask = np.ones(table.num_rows, np.bool_)
        if query.glob:
            mask &= query.glob.matches(table["path"]).to_numpy()
        if query.content:
            mask &= pc.equal(table["content"], pa.scalar(query.content, pa.binary(32))).fill_null(False).to_numpy()
        if query.sha256 and mask.any():
            wanted = pa.scalar(bytes.fromhex(query.sha256.hex), pa.binary(32))
            mask &= pc.equal(self._table(layer, ["sha256"], "sha256")["sha256"], wanted).fill_null(False).to_numpy()
        if query.text and mask.any():
            search = Search(query.text, mask)
            walk(told(layer, self._task)(0), search.visit)
            mask &= search.found
        self._paths.update(table["path"].filter(pa.array(mask)).to_pylist())
        return mask

    def touching(self, layers: Iterable[Layer], found: dict[Layer, Mask]) -> dict[Layer, Touching]:
        """The rows of the layers that are matches, or may decide what becomes of one."""
        paths = pa.array(_with_folders(self._paths), pa.string())

        def near(layer: Layer) -> Touching:
            table = self._table(layer, _SHOWN)
            mask = pc.or_kleene(pc.is_in(table["path"], paths), pc.is_in(table["hides"], paths)).to_numpy()
            matches = found.get(layer, np.zeros(table.num_rows, np.bool_))
            return table.filter(pa.array(mask)), matches[mask]

        wanted = list(layers)
        return dict(zip(wanted, self._task.spread(near, wanted, _JOBS), strict=True))

    def _table(self, layer: Layer, columns: Sequence[str], kind: Kind = "files") -> pa.Table:
        """Columns of a layer's table, which is made if it is not there."""
        table, problem = layer.table(kind, partial(told(layer, self._task), 0), columns)
        if problem:
            self._task.note(f"WARNING: {layer.descriptor.digest}: {problem}")
        return table


def _with_folders(paths: set[str]) -> list[str]:
    """The paths, and all folders above them."""
    found, waiting = set[str](), paths
    while waiting:
        found |= waiting
        waiting = set(map(parent, waiting)) - found
    return list(found)
