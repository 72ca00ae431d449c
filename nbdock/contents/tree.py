"""The merged file system of an image's layers, and what became of each entry (OCI image spec, layer.md).

Whiteouts of a layer hide what lower layers have, wherever they stand in its tar. A path may pass a symlink, as `bin/sh`
does where `/bin` leads to `/usr/bin`: the entry is where the symlink leads, inside the root. Symlinks in a circle,
which no unpacker follows, give way to folders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import count

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from nbdock.contents.columns import column, numbers
from nbdock.contents.links import Ways, crossing, follow
from nbdock.contents.paths import MAX_NAMES, parent, too_many_folders
from nbdock.errors import Refused

Integers = npt.NDArray[np.int64]
NONE = -1


class Fate(IntEnum):
    """What became of an entry in the layers above it, and in the rest of its own."""

    VISIBLE = 0
    OVERWRITTEN = 1
    """The same path was written again."""
    DELETED = 2
    """It, or a folder above it, was deleted."""
    HIDDEN = 3
    """A folder above it was made opaque, or replaced by something that is no folder."""
    MARKER = 4
    """It is a whiteout itself."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The layers of an image, put on top of one another. Rows are numbered through all layers, the lowest first.

    `fate` has a Fate for each row, `ended_by` the row that overwrote, deleted or hid it, and `inode` the row that has
    its bytes: of a hard link another one. The two are NONE where there is none. `real` has the path at which a row is
    where the one that is written passes a symlink; else it is null.
    """

    tables: tuple[pa.Table, ...]
    starts: Integers
    fate: npt.NDArray[np.int8]
    ended_by: Integers
    inode: Integers
    real: pa.Array

    def fates(self, layer: int) -> npt.NDArray[np.int8]:
        """The Fate of each row of a layer."""
        return self.fate[self._rows(layer)]

    def real_paths(self, layer: int) -> pa.Array:
        """For each row of a layer the path at which it is, where the one that is written passes a symlink."""
        return self.real[self._rows(layer)]

    def places(self, layer: int) -> pa.ChunkedArray:
        """For each row of a layer the path at which it is."""
        return pc.coalesce(self.real_paths(layer), self.tables[layer]["path"])

    def located(self, row: int) -> tuple[int, int]:
        """The layer of a row, and its number in there."""
        layer = int(np.searchsorted(self.starts, row, side="right")) - 1
        return layer, row - int(self.starts[layer])

    def row(self, layer: int, local: int) -> int:
        """The number through all layers of a layer's row."""
        return int(self.starts[layer]) + local

    def _rows(self, layer: int) -> slice:
        start = int(self.starts[layer])
        return slice(start, start + self.tables[layer].num_rows)

    def layer_of(self, rows: Integers) -> Integers:
        """The layer of each row, by its place from the lowest on."""
        return np.searchsorted(self.starts, rows, side="right") - 1


def merge(tables: Sequence[pa.Table], ways: Sequence[Ways] | None = None) -> Merged:
    """Merge the file tables of an image's layers, the lowest first; `ways` are theirs if they are known."""
    starts = np.cumsum([0, *(table.num_rows for table in tables)], dtype=np.int64)
    tree = _Tree(int(starts[-1]), crossing(ways or [Ways.of(table) for table in tables]))
    for table, start in zip(tables, starts.tolist(), strict=False):
        tree.add(_Rows(table, start))
    fates, ends, inodes = np.array(tree.fate, np.int8), np.array(tree.ended_by), np.array(tree.inode)
    real = _at(tree.real, len(fates))
    return Merged(tuple(tables), starts[:-1], fates, ends.astype(np.int64), inodes.astype(np.int64), real)


def _at(values: Mapping[int, str], length: int) -> pa.Array:
    """A column of so many rows that has these values in theirs; most have none."""
    places, known = np.zeros(length, np.int64), np.zeros(length, np.bool_)
    rows = np.fromiter(values, np.int64, len(values))
    places[rows], known[rows] = np.arange(len(rows)), True
    return column(list(values.values()), pa.string()).take(numbers(places, pa.int64(), known))


class _Rows:
    """The columns of a table that merging needs, as lists; rows are numbered from `start` on."""

    def __init__(self, table: pa.Table, start: int) -> None:
        self.start = start
        self.paths: list[str] = table["path"].to_pylist()
        self.types: list[str] = table["type"].cast(pa.string()).to_pylist()
        self.links: list[str | None] = table["link"].to_pylist()
        self._hides = table["hides"]

    def entries(self) -> Iterator[tuple[int, str, str]]:
        """Row, path and type of each entry."""
        return zip(count(self.start), self.paths, self.types, strict=False)

    def hard_links(self) -> Iterator[tuple[int, str]]:
        """Row and target of each hard link."""
        return ((self.start + row, self.links[row] or "") for row, kind in enumerate(self.types) if kind == "hardlink")

    def hidden(self) -> Iterator[tuple[int, str, bool]]:
        """The whiteouts: row, path that is hidden, and whether only what is below it is."""
        if self._hides.null_count < len(self.paths):
            for row, path in enumerate(self._hides.to_pylist()):
                if path is not None:
                    yield self.start + row, path, self.types[row] == "opaque"


class _Tree:
    def __init__(self, size: int, crossing: set[str]) -> None:
        self.fate: list[int] = [Fate.VISIBLE] * size
        self.ended_by: list[int] = [NONE] * size
        self.inode: list[int] = list(range(size))
        self.real: dict[int, str] = {}
        self._crossing = crossing
        """Folders on whose paths there may be a symlink."""
        self._types: list[str] = []
        self._links: list[str | None] = []
        self._visible: dict[str, int] = {}
        self._folders: set[int] = set()
        self._below: dict[str, list[str]] = {}
        """The paths in a folder, of entries that are visible or were; folders without an entry too."""
        self._placed: set[str] = {"/"}
        self._room = MAX_NAMES

    def add(self, rows: _Rows) -> None:
        self._types += rows.types
        self._links += rows.links
        targets = dict(rows.hard_links())
        lower = {row: self._at(target) for row, target in targets.items()}
        self._hide(rows)
        for row, path, kind in rows.entries():
            if kind in ("whiteout", "opaque"):
                self.fate[row], self.inode[row] = Fate.MARKER, NONE
                continue
            if kind == "hardlink":
                self.inode[row] = self._linked(targets[row], lower[row], rows.start)
            real = self._real(path)
            if real != path:
                self.real[row] = real
            self._put(real, row, kind == "directory")

    def _hide(self, rows: _Rows) -> None:
        """Apply the whiteouts. Each path is followed first: it may pass a symlink that another whiteout hides."""
        for row, path, is_opaque in [
            (row, self._followed(path) if is_opaque else self._real(path), is_opaque)
            for row, path, is_opaque in rows.hidden()
        ]:
            if not is_opaque:
                self._end(path, row, Fate.DELETED)
            self._end_below(path, row, Fate.HIDDEN if is_opaque else Fate.DELETED)

    def _put(self, path: str, row: int, is_folder: bool) -> None:
        if path in self._visible:
            self._end(path, row, Fate.OVERWRITTEN)
        if is_folder:
            self._folders.add(row)
        elif path in self._below:
            self._end_below(path, row, Fate.HIDDEN)
        self._visible[path] = row
        self._place(path, row)

    def _linked(self, target: str, lower: int, start: int) -> int:
        """The inode of a hard link: its target in the same layer, else what a lower layer had there."""
        found = self._at(target)
        found = found if found >= start else lower
        return NONE if found == NONE or found in self._folders else self.inode[found]

    def _at(self, path: str) -> int:
        """The row that is visible at a path."""
        return self._visible.get(self._real(path), NONE)

    def _real(self, path: str) -> str:
        """Where a path is: the symlinks on the way to it are followed, itself it may be one."""
        folder = parent(path) if self._crossing else ""
        return f"{self._followed(folder).rstrip('/')}/{path.rpartition('/')[2]}" if folder in self._crossing else path

    def _followed(self, folder: str) -> str:
        try:
            return follow(folder, self._target) if folder in self._crossing else folder
        except Refused:
            return folder

    def _target(self, path: str) -> str:
        """Where the symlink at a path leads; "" if there is none."""
        inode = self.inode[row] if (row := self._visible.get(path, NONE)) != NONE else NONE
        return self._links[inode] or "" if inode != NONE and self._types[inode] == "symlink" else ""

    def _place(self, path: str, row: int) -> None:
        """Enter the path, and the folders above it, into the folders that they are in: a file above it gives way."""
        while path not in self._placed:
            self._placed.add(path)
            folder = path.rpartition("/")[0] or "/"  # `parent` remembers few, and here each path is another
            if folder not in self._visible:  # of an entry that is there, the tar has the name
                self._room -= len(folder)
                if self._room < 0:
                    raise too_many_folders()
            self._below.setdefault(folder, []).append(path)
            above = self._visible.get(folder, NONE)
            if above != NONE and above not in self._folders:
                self._end(folder, row, Fate.OVERWRITTEN)
            path = folder

    def _end(self, path: str, by: int, fate: Fate) -> None:
        row = self._visible.pop(path, NONE)
        if row != NONE:
            self.fate[row], self.ended_by[row] = fate, by

    def _end_below(self, path: str, by: int, fate: Fate) -> None:
        """End all below a folder, and forget its paths: they are entered again if they come back."""
        waiting = self._below.pop(path, [])
        while waiting:
            each = waiting.pop()
            self._end(each, by, fate)
            self._placed.discard(each)
            waiting += self._below.pop(each, ())
