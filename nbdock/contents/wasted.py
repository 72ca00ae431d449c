"""The bytes that an image carries and nobody sees: what wrote them, and what ended them.

Each inode's bytes are written once, by the layer that has them. They are visible if any name of the inode is visible
at the end, and wasted otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from nbdock.contents.dive import Dive, dive
from nbdock.contents.files import SCHEMA
from nbdock.contents.listed import comparable
from nbdock.contents.tree import NONE, Fate, Integers, Merged

_METADATA = ("mode", "uid", "gid", "xattrs")
_HOW = {Fate.OVERWRITTEN: "overwritten", Fate.DELETED: "deleted", Fate.HIDDEN: "hidden"}


@dataclass(frozen=True)
class Waste:
    """What of the merged layers is wasted."""

    merged: Merged

    @cached_property
    def sizes(self) -> Integers:
        """Bytes of each row: what docker counts of a layer."""
        columns = [table["size_bytes"].to_numpy() for table in self.merged.tables]
        return np.concatenate([*columns, np.array([], np.int64)])

    @cached_property
    def is_used(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether the row's bytes are visible at the end, under any name."""
        visible = self.merged.inode[self.merged.fate == Fate.VISIBLE]
        used = np.zeros(len(self.sizes), np.bool_)
        used[visible[visible != NONE]] = True
        return used

    @property
    def written(self) -> int:
        """Bytes that the layers brought."""
        return int(self.sizes.sum())

    @property
    def wasted(self) -> int:
        """Bytes that no path shows at the end."""
        return int(self.sizes[~self.is_used].sum())

    @property
    def score(self) -> float:
        """The share of the bytes that is visible; 1 for an image without files."""
        return 1 - self.wasted / self.written if self.written else 1.0

    @cached_property
    def dive(self) -> Dive:
        """What dive says instead."""
        return dive(self.merged.tables)

    @cached_property
    def rows(self) -> Integers:
        """The rows whose bytes are wasted."""
        return np.flatnonzero(~self.is_used & (self.sizes > 0)).astype(np.int64)

    @cached_property
    def ended_by(self) -> Integers:
        """For each of `rows` the row that ended it: of an inode with several names, the last of them."""
        last = self.merged.ended_by.copy()
        linked = np.flatnonzero(self.merged.inode != np.arange(len(last)))
        linked = linked[self.merged.inode[linked] != NONE]
        np.maximum.at(last, self.merged.inode[linked], self.merged.ended_by[linked])
        return last[self.rows]

    def column(self, name: str, rows: Integers) -> pa.Array:
        """A column of the file tables at these rows."""
        return self._columns(name)[name].take(pa.array(rows))

    @cached_property
    def how(self) -> list[str]:
        """For each of `rows`: deleted, hidden, overwritten, `metadata changed` or `same again`."""
        found = [_HOW.get(Fate(fate), "overwritten") for fate in self.merged.fate[self.rows].tolist()]
        columns = self._columns(*_METADATA, "content")
        again = [place for place, how in enumerate(found) if how == "overwritten"]
        before, after = (columns.take(pa.array(each[again])).to_pydict() for each in (self.rows, self.ended_by))
        for number, place in enumerate(again):
            if before["content"][number] is not None and before["content"][number] == after["content"][number]:
                same = all(before[name][number] == after[name][number] for name in _METADATA)
                found[place] = "same again" if same else "metadata changed"
        return found

    def _columns(self, *names: str) -> pa.Table:
        """These columns of all layers, one layer after the other."""
        tables = map(comparable, (SCHEMA.empty_table(), *self.merged.tables))
        return pa.concat_tables([table.select(names) for table in tables])
