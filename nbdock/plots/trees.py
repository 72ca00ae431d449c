"""Folders and their bytes, laid out as boxes: no more of them than a page should keep."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import squarify

from nbdock import human
from nbdock.plots.shapes import Box, View

MOST = 250
"""Files and folders that are shown; the rest of each folder is one box, so that there are at most twice as many."""
_DEEPEST = 12
_HEAD, _ROW = 18, 26
_SHARE = 10**6
"""What is less than that part of its folder is left out: no screen has such a pixel."""
_TAIL = 48
MIXED = 1
"""The group of what several groups have a part in; group 0 is of folders."""


Entry = tuple[Sequence[str], int, int, int]
"""The parts of a path, bytes, a number of files, and a group."""


@dataclass(slots=True, eq=False)
class Node:
    """A folder with what is in it, or a file."""

    name: str
    path: str
    size: int = 0
    files: int = 0
    group: int = 0
    children: dict[object, Node] = field(default_factory=dict)

    def add(self, size: int, files: int, group: int) -> None:
        """Count files of one group that are in it."""
        self.group = group if not self.files or self.group == group else MIXED
        self.size += size
        self.files += files

    def child(self, key: object, name: str) -> Node:
        """Add a file or folder; a file has a key for each of its groups."""
        path = f"{self.path.rstrip('/')}/{name}" if self.path else name
        made = self.children[key] = Node(name, path)
        return made


def tree(entries: Iterable[Entry], top: str) -> Node:
    """The tree of such entries. One without a name is of several files, which are shown together if at all."""
    root = Node(top, top)
    for parts, size, files, group in entries:
        root.add(size, files, group)
        node, kept = root, parts[:_DEEPEST]
        for depth, part in enumerate(kept, 1):
            key = part if depth < len(kept) else (part, group)
            node = node.children.get(key) or node.child(key, part)
            node.add(size, files, group)
    return _pruned(root, set(map(id, heapq.nlargest(MOST, _named(root), key=lambda node: node.size))))


def _named(node: Node) -> Iterator[Node]:
    """All with a name in a folder; each comes before what is in it, and so is chosen before it among equals."""
    for child in node.children.values():
        if child.name:
            yield child
            yield from _named(child)


def _pruned(node: Node, kept: set[int]) -> Node:
    """The node with the largest of its children. A folder with nothing but a folder in it is one with that."""
    large = [child for child in node.children.values() if child.size * _SHARE > node.size and id(child) in kept]
    small = [child for child in node.children.values() if child.size and id(child) not in kept]
    children = sorted((_pruned(child, kept) for child in large), key=lambda child: -child.size)
    if large and small:
        children.append(_together(node, small))
    if len(children) == 1 and children[0].children and node.name != node.path:
        children[0].name = f"{node.name}/{children[0].name}"
        return children[0]
    node.children = dict(enumerate(children))
    return node


def _together(folder: Node, small: list[Node]) -> Node:
    files = sum(child.files for child in small)
    others = Node(human.plural(files, "other"), f"{files} more in {folder.path}")
    for child in small:
        others.add(child.size, child.files, child.group)
    return others


class Stage:
    """The boxes of a tree, and the views that a click on them goes to."""

    def __init__(self, width: float, height: float) -> None:
        self.boxes: list[Box] = []
        self.views = [View(0, 0, width, height)]

    def place(self, node: Node, area: View, group: int, view: int, label: bool = True) -> None:
        """Add the box of a node."""
        shape = (area.x, area.y, area.width, area.height)
        self.boxes.append(Box(*shape, group, _tail(node.path), human.size(node.size), node.name if label else "", view))

    def enter(self, node: Node, area: View) -> int:
        """Add a view of a folder and return its number."""
        self.views.append(replace(area, title=f"{_tail(node.path)} {human.size(node.size)}"))
        return len(self.views) - 1

    def squares(self, node: Node, area: View, view: int) -> None:
        """Fill an area with what is in a folder, each as square as possible."""
        children = [child for child in node.children.values() if child.size * _SHARE > node.size]
        if min(area.width, area.height) < 1 or not children:
            return
        sizes = squarify.normalize_sizes([child.size for child in children], area.width, area.height)
        for child, cell in zip(
            children, squarify.squarify(sizes, area.x, area.y, area.width, area.height), strict=True
        ):
            self._square(child, View(cell["x"], cell["y"], cell["dx"], cell["dy"], view), view)

    def _square(self, node: Node, area: View, view: int) -> None:
        if not node.children:
            self.place(node, area, node.group, view)
            return
        head = _HEAD if area.height > 2.5 * _HEAD and area.width > 2 * _HEAD else 2
        inside = View(area.x + 2, area.y + head, area.width - 4, area.height - head - 2, view)
        own = self.enter(node, inside)
        self.place(node, area, 0, own, label=head == _HEAD)
        self.squares(node, inside, own)

    def rows(self, node: Node, x: float, y: float, width: float, view: int) -> None:
        """Lay a folder over the row of what is in it. Its view is of full height: all above it can be clicked."""
        own = view
        if node.children and y:
            own = self.enter(node, View(x, 0, width, self.views[0].height, view))
        self.place(node, View(x, y, width, _ROW), node.group, own)
        for child in node.children.values():
            part = width * child.size / node.size
            self.rows(child, x, y + _ROW, part, own)
            x += part


def height(node: Node) -> int:
    """The height of a tree in rows."""
    return _ROW * _levels(node)


def _levels(node: Node) -> int:
    return 1 + max(map(_levels, node.children.values()), default=0)


def _tail(path: str) -> str:
    return human.ellipsis(path[::-1], _TAIL)[::-1]
