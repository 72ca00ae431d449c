"""Paths as a tree of folders that is never walked: in sorted order all that is below a folder stands together, so that
sums over a folder, however large, are differences of running totals.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from nbdock.contents.paths import parent, with_folders
from nbdock.contents.tree import NONE, Integers

Mask = npt.NDArray[np.bool_]


class Outline:
    """The folders of some paths, numbered in the order of theirs; 0 is the root. Those without an entry are there too.

    `paths` are sorted; of the same path there may be several. Raises InvalidContent if the folders are too many.

    Examples
    --------
    >>> outline = Outline(pa.array(["/etc/motd", "/usr", "/usr/bin/env"]), np.array([False, True, False]))
    >>> outline.folders
    ['/', '/etc', '/usr', '/usr/bin']
    >>> outline.folders_in(0).tolist(), outline.files_in(3).tolist()
    ([1, 2], [2])
    """

    def __init__(self, paths: pa.Array, is_folder: Mask) -> None:
        self.paths = paths
        self.is_folder = is_folder
        above = pc.replace_substring_regex(paths, r"/[^/]*$", "").dictionary_encode()
        known = [path or "/" for path in above.dictionary.to_pylist()]
        own = np.flatnonzero(is_folder)
        named = paths.take(pa.array(own)).to_pylist()
        self.folders: list[str] = sorted(with_folders({"/", *known, *named}))
        self._numbers = {path: number for number, path in enumerate(self.folders)}
        self.folder_of: Integers = self._numbered(known)[above.indices.to_numpy()]
        """The folder that each path is in."""
        self.parents: Integers = self._numbered([parent(path) for path in self.folders])
        self.parents[0] = NONE
        self.own: Integers = np.full(len(paths), NONE, np.int64)
        """The folder that each path is itself."""
        self.own[own] = self._numbered(named)
        self.starts, self.ends = self._slices()
        self._below = _Grouped(self.parents, len(self.folders))
        self._files = _Grouped(np.where(is_folder, NONE, self.folder_of), len(self.folders))

    def find(self, path: str) -> int:
        """The number of a folder; NONE if there is none."""
        return self._numbers.get(path, NONE)

    def folders_in(self, folder: int) -> Integers:
        """The folders that are in a folder."""
        return self._below.of(folder)

    def files_in(self, folder: int) -> Integers:
        """The places of the paths in a folder that are no folders."""
        return self._files.of(folder)

    def way(self, folder: int) -> list[int]:
        """The folders from the root down to this one."""
        found = [folder]
        while found[-1] > 0:
            found.append(int(self.parents[found[-1]]))
        return found[::-1]

    def totals(self, values: npt.NDArray[np.generic]) -> Integers:
        """The sum of the values of all that is below each folder."""
        running = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
        found: Integers = running[self.ends] - running[self.starts]
        return found

    def _numbered(self, folders: list[str]) -> Integers:
        return np.fromiter(map(self._numbers.__getitem__, folders), np.int64, len(folders))

    def _slices(self) -> tuple[Integers, Integers]:
        """Where what is below each folder begins and ends: "0" is the sign after "/"."""
        paths: list[str] = self.paths.to_pylist()
        starts = [bisect_left(paths, f"{folder.rstrip('/')}/") for folder in self.folders]
        ends = [bisect_left(paths, f"{folder.rstrip('/')}0") for folder in self.folders]
        return np.array(starts, np.int64), np.array(ends, np.int64)


class _Grouped:
    """The places of numbers, by number; NONE is in no group."""

    def __init__(self, numbers: Integers, count: int) -> None:
        self._places = np.argsort(numbers, kind="stable")
        self._bounds = np.searchsorted(numbers[self._places], np.arange(count + 1))

    def of(self, number: int) -> Integers:
        return self._places[self._bounds[number] : self._bounds[number + 1]]
