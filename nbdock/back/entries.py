"""The entries of an image as rows that a page shows. Text in them is cut: names in images have any length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbdock import human
from nbdock.contents.paths import parent
from nbdock.contents.tree import NONE, Fate, Integers
from nbdock.dock.inside.exploring import CHANGES, Choice, Explored, compared

if TYPE_CHECKING:
    from nbdock.dock.inside.contents import Contents

Row = dict[str, Any]
_FATES = {Fate.OVERWRITTEN: "overwritten", Fate.DELETED: "deleted", Fate.HIDDEN: "hidden"}
_LONGEST = 300
_LONGEST_PATH = 1000
_MOST_PARTS = 8
_COLOURS = 8


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of what is looked at of an image. A `node` is the number of a folder, or of an entry after all folders."""

    explored: Explored
    choice: Choice

    def of_folder(self, node: int, start: int, most: int, among: int = NONE) -> Row:
        """What is in a folder, the largest first; the node `among` it too, also where it is one of the small.

        `next` is where the following ones start, `left` how many they are.
        """
        sums, folder = self.explored.sums(self.choice), self.folder(node)
        numbers, is_folder = sums.inside(folder)
        nodes = np.where(is_folder, numbers, numbers + self._folders)
        end = min(max(0, start) + most, len(nodes))
        page = [*nodes[max(0, start) : end].tolist(), *nodes[end:][nodes[end:] == among].tolist()]
        counts = {"size": int(sums.bytes[folder]), "files": int(sums.files[folder])}
        return {"rows": self._rows(page), "next": end, "left": len(nodes) - end, **counts}

    def matching(self, text: str, most: int) -> Row:
        """The entries that a search finds, the largest first, each with its path and the way to it."""
        sums, outline = self.explored.sums(self.choice), self.explored.outline
        places = self.explored.matching(text, self.choice)
        shown = places[:most]
        own = outline.own[shown]
        nodes = np.where(own == NONE, shown + self._folders, own).tolist()
        paths = outline.paths.take(shown).to_pylist()
        above = outline.folder_of[shown].tolist()
        rows = [
            {**row, "path": human.ellipsis(path[::-1], _LONGEST_PATH)[::-1], "way": outline.way(folder)}
            for row, path, folder in zip(self._rows(nodes), paths, above, strict=True)
        ]
        return {"rows": rows, "count": len(places), "size": int(sums.size[places].sum())}

    def folder(self, node: int) -> int:
        """The folder of a node: itself, or that of an entry; the root for one that is not there."""
        if 0 <= node < self._folders:
            return node
        entry = node - self._folders
        return int(self.explored.outline.folder_of[entry]) if 0 <= entry < len(self.explored.outline.paths) else 0

    def entry(self, node: int) -> int:
        """The place of a node's entry; NONE for a folder without one."""
        if 0 <= node < self._folders:
            return int(self.explored.entry_of[node])
        entry = node - self._folders
        return entry if 0 <= entry < len(self.explored.outline.paths) else NONE

    def path(self, node: int) -> str:
        """The path of a node; "" if there is no such node."""
        outline, entry = self.explored.outline, self.entry(node)
        if 0 <= node < self._folders:
            return outline.folders[node]
        return "" if entry == NONE else str(outline.paths[entry])

    def node(self, path: str) -> int:
        """The node at a path: the folder if there is one, else the entry that is shown; NONE if there is neither."""
        outline = self.explored.outline
        folder, above = outline.find(path), outline.find(parent(path))
        if folder != NONE or above == NONE:
            return folder
        inside = outline.files_in(above)
        places = inside[np.isin(outline.paths.take(inside).to_numpy(zero_copy_only=False), [path])].tolist()
        shown = [place for place in places if self.explored.shown[place]]
        return (shown or places)[-1] + self._folders if places else NONE

    @property
    def _folders(self) -> int:
        return len(self.explored.outline.folders)

    def _rows(self, nodes: Sequence[int]) -> list[Row]:
        places = [self.entry(node) for node in nodes]
        known = self._known(np.array([place for place in places if place != NONE], np.int64))
        return [
            {"node": node, **(next(known) if place != NONE else {}), **self._own(node, place)}
            for node, place in zip(nodes, places, strict=True)
        ]

    def _known(self, places: Integers) -> Any:
        """What is known of entries, one row after the other."""
        found = self.explored.facts.take(places)
        columns = {name: found[name].to_pylist() for name in ("type", "mode", "uid", "gid", "link")}
        columns["mtime"] = [each and each / 1e6 for each in found["mtime"].cast("int64").to_pylist()]
        columns["link"] = [each and human.ellipsis(each, _LONGEST) for each in columns["link"]]
        if "fate" in found.column_names:
            columns["fate"] = [_FATES.get(Fate(each), "") for each in found["fate"].to_pylist()]
            columns["ended"] = found["ended"].to_pylist()
        else:
            columns |= {"delta": found["delta"].to_pylist(), "differs": found["differs"].to_pylist()}
            columns["change"] = [CHANGES[each] for each in self.explored.group[places].tolist()]
        return (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))

    def _own(self, node: int, place: int) -> Row:
        """What is counted of a node; of a folder without an entry the name too."""
        sums, outline = self.explored.sums(self.choice), self.explored.outline
        if node < self._folders:
            parts = sums.parts(node)[:_MOST_PARTS]
            group = parts[0][0] if parts else int(self.explored.group[place]) if place != NONE else NONE
            counts = {"size": sums.bytes, "wasted": sums.wasted, "files": sums.files}
            told = {name: int(values[node]) for name, values in counts.items()}
            told["delta"] = int(sums.delta[node])
            return {
                "type": "directory",
                "name": _name(outline.folders[node]),
                "folder": True,
                "empty": not int(sums.entries[node]),
                "parts": parts,
                "group": group,
                **told,
            }
        return {
            "name": _name(outline.paths[place].as_py()),
            "folder": False,
            "size": int(sums.size[place]),
            "wasted": int(self.explored.wasted[place]),
            "group": int(self.explored.group[place]),
            "layer": int(self.explored.layer[place]),
        }


def layer_rows(contents: Contents) -> list[Row]:
    """For each layer its bytes, those of them that are wasted, and its colour: a number from 1 on for the largest."""
    waste = contents.waste
    layers = waste.merged.layer_of(np.arange(len(waste.sizes)))
    count = len(contents.tables)
    sizes = np.bincount(layers, weights=waste.sizes, minlength=count).astype(np.int64)
    wasted = np.bincount(layers, weights=np.where(waste.is_used, 0, waste.sizes), minlength=count).astype(np.int64)
    coloured = sorted(np.argsort(-sizes, kind="stable")[:_COLOURS].tolist())
    colours = {layer: number for number, layer in enumerate(coloured, 1)}
    return [
        {"position": layer, "size": int(sizes[layer]), "wasted": int(wasted[layer]), "colour": colours.get(layer, 0)}
        for layer in range(count)
    ]


def compared_with(before: Contents, after: Contents) -> Row:
    """How many files were added, removed and changed, and by how many bytes the image grew."""
    found = compared(before, after)
    counts = np.bincount(found.group, minlength=len(CHANGES)).tolist()
    return {**dict(zip(CHANGES, counts, strict=True)), "delta": int(found.delta.sum())}


def _name(path: str) -> str:
    return human.ellipsis(path.rpartition("/")[2] or "/", _LONGEST)
