"""A layer that is made: its entries on top of a root, and its tar, the same for the same entries on any machine."""

from __future__ import annotations

import posixpath
import tarfile
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from nbdock.builder.tree import CHUNK, Findable, Node, Open, Tree, followed, upwards
from nbdock.contents.links import LONGEST_PATH
from nbdock.contents.secrets import named_secret
from nbdock.errors import InvalidContent, Refused
from nbdock.human import excerpt

if TYPE_CHECKING:
    from nbdock.builder.owners import Owner
    from nbdock.task import Task

_BLOCK = 512
_END = bytes(2 * _BLOCK)
_WHITEOUT = ".wh."
_LONGEST_NAME, _WIDEST = 255, 4
_LARGEST_DEVICE = 0o7777777
_TYPES = {
    "file": tarfile.REGTYPE,
    "directory": tarfile.DIRTYPE,
    "symlink": tarfile.SYMTYPE,
    "fifo": tarfile.FIFOTYPE,
    "char": tarfile.CHRTYPE,
    "block": tarfile.BLKTYPE,
}


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a layer, and for a file the node and the tree that have its bytes."""

    node: Node
    source: Node | None = None
    tree: Tree | None = None


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
        items = [self._items[path] for path in sorted(self._items)]
        with ExitStack() as stack:
            readers = {tree: stack.enter_context(tree.reading(nodes, task)) for tree, nodes in _by_tree(items)}
            yield from _gathered(_entries(items, readers), task)


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
    return "" if all(0 <= number <= _LARGEST_DEVICE for number in node.device) else "no device has such a number"


def _by_tree(items: Iterable[Item]) -> Iterable[tuple[Tree, Sequence[Node]]]:
    found: dict[Tree, list[Node]] = defaultdict(list)
    for item in items:
        if item.tree is not None and item.source is not None:
            found[item.tree].append(item.source)
    return found.items()


def _entries(items: Iterable[Item], readers: dict[Tree, Open]) -> Iterator[bytes]:
    first: dict[Hashable, str] = {}
    for item in items:
        node, source = item.node, item.source
        header = _header(node)
        if source is None or item.tree is None:
            yield header.tobuf(tarfile.PAX_FORMAT)
            continue
        linked = first.setdefault(node.inode, node.path) if node.inode else ""
        if linked and linked != node.path:
            header.type, header.linkname = tarfile.LNKTYPE, linked[1:]
            yield header.tobuf(tarfile.PAX_FORMAT)
            continue
        header.size = node.size
        yield header.tobuf(tarfile.PAX_FORMAT)
        yield from _exactly(node, readers[item.tree](source))
        yield bytes(-node.size % _BLOCK)
    yield _END


def _header(node: Node) -> tarfile.TarInfo:
    header = tarfile.TarInfo(node.path[1:])
    header.type, header.mode, header.uid, header.gid = _TYPES[node.type], node.mode, node.uid, node.gid
    mtime = node.mtime or 0
    header.mtime = int(mtime) if mtime == int(mtime) else mtime
    header.linkname = node.link
    header.devmajor, header.devminor = node.device
    header.pax_headers = {f"SCHILY.xattr.{name}": value for name, value in sorted(node.xattrs.items())}
    return header


def _exactly(node: Node, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, which have the size that the header says. Raises InvalidContent."""
    left = node.size
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            break
        yield chunk
    if left:
        raise InvalidContent(
            f"{excerpt(node.path)} changed while it was read", hint="build again when nothing writes there"
        )


def _gathered(pieces: Iterable[bytes], task: Task) -> Iterator[bytes]:
    """The same bytes in chunks: headers and small files are many."""
    gathered, size = list[bytes](), 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= CHUNK:
            task.check()
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)
