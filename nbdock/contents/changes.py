"""What differs between two merged file systems, path by path."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nbdock.contents.files import SCHEMA
from nbdock.contents.tree import NONE, Fate, Integers, Merged

_ASPECTS = {
    "type": ("type",),
    "content": ("content", "size_bytes"),
    "mode": ("mode",),
    "owner": ("uid", "gid"),
    "link": ("link",),
    "xattrs": ("xattrs",),
    "device": ("device",),
}
_COLUMNS = [name for names in _ASPECTS.values() for name in names]


@dataclass(frozen=True)
class Shown:
    """What an image shows: for each path its layer, by place from the lowest on, and what there is to compare.

    Of a hard link it is what its file has.
    """

    paths: pa.Array
    layers: Integers
    facts: pa.Table

    @classmethod
    def of(cls, merged: Merged) -> Shown:
        """What is visible."""
        tables = [table.select(["path", *_COLUMNS]) for table in (SCHEMA.empty_table(), *merged.tables)]
        entries = pa.concat_tables(tables).combine_chunks()
        rows = np.flatnonzero(merged.fate == Fate.VISIBLE).astype(np.int64)
        inodes = np.where(merged.inode[rows] == NONE, rows, merged.inode[rows])
        facts = entries.select(_COLUMNS).take(pa.array(inodes))
        kinds = facts["type"].cast(pa.string()).combine_chunks()
        paths = entries["path"].take(pa.array(rows)).combine_chunks()
        return cls(paths, merged.layer_of(rows), facts.set_column(0, "type", kinds))


@dataclass(frozen=True, slots=True)
class Change:
    """A path that differs: `before` and `after` are its places in what the two images show, None where it is not."""

    path: str
    before: int | None
    after: int | None
    differs: str | None = None

    @property
    def word(self) -> str:
        """added, removed or changed."""
        return "added" if self.before is None else "removed" if self.after is None else "changed"


def changes(before: Shown, after: Shown) -> list[Change]:
    """What differs, in the order of the paths. Times are not compared: every build has its own."""
    matches = pc.index_in(after.paths, value_set=before.paths)
    kept = np.flatnonzero(matches.is_valid().to_numpy(zero_copy_only=False))
    old = matches.drop_null().to_numpy().astype(np.int64)
    gone = np.ones(len(before.paths), np.bool_)
    gone[old] = False
    new = np.flatnonzero(matches.is_null().to_numpy(zero_copy_only=False))
    found = [Change(path, None, place) for path, place in _places(after, new)]
    found += [Change(path, place, None) for path, place in _places(before, np.flatnonzero(gone))]
    differs = _differences(before.facts.take(pa.array(old)), after.facts.take(pa.array(kept)))
    changed = np.array(list(differs), np.int64)
    for (path, place), row, aspects in zip(_places(after, kept[changed]), old[changed], differs.values(), strict=True):
        found.append(Change(path, int(row), place, ", ".join(aspects)))
    return sorted(found, key=attrgetter("path"))


def _places(shown: Shown, places: Integers) -> zip[tuple[str, int]]:
    return zip(shown.paths.take(pa.array(places)).to_pylist(), places.tolist(), strict=True)


def _differences(before: pa.Table, after: pa.Table) -> dict[int, list[str]]:
    """For each row that differs, in what. Of what is of another type only that is said."""
    differ = {name: _unequal(before[name], after[name]) for name in _COLUMNS}
    is_file = pc.equal(after["type"], "file").to_numpy()
    differ["size_bytes"] &= is_file
    found: dict[int, list[str]] = {}
    for aspect, names in _ASPECTS.items():
        for row in np.flatnonzero(np.logical_or.reduce([differ[name] for name in names])).tolist():
            if found.get(row) != ["type"]:
                found.setdefault(row, []).append(aspect)
    return found


def _unequal(before: pa.ChunkedArray, after: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where two columns differ; an absent value is equal to another absent one only."""
    either = pc.or_(before.is_null(), after.is_null())
    both = pc.and_(before.is_null(), after.is_null())
    unequal = pc.if_else(either, pc.invert(both), pc.not_equal(before, after))
    return np.asarray(unequal.to_numpy(), dtype=np.bool_)
