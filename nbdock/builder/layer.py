"""A layer that is made: its entries on top of a root."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING

from nbdock.builder.tar import Item, tar
from nbdock.builder.tree import Findable, Node, Tree, followed, upwards
from nbdock.contents.links import LONGEST_PATH
from nbdock.contents.secrets import named_secret
from nbdock.errors import Refused
from nbdock.human import excerpt

if TYPE_CHECKING:
    from nbdock.builder.owners import Owner
    from nbdock.task import Task

_WHITEOUT = ".wh."
_LONGEST_NAME, _WIDEST = 255, 4
_LARGEST_DEVICE = 0o7777777


class Changes:
    """The entries of a layer on top of a root. What is made here has one time, in seconds since 1970.

    Folders above an entry are entries too, as BuildKit's layers have them: those of the root as they are there.
    """

    def __init__(self, root: Findable, time: int) -> None:
        self.time = time
        self._root = root
        self._items: dict[str, Item] = {}
        self._folders = {"/"}

    @property
    def nodes(self) -> Iterator[Node]:
        """What the layer has."""
        return (item.node for item in self._items.values())

    def find(self, path: str) -> Node | None:
        """What is at a path, with the layer on top of the root."""
        item = self._items.get(path)
        return item.node if item else self._root.find(path)

    def followed(self, path: str) -> str:
        """The path without symlinks."""
        return followed(self, path)

    def folder(self, path: str, owner: Owner, mode: int = 0o755) -> None:
        """Make a folder where there is none, and those above it. Raises Refused if something else is in the way."""
        for each in reversed(list(takewhile(lambda each: each not in self._folders, upwards(path)))):
            self._folder(each, owner, mode)

    def _folder(self, path: str, owner: Owner, mode: int) -> None:
        known = self.find(path)
        if known is None:
            self.put(Node(path, "directory", mode, owner.uid, owner.gid, mtime=self.time))
        elif known.is_folder:
            self._items.setdefault(path, Item(known))
        else:
            raise Refused(f"cannot copy to {excerpt(path)}: it is no folder", hint="copy to another path")
        self._folders.add(path)

    def put(self, node: Node, source: Node | None = None, tree: Tree | None = None) -> None:
        """Add an entry, in place of what the layer has at its path; the folder that it is in is there."""
        if why := _unfit(node):
            message = f"{excerpt(node.path)} cannot be in an image: {why}"
            raise Refused(message, hint="rename it, or name it in .dockerignore")
        self._items[node.path] = Item(node, source, tree)

    def remove(self, path: str) -> None:
        """Remove the entries at and below a path from the layer: it gets something else."""
        below = f"{path.rstrip('/')}/"
        self._items = {at: item for at, item in self._items.items() if at != path and not at.startswith(below)}
        self._folders = {at for at in self._folders if at != path and not at.startswith(below)}

    @property
    def measure(self) -> tuple[int, int]:
        """Docker's size of the layer in bytes, and the number of its entries."""
        found = [(item.node.inode or path, item.node.size) for path, item in self._items.items() if item.source]
        links = sum(len(item.node.link.encode(errors="surrogateescape")) for item in self._items.values())
        return sum(dict(found).values()) + links, len(self._items)

    def secrets(self, tree: Tree) -> Iterator[str]:
        """A line for each file of a tree whose name says that it is a secret, and for a git repository."""
        seen: set[str] = set()
        for item in self._items.values():
            if item.tree is tree and item.source is not None:
                path, kind = named_secret(item.source.path)
                if path and path not in seen:
                    seen.add(path)
                    yield f"{excerpt(path[1:])} goes into the image: {kind}; name it in .dockerignore"

    def tar(self, task: Task) -> Iterator[bytes]:
        """The layer's tar in chunks, entries sorted by path. Raises Refused, InvalidContent, Cancelled."""
        return tar([self._items[path] for path in sorted(self._items)], task)


def _unfit(node: Node) -> str:
    """Why no file system takes a node, or takes it for another; "" if it does. The folders above it were asked for."""
    name = posixpath.basename(node.path)
    if name.startswith(_WHITEOUT):
        return f"names that begin with {_WHITEOUT} mean deleted files"
    if name in ("", ".", "..") or "\0" in name:
        return "it is no name of a file"
    if len(name) * _WIDEST > _LONGEST_NAME and len(name.encode(errors="surrogateescape")) > _LONGEST_NAME:
        return f"names have {_LONGEST_NAME} bytes at most"
    if len(node.path) > LONGEST_PATH:
        return f"paths have {LONGEST_PATH} characters at most"
    return "" if 0 <= min(node.device) <= max(node.device) <= _LARGEST_DEVICE else "no device has such a number"
