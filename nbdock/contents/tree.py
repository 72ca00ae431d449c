"""The merged file system of an image's layers, and what became of each entry (OCI image spec, layer.md).

Whiteouts of a layer hide what lower layers have, wherever they stand in its tar. Where the spec is silent, entries are
kept under their path as it is written, as unpackers do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nbdock.contents.paths import parent

Integers = npt.NDArray[np.int64]
NONE = -1
_PASSABLE = ("directory", "symlink")


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
    its bytes: of a hard link another one. The two are NONE where there is none.
    """

    tables: tuple[pa.Table, ...]
    starts: Integers
    fate: npt.NDArray[np.int8]
    ended_by: Integers
    inode: Integers

    def layer_of(self, rows: Integers) -> Integers:
        """The layer of each row, by its place from the lowest on."""
        return np.searchsorted(self.starts, rows, side="right") - 1


def merge(tables: Sequence[pa.Table]) -> Merged:
    """Merge the file tables of an image's layers, the lowest first."""
    starts = np.cumsum([0, *(table.num_rows for table in tables)], dtype=np.int64)
    tree = _Tree(int(starts[-1]))
    for table, start in zip(tables, starts.tolist(), strict=False):
        tree.add(_Rows(table), start)
    fates, ends, inodes = np.array(tree.fate, np.int8), np.array(tree.ended_by), np.array(tree.inode)
    return Merged(tuple(tables), starts[:-1], fates, ends.astype(np.int64), inodes.astype(np.int64))


class _Rows:
    """The columns of a table that merging needs, as lists."""

    def __init__(self, table: pa.Table) -> None:
        self.paths: list[str] = table["path"].to_pylist()
        self.types: list[str] = table["type"].to_pylist()
        self.links: list[str | None] = table["link"].to_pylist()
        self._hides = table["hides"]

    def hidden(self) -> Iterator[tuple[int, str, bool]]:
        """The whiteouts: row, path that is hidden, and whether only what is below it is."""
        if self._hides.null_count < len(self.paths):
            for row, path in enumerate(self._hides.to_pylist()):
                if path is not None:
                    yield row, path, self.types[row] == "opaque"


class _Tree:
    def __init__(self, count: int) -> None:
        self.fate: list[int] = [Fate.VISIBLE] * count
        self.ended_by: list[int] = [NONE] * count
        self.inode: list[int] = list(range(count))
        self._types: list[str] = []
        self._visible: dict[str, int] = {}
        self._folders: set[int] = set()
        self._below: dict[str, list[str]] = {}
        """The paths in a folder, of entries that are visible or were; folders without an entry too."""
        self._placed: set[str] = {"/"}

    def add(self, rows: _Rows, start: int) -> None:
        self._types += rows.types
        lower = {
            row: self._visible.get(rows.links[row] or "", NONE)
            for row, kind in enumerate(rows.types)
            if kind == "hardlink"
        }
        for row, path, is_opaque in rows.hidden():
            if not is_opaque:
                self._end(path, start + row, Fate.DELETED)
            self._end_below(path, start + row, Fate.HIDDEN if is_opaque else Fate.DELETED)
        for row, (path, kind) in enumerate(zip(rows.paths, rows.types, strict=True)):
            if kind in ("whiteout", "opaque"):
                self.fate[start + row], self.inode[start + row] = Fate.MARKER, NONE
                continue
            if kind == "hardlink":
                self.inode[start + row] = self._linked(rows.links[row], lower[row], start)
            self._put(path, start + row, kind == "directory")

    def _put(self, path: str, row: int, is_folder: bool) -> None:
        self._end(path, row, Fate.OVERWRITTEN)
        if is_folder:
            self._folders.add(row)
        elif path in self._below:
            self._end_below(path, row, Fate.HIDDEN)
        self._visible[path] = row
        self._place(path, row)

    def _linked(self, target: str | None, lower: int, start: int) -> int:
        """The inode of a hard link: its target in the same layer, else what a lower layer had there."""
        found = self._visible.get(target or "", NONE)
        found = found if found >= start else lower
        return NONE if found == NONE or found in self._folders else self.inode[found]

    def _place(self, path: str, row: int) -> None:
        """Enter the path, and the folders above it, into the folders that they are in: a file above it gives way."""
        while path not in self._placed:
            self._placed.add(path)
            folder = parent(path)
            self._below.setdefault(folder, []).append(path)
            above = self._visible.get(folder, NONE)
            if above != NONE and self._types[above] not in _PASSABLE:
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
