"""What differs between two merged file systems, path by path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nbdock.contents.files import SCHEMA
from nbdock.contents.listed import comparable
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
        tables = [comparable(table).select(["path", *_COLUMNS]) for table in (SCHEMA.empty_table(), *merged.tables)]
        entries = pa.concat_tables(tables).combine_chunks()
        rows = np.flatnonzero(merged.fate == Fate.VISIBLE).astype(np.int64)
        inodes = np.where(merged.inode[rows] == NONE, rows, merged.inode[rows])
        facts = entries.select(_COLUMNS).take(pa.array(inodes))
        kinds = facts["type"].cast(pa.string()).combine_chunks()
        paths = pc.coalesce(merged.real, entries["path"]).take(pa.array(rows)).combine_chunks()
        return cls(paths, merged.layer_of(rows), facts.set_column(0, "type", kinds))


@dataclass(frozen=True)
class Changes:
    """The paths that differ, in their order.

    `before` and `after` are their places in what the two images show, NONE where the path is not; `differs` says in
    what a path that both have differs.
    """

    paths: Sequence[str]
    before: Integers
    after: Integers
    differs: Sequence[str | None]

    @property
    def words(self) -> list[str]:
        """added, removed or changed, for each path."""
        places = zip(self.before.tolist(), self.after.tolist(), strict=True)
        return ["added" if old == NONE else "removed" if new == NONE else "changed" for old, new in places]


def changes(before: Shown, after: Shown) -> Changes:
    """What differs. Times are not compared: every build has its own."""
    match = pc.fill_null(pc.index_in(after.paths, value_set=before.paths), NONE).to_numpy().astype(np.int64)
    kept, new = np.flatnonzero(match != NONE), np.flatnonzero(match == NONE)
    gone = np.setdiff1d(np.arange(len(before.paths)), match, assume_unique=True)
    aspects = _aspects(before.facts.take(pa.array(match[kept])), after.facts.take(pa.array(kept)))
    changed = kept[aspects != 0]
    none = np.full(max(len(gone), len(new)), NONE)
    old_places = np.concatenate([match[changed], gone, none[: len(new)]])
    new_places = np.concatenate([changed, none[: len(gone)], new])
    texts = np.concatenate([aspects[aspects != 0], np.zeros(len(gone) + len(new), np.int64)])
    paths = pa.concat_arrays([after.paths.take(changed), before.paths.take(gone), after.paths.take(new)])
    order = pc.sort_indices(paths).to_numpy()
    known = {number: _text(number) for number in np.unique(texts).tolist()}
    differs = [known[number] for number in texts[order].tolist()]
    return Changes(paths.take(order).to_pylist(), old_places[order], new_places[order], differs)


def _aspects(before: pa.Table, after: pa.Table) -> Integers:
    """For each row a bit for each aspect that differs. Of what is of another type only that is said."""
    differ = {name: _unequal(before[name], after[name]) for name in _COLUMNS}
    differ["size_bytes"] &= np.asarray(pc.equal(after["type"], "file").to_numpy(), np.bool_)
    bits = np.zeros(before.num_rows, np.int64)
    for number, names in enumerate(_ASPECTS.values()):
        bits |= np.logical_or.reduce([differ[name] for name in names]).astype(np.int64) << number
    return np.where(bits & 1, 1, bits)


def _text(bits: int) -> str | None:
    return ", ".join(aspect for number, aspect in enumerate(_ASPECTS) if bits >> number & 1) or None


def _unequal(before: pa.ChunkedArray, after: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where two columns differ; an absent value is equal to another absent one only."""
    either = pc.or_(before.is_null(), after.is_null())
    both = pc.and_(before.is_null(), after.is_null())
    unequal = pc.if_else(either, pc.invert(both), pc.not_equal(before, after))
    return np.asarray(unequal.to_numpy(), dtype=np.bool_)
