"""Where files are: which images have them, in which layer, and what became of them there.

The tables of layers are searched first, each once however many images have it. What became of the matches is then found
from the few rows that can touch them: of the same paths, of the folders above, and whiteouts of either.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from nbdock.contents.glob import Glob
from nbdock.contents.layer import walk
from nbdock.contents.links import Ways, crossing
from nbdock.contents.listed import is_listed
from nbdock.contents.paths import with_folders
from nbdock.contents.search import Search
from nbdock.contents.tree import Fate, merge
from nbdock.dock.inside.listing import COLUMNS, Entries, Part, part
from nbdock.dock.inside.reading import told

if TYPE_CHECKING:
    from nbdock.oci.digest import Digest
    from nbdock.places import Image, Kind, Layer
    from nbdock.task import Task

Mask = npt.NDArray[np.bool_]
_JOBS = 4


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for: all that is given must be true of a file.

    `content` is the BLAKE3 of a file as tables have it, `text` is in files of a mebibyte at most.
    """

    glob: Glob | None = None
    content: bytes = b""
    sha256: Digest | None = None
    text: bytes = b""

    @property
    def is_of_content(self) -> bool:
        """Whether it is about what is in files, which only those who read a layer know."""
        return bool(self.content or self.sha256 or self.text)


def where(images: Sequence[Image], query: Query, task: Task) -> Entries:
    """The entries that a query finds, image by image. Raises UsageError, BlobNotFound."""
    layers = _Layers(task, query.is_of_content)
    every = list(dict.fromkeys(layer for image in images for layer in image.layers))
    masks = task.spread(lambda layer: layers.matches(layer, query), every, _JOBS)
    found = {layer: mask for layer, mask in zip(every, masks, strict=True) if mask.any()}
    if layers.listed:
        task.note(f"{layers.listed} of {len(every)} layers: as their tables of contents say, not read, not verified.")
    having = [image for image in images if any(layer in found for layer in image.layers)]
    touching = layers.touching(having, found)
    return Entries.of([part for image in having for part in _fates(image, layers.near(image, touching, found))])


class Near(NamedTuple):
    """The rows of a layer that touch a match, which of them are matches, and the ways of all its rows."""

    table: pa.Table
    mask: Mask
    ways: Ways


def _fates(image: Image, parts: Sequence[Near]) -> Iterator[Part]:
    """The matches of each layer of an image, and what became of them."""
    merged = merge([near.table for near in parts], [near.ways for near in parts])
    for position, near in enumerate(parts):
        wanted = near.mask & (merged.fates(position) != Fate.MARKER)
        if wanted.any():
            yield part(image, merged, position, wanted)


class _Layers:
    """The layers that are searched."""

    def __init__(self, task: Task, exact: bool) -> None:
        self._task, self._exact = task, exact
        self._listed: set[Layer] = set()
        self._paths: dict[Layer, set[str]] = {}
        """The matches so far, and the folders above them."""

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
        self._paths[layer] = with_folders(set(table["path"].filter(pa.array(mask)).to_pylist()))
        return mask

    @property
    def listed(self) -> int:
        """How many layers were not read."""
        return len(self._listed)

    def touching(self, images: Sequence[Image], found: Mapping[Layer, Mask]) -> dict[Layer, Near]:
        """The rows of the images' layers that are matches, or may decide what becomes of one."""
        paths: defaultdict[Layer, set[str]] = defaultdict(set)
        for image in images:
            layers = set(image.layers)
            matched = set[str]().union(*(self._paths[layer] for layer in layers))
            for layer in layers:
                paths[layer] |= matched
        near = self._task.spread(lambda layer: self._near(layer, found, paths[layer]), list(paths), _JOBS)
        return dict(zip(paths, near, strict=True))

    def near(self, image: Image, touching: Mapping[Layer, Near], found: Mapping[Layer, Mask]) -> list[Near]:
        """What touches a match in each layer of an image: all its rows if symlinks lead paths elsewhere."""
        near = [touching[layer] for layer in image.layers]
        return [self._near(layer, found) for layer in image.layers] if crossing([each.ways for each in near]) else near

    def _near(self, layer: Layer, found: Mapping[Layer, Mask], paths: set[str] | None = None) -> Near:
        table = self._table(layer, COLUMNS)
        matches, ways = found.get(layer, np.zeros(table.num_rows, np.bool_)), Ways.of(table)
        if paths is None:
            return Near(table, matches, ways)
        wanted = pa.array(paths, pa.string())
        mask = pc.or_kleene(pc.is_in(table["path"], wanted), pc.is_in(table["hides"], wanted)).to_numpy()
        return Near(table.filter(pa.array(mask)), matches[mask], ways)

    def _table(self, layer: Layer, columns: Sequence[str], kind: Kind = "files") -> pa.Table:
        """Columns of a layer's table, which is made if it is not there."""
        read = partial(told(layer, self._task), 0)
        is_enough = kind == "files" and not self._exact
        table, problem = layer.files(read, columns) if is_enough else layer.table(kind, read, columns)
        if is_listed(table):
            self._listed.add(layer)
        if problem:
            self._task.note(f"WARNING: {layer.descriptor.digest}: {problem}")
        return table
