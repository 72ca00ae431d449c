"""The files of an image, folder by folder: what is in each, by bytes, in which layer, and what of it is wasted.

An image of a million entries is indexed once; every question is then about one folder or one search, and its answer as
long as a screen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nbdock.contents.changes import Shown, changes
from nbdock.contents.files import SCHEMA
from nbdock.contents.glob import Glob
from nbdock.contents.outline import Mask, Outline
from nbdock.contents.tree import NONE, Fate, Integers

if TYPE_CHECKING:
    from nbdock.dock.inside.contents import Contents

CHANGES = ("added", "removed", "changed")
_FACTS = ["type", "size_bytes", "mode", "uid", "gid", "mtime", "link"]
_REMEMBERED = 4
_WILD = re.compile(r"[*?[\\]")


@dataclass(frozen=True, slots=True)
class Choice:
    """What is looked at: what some layers wrote, or all where it is None; and whether what nobody sees is shown too."""

    layers: tuple[int, ...] | None = None
    wasted: bool = False


class Explored:
    """Entries in the order of their paths, which are those of `outline`.

    `facts` has what is known of each. `size` are the bytes that are shown at the end, `wasted` those that are not, and
    `delta` how many it has more than in another image. Its `group` gives an entry its colour; its `layer` is NONE if
    only another image has it.
    """

    def __init__(self, facts: pa.Table, group: Integers, layer: Integers) -> None:
        order = pc.sort_indices(facts, sort_keys=[("path", "ascending"), ("shown", "descending")])
        self.facts = facts.take(order).combine_chunks()
        self.group, self.layer = group[order.to_numpy()], layer[order.to_numpy()]
        kinds = self.facts["type"].combine_chunks()
        self.outline = Outline(self.facts["path"].combine_chunks(), _flags(pc.equal(kinds, "directory")))
        self.shown = _flags(self.facts["shown"])
        self.size, self.wasted = self.facts["size"].to_numpy(), self.facts["wasted"].to_numpy()
        self.delta: Integers = self.facts["delta"].to_numpy()
        self.entry_of = self._entries_of_folders()
        """For each folder the place of its own entry: the one that is shown, or else the last; NONE without one."""
        self._sums = lru_cache(_REMEMBERED)(lambda choice: Sums(self, choice))

    def _entries_of_folders(self) -> Integers:
        found = np.full(len(self.outline.folders), NONE, np.int64)
        for shown in (False, True):
            places = np.flatnonzero(self.outline.is_folder & (self.shown == shown))
            found[self.outline.own[places]] = places
        return found

    def sums(self, choice: Choice) -> Sums:
        """The entries that are looked at, and what is in each folder of them."""
        return self._sums(choice)

    def matching(self, text: str, choice: Choice) -> Integers:
        """The entries that a search finds, the largest first: a glob, or a part of a path. Raises UsageError."""
        paths = pa.chunked_array([self.outline.paths])
        is_glob = _WILD.search(text)
        found = Glob(text).matches(paths) if is_glob else pc.match_substring(paths, text, ignore_case=True)
        sums = self.sums(choice)
        places = np.flatnonzero(found.to_numpy() & sums.mask)
        return places[np.argsort(-sums.size[places], kind="stable")]


class Sums:
    """What is looked at of an image's entries: a mask of them, and for each folder bytes and the number of files."""

    def __init__(self, explored: Explored, choice: Choice) -> None:
        outline = explored.outline
        chosen = np.ones(len(outline.paths), np.bool_)
        if choice.layers is not None:
            chosen = np.isin(explored.layer, np.array(choice.layers, np.int64))
        self._explored = explored
        self.mask: Mask = chosen & (explored.shown | choice.wasted)
        self.size: Integers = np.where(self.mask, explored.size + (explored.wasted if choice.wasted else 0), 0)
        """Bytes of each entry that count."""
        self.bytes = outline.totals(self.size)
        self.wasted = outline.totals(np.where(chosen, explored.wasted, 0))
        self.delta = outline.totals(np.where(self.mask, explored.delta, 0))
        self.files = outline.totals(self.mask & ~outline.is_folder)
        own = np.zeros(len(outline.folders), np.bool_)
        own[outline.own[self.mask & outline.is_folder]] = True
        self.entries = outline.totals(self.mask)
        self.is_there: Mask = own | (self.entries > 0)
        """Which folders have something that is looked at, or are looked at themselves."""

    def inside(self, folder: int) -> tuple[Integers, Mask]:
        """What is in a folder, the largest first: numbers of folders or places of entries, and which of the two."""
        outline = self._explored.outline
        folders, files = outline.folders_in(folder), outline.files_in(folder)
        folders, files = folders[self.is_there[folders]], files[self.mask[files]]
        numbers = np.concatenate([folders, files])
        is_folder = np.arange(len(numbers)) < len(folders)
        order = np.argsort(-np.concatenate([self.bytes[folders], self.size[files]]), kind="stable")
        return numbers[order], is_folder[order]

    def parts(self, folder: int) -> list[tuple[int, int]]:
        """The groups in a folder and their bytes, the largest first; that of one entry where none has bytes."""
        outline = self._explored.outline
        below = slice(int(outline.starts[folder]), int(outline.ends[folder]))
        counts = np.bincount(self._explored.group[below], weights=self.size[below])
        found = np.flatnonzero(counts)
        if not len(found) and self.entries[folder]:
            return [(int(self._explored.group[below][np.argmax(self.mask[below])]), 0)]
        return [(int(each), int(counts[each])) for each in found[np.argsort(-counts[found], kind="stable")]]


@lru_cache(_REMEMBERED)
def explored(contents: Contents) -> Explored:
    """What all layers of an image wrote, in the groups of their layers."""
    merged, waste = contents.merged, contents.waste
    rows = np.flatnonzero(merged.fate != Fate.MARKER).astype(np.int64)
    ended = merged.ended_by[rows]
    shown = merged.fate[rows] == Fate.VISIBLE
    columns = {
        "row": rows,
        "shown": shown,
        "size": _bytes_shown(contents)[rows],
        "wasted": np.where(waste.is_used, 0, waste.sizes)[rows],
        "fate": merged.fate[rows],
        "delta": np.zeros(len(rows), np.int64),
        "ended": np.where(ended == NONE, NONE, merged.layer_of(ended)),
    }
    facts = _facts(contents, rows)
    for name, values in columns.items():
        facts = facts.append_column(name, pa.array(values))
    layers = merged.layer_of(rows)
    return Explored(facts, layers, layers)


@lru_cache(_REMEMBERED)
def compared(before: Contents, after: Contents) -> Explored:
    """What differs between what two images show, in the groups of CHANGES; a removed file has the bytes that it had."""
    pair = (before, after)
    first, second = (np.flatnonzero(each.merged.fate == Fate.VISIBLE).astype(np.int64) for each in pair)
    found = changes(*(Shown.of(each.merged) for each in pair))
    is_new, is_gone = found.before == NONE, found.after == NONE
    old, new = _at(first, found.before), _at(second, found.after)
    sizes = [_at(_bytes_shown(each), rows, 0) for each, rows in zip(pair, (old, new), strict=True)]
    facts = pa.concat_tables([_facts(before, old[is_gone]), _facts(after, new[~is_gone])])
    order = np.argsort(np.concatenate([np.flatnonzero(is_gone), np.flatnonzero(~is_gone)]))
    columns = {
        "row": new,
        "old_row": old,
        "shown": np.ones(len(new), np.bool_),
        "size": np.where(is_gone, *sizes),
        "wasted": np.zeros(len(new), np.int64),
        "delta": sizes[1] - sizes[0],
        "differs": found.differs,
    }
    facts = facts.take(pa.array(order))
    for name, values in columns.items():
        facts = facts.append_column(name, pa.array(values))
    group = np.select([is_new, is_gone], [0, 1], 2).astype(np.int64)
    return Explored(facts, group, np.where(is_gone, NONE, after.merged.layer_of(new)))


def _facts(contents: Contents, rows: Integers) -> pa.Table:
    """The path and facts of merged rows."""
    merged = contents.merged
    tables = [table.select(["path", *_FACTS]) for table in (SCHEMA.empty_table(), *merged.tables)]
    entries = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    paths = pc.coalesce(merged.real, entries["path"])
    named = entries.set_column(0, "path", paths).set_column(1, "type", entries["type"].cast(pa.string()))
    return named.take(pa.array(rows))


def _bytes_shown(contents: Contents) -> Integers:
    """The bytes of each merged row that are shown at the end: of a hard link those of a file whose own name is gone."""
    merged, waste = contents.merged, contents.waste
    is_shown = merged.fate == Fate.VISIBLE
    found = np.where(waste.is_used & is_shown, waste.sizes, 0)
    links = np.flatnonzero(is_shown & (merged.inode != np.arange(len(is_shown))) & (merged.inode != NONE))
    inodes, first = np.unique(merged.inode[links], return_index=True)
    gone = ~is_shown[inodes]
    found[links[first[gone]]] = waste.sizes[inodes[gone]]
    return found


def _at(values: Integers, places: Integers, none: int = NONE) -> Integers:
    """The values at these places, `none` where the place is NONE."""
    return np.where(places == NONE, none, np.append(values, none)[places])


def _flags(column: pa.ChunkedArray | pa.Array) -> Mask:
    return np.asarray(column.to_numpy(zero_copy_only=False), np.bool_)
