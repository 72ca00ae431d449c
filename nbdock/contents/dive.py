"""What dive 0.13 says of an image's waste, to the digit, for people who have a threshold or a report of dive's to meet.

dive looks at the leaves of each layer's tree and adds up their sizes by path. So it counts the copy that stays as
wasted too, counts nothing for a folder that was only ever a parent, knows no opaque folder, and stops reading a layer
at a whiteout of what is not there. `waste.py` has what is true.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from nbdock.contents.paths import parent

_WHITEOUT, _RESERVED = ".wh.", ".wh..wh."
_HAS_BYTES = "file"


@dataclass(frozen=True, slots=True)
class Dive:
    """The numbers of `dive --ci`: `score` is its `efficiency`, `wasted` its `wastedBytes`."""

    score: float
    wasted: int


@dataclass(frozen=True, slots=True)
class _Node:
    """A path in a layer's tree. Folders that are there only because something is in them have no size and no type."""

    size: int = 0
    is_folder: bool = False


@dataclass(slots=True)
class _Seen:
    """What dive adds up for a path: `least` is -1 until a size is known."""

    total: int = 0
    least: int = -1
    count: int = 0

    def add(self, size: int) -> None:
        self.total += size
        self.least = size if self.least < 0 else min(self.least, size)
        self.count += 1


_Tree = Mapping[str, _Node]
_IMPLICIT = _Node()


def dive(tables: Sequence[pa.Table]) -> Dive:
    """What dive says of these file tables, the lowest first."""
    stack, seen = _Stack(), dict[str, _Seen]()
    for number, table in enumerate(tables):
        tree = _tree(table)
        if number == 0:
            stack.begin(tree)
        _visit(tree, stack, seen)
        if number > 0:
            stack.add(tree)
    total = sum(each.total for each in seen.values())
    score = sum(each.least for each in seen.values()) / total if total else 1.0
    return Dive(score, sum(each.total for each in seen.values() if each.count > 1))


def _visit(tree: _Tree, stack: _Stack, seen: dict[str, _Seen]) -> None:
    """Add up the leaves of a layer, up to a whiteout of what the layers below do not have."""
    for path in _leaves(tree):
        shown, is_whiteout = _unmarked(path)
        found = seen.setdefault(shown, _Seen())
        if not is_whiteout:
            found.add(tree[path].size)
        elif shown in stack:
            found.add(stack.size(shown))
        else:
            return


@dataclass(slots=True)
class _Stack:
    """The layers so far, on top of one another as dive sees them."""

    _nodes: dict[str, _Node] = field(default_factory=dict)
    _below: dict[str, set[str]] = field(default_factory=dict)

    def __contains__(self, path: str) -> bool:
        return path in self._nodes

    def size(self, path: str) -> int:
        """The bytes of a folder and of all below it; 0 for anything else."""
        return sum(self._nodes[each].size for each in self._all(path)) if self._nodes[path].is_folder else 0

    def begin(self, tree: _Tree) -> None:
        """Take the lowest layer as it is: its own whiteouts are looked up in it, and are files to the layers above."""
        for path, node in tree.items():
            self._put(path, node)

    def add(self, tree: _Tree) -> None:
        for path in tree:
            shown, is_whiteout = _unmarked(path)
            if is_whiteout:
                self._remove(shown)
            else:
                self._put(path, tree[path])

    def _put(self, path: str, node: _Node) -> None:
        is_new = path not in self._nodes
        self._nodes[path] = node
        while is_new and path != "/":
            folder = parent(path)
            self._below.setdefault(folder, set()).add(path)
            is_new = folder not in self._nodes
            path = folder
            if is_new:
                self._nodes[path] = _IMPLICIT

    def _remove(self, path: str) -> None:
        if path in self._nodes and path != "/":
            self._below[parent(path)].discard(path)
            for each in list(self._all(path)):
                del self._nodes[each]
                self._below.pop(each, None)

    def _all(self, path: str) -> Iterator[str]:
        waiting = [path]
        while waiting:
            each = waiting.pop()
            waiting += self._below.get(each, ())
            yield each


def _tree(table: pa.Table) -> _Tree:
    """The nodes of a layer as dive visits them: children before their parents, names in the order of their bytes."""
    nodes: dict[str, _Node] = {}
    columns = (table[name].to_pylist() for name in ("type", "size_bytes"))
    for path, kind, size in zip(_names(table), *columns, strict=True):
        if f"/{_RESERVED}" in path:
            kept = path[: path.index(f"/{_RESERVED}")]
            nodes.setdefault(kept, _IMPLICIT)
        else:
            nodes[path] = _Node(size if kind == _HAS_BYTES else 0, kind == "directory")
    nodes.pop("", None)
    nodes.pop("/", None)
    for path in list(nodes):
        while (path := parent(path)) != "/" and path not in nodes:
            nodes[path] = _IMPLICIT
    return dict(sorted(nodes.items(), key=lambda item: _order(item[0])))


def _names(table: pa.Table) -> Iterator[str]:
    """Each entry's path; where its name is not clean the name itself, as Go's `path.Clean` has it."""
    paths, raw = table["path"].to_pylist(), table["raw_name"]
    if raw.null_count == len(paths):
        return iter(paths)
    return (path if name is None else _cleaned(name) for path, name in zip(paths, raw.to_pylist(), strict=True))


def _cleaned(raw: bytes) -> str:
    name = raw.decode(errors="surrogateescape")
    return f"/{posixpath.normpath(name).lstrip('/')}"


def _order(path: str) -> str:
    """Sorts a path after all below it, and before the names that go on where it ends."""
    return path.replace("/", "\0") + "\1"


def _leaves(tree: Iterable[str]) -> Iterator[str]:
    """The paths with nothing below them, which would come just before."""
    before = ""
    for path in tree:
        if not before.startswith(f"{path}/"):
            yield path
        before = path


def _unmarked(path: str) -> tuple[str, bool]:
    """The path without the mark of a whiteout, and whether it is one."""
    folder, _, name = path.rpartition("/")
    return (f"{folder}/{name.removeprefix(_WHITEOUT)}", True) if name.startswith(_WHITEOUT) else (path, False)
