"""A folder as a treemap: its largest files and folders as boxes, which a page only has to draw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nbdock import human
from nbdock.back.entries import Rows
from nbdock.contents.tree import NONE
from nbdock.plots.shapes import View
from nbdock.plots.trees import MIXED, MOST, Entry, Node, Stage, tree

Row = dict[str, Any]
_LONGEST = 300


def laid_out(rows: Rows, node: int, width: int, height: int) -> list[Row]:
    """The boxes of a folder, each after the folder that it is in; at most 500."""
    folder = rows.folder(node)
    path = rows.explored.outline.folders[folder]
    stage = _Boxes(rows, folder, width, height)
    stage.squares(tree(_entries(rows, folder), path), stage.views[0], 0)
    return stage.found


def _entries(rows: Rows, folder: int) -> Iterator[Entry]:
    """The largest entries, and the others of each folder together: none of those can be shown on its own."""
    explored, sums = rows.explored, rows.explored.sums(rows.choice)
    outline = explored.outline
    top = len(outline.folders[folder].rstrip("/"))
    below = np.arange(outline.starts[folder], outline.ends[folder])
    below = below[sums.size[below] > 0]
    order = np.argsort(-sums.size[below], kind="stable")
    large, others = below[order[:MOST]], below[order[MOST:]]
    for place, path in zip(large.tolist(), outline.paths.take(large).to_pylist(), strict=True):
        yield _parts(path[top:]), int(sums.size[place]), 1, int(explored.group[place]) + MIXED + 1
    groups = int(explored.group.max(initial=0)) + 1
    keys, where, counts = np.unique(
        outline.folder_of[others] * groups + explored.group[others], return_inverse=True, return_counts=True
    )
    sizes = np.bincount(where, weights=sums.size[others], minlength=len(keys))
    for key, size, files in zip(keys.tolist(), sizes.tolist(), counts.tolist(), strict=True):
        above, group = divmod(key, groups)
        yield [*_parts(outline.folders[above][top:]), ""], int(size), files, group + MIXED + 1


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


class _Boxes(Stage):
    """The boxes with the nodes that they stand for, and the way to them; several files together are in their folder."""

    def __init__(self, rows: Rows, folder: int, width: int, height: int) -> None:
        super().__init__(width, height)
        self.found: list[Row] = []
        self._rows, self._above = rows, folder

    def squares(self, node: Node, area: View, view: int) -> None:
        above = self._above
        self._above = self._rows.explored.outline.find(node.path)
        super().squares(node, area, view)
        self._above = above

    def place(self, node: Node, area: View, group: int, view: int, label: bool = True) -> None:
        """Add the box of a node."""
        found = self._rows.node(node.path) if node.path.startswith("/") else NONE
        own = self._rows.folder(found) if found != NONE else self._above
        self.found.append(
            {
                "node": found if found != NONE else self._above,
                "way": self._rows.explored.outline.way(own),
                "area": [round(each, 1) for each in (area.x, area.y, area.width, area.height)],
                "folder": bool(node.children),
                "group": node.group - MIXED - 1,
                "size": node.size,
                "files": node.files,
                "label": human.ellipsis(node.name, _LONGEST) if label else "",
                "path": human.ellipsis(node.path[::-1], _LONGEST)[::-1],
            }
        )
