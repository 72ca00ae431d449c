"""Trees that are held while a layer is made: inline files, a downloaded file, an unpacked tar, files of layers."""

from __future__ import annotations

import posixpath
import tempfile
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile
from typing import IO, TYPE_CHECKING

from nbdock.builder.tree import CHUNK, Node, Open, below, followed, upwards
from nbdock.contents import header
from nbdock.contents.files import PERMISSIONS, TYPES
from nbdock.contents.header import Entry, Kind
from nbdock.contents.tar import Taker, Walk
from nbdock.errors import InvalidContent, Refused
from nbdock.human import excerpt

if TYPE_CHECKING:
    from nbdock.task import Task

_IN_MEMORY = 1 << 24
_MOST = 1_000_000
_MOST_TEXT = 1 << 27


class Spooled:
    """Files whose bytes are in one temporary file, of 16 MiB and more on disk."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (it ends with the tree)
        self._nodes: dict[str, Node] = {"/": Node("/", "directory")}
        self._names: dict[str, set[str]] = defaultdict(set)
        self._implied: set[str] = set()
        self._offsets: dict[Hashable, int] = {}
        self._end = self._inodes = 0
        self._left = _MOST_TEXT

    def add(self, node: Node) -> None:
        """Add a node, in place of what was at its path. The bytes of a new file are those that are appended next."""
        folder = posixpath.dirname(node.path)
        for path in reversed(list(takewhile(lambda each: each not in self._nodes, upwards(folder)))):
            self._keep(Node(path, "directory"))
            self._implied.add(path)
        if not self._nodes[folder].is_folder:
            raise InvalidContent(f"{excerpt(node.path)} is below {excerpt(folder)}, which is no folder")
        if not node.is_folder:
            self._remove(node.path)
        self._keep(node)
        self._implied.discard(node.path)
        if node.type == "file":
            self.begin(node.inode)

    def begin(self, inode: Hashable) -> None:
        """What is appended next are the bytes of this inode, unless it has its own already."""
        self._offsets.setdefault(inode, self._end)

    def append(self, chunk: bytes | memoryview) -> None:
        """Append bytes to the file that was added last. Raises Refused if there is no room."""
        try:
            self._file.seek(self._end)
            self._file.write(chunk)
        except OSError as error:
            message = f"cannot hold files in {tempfile.gettempdir()}: {error.strerror}"
            raise Refused(message, hint="TMPDIR names another folder") from None
        self._end += len(chunk)

    def put(self, node: Node, content: Iterable[bytes | memoryview]) -> None:
        """Add a file with its content, however long that is."""
        start = self._end
        self.add(replace(node, inode=self.inode()))
        for chunk in content:
            self.append(chunk)
        self._nodes[node.path] = replace(self._nodes[node.path], size=self._end - start)

    def inode(self) -> tuple[int, int]:
        """An inode for a new file."""
        self._inodes += 1
        return id(self), self._inodes

    def find(self, path: str) -> Node | None:
        """What is at a path."""
        return self._nodes.get(path)

    def names(self, folder: str) -> Iterable[str]:
        """The names in a folder."""
        return self._names.get(folder, ())

    def walk(self, folder: str) -> Iterator[Node]:
        """All that was added to a folder; folders that are only above what was added are not among it."""
        return (self._nodes[path] for path in below(folder, self.names) if path not in self._implied)

    @contextmanager
    def reading(self, _nodes: Sequence[Node], _task: Task) -> Iterator[Open]:
        """Opens files."""
        yield self._open

    def missing(self, _path: str) -> tuple[str, str]:
        """Nothing is known but where it was looked for."""
        return "", "paths are those of what was fetched"

    def _open(self, node: Node) -> Iterator[bytes]:
        left = node.size
        self._file.seek(self._offsets[node.inode])
        while left and (chunk := self._file.read(min(left, CHUNK))):
            left -= len(chunk)
            yield chunk

    def _keep(self, node: Node) -> None:
        if len(self._nodes) >= _MOST:
            raise Refused(f"more than {_MOST:,} files", hint="add them in parts")
        self._left -= sum(map(len, (node.path, node.link, *node.xattrs, *node.xattrs.values())))
        if self._left < 0:
            raise Refused("its names and attributes are too long", hint="add them in parts")
        folder, name = posixpath.split(node.path)
        self._nodes[node.path] = node
        self._names[folder].add(name)

    def _remove(self, path: str) -> None:
        for each in [*below(path, self.names), path]:
            self._names.pop(each, None)
            self._nodes.pop(each, None)


def unpacked(chunks: Iterable[bytes]) -> Spooled:
    """The tree of a tar, which may be hostile: nothing leads out of it. Raises InvalidContent, Refused."""
    tree = Spooled()
    unpacking = _Unpacking(tree)
    walk = Walk(unpacking.visit)
    for chunk in chunks:
        walk.feed(chunk)
    walk.finish()
    return tree


class _Unpacking:
    """A visitor of a tar's entries that adds them to a tree."""

    def __init__(self, tree: Spooled) -> None:
        self._tree = tree

    def visit(self, entry: Entry) -> Taker | None:
        if entry.is_sparse:
            raise Refused(f"{_name(entry.path)} is a sparse file", hint="unpack the archive and COPY its files")
        path = self._path(entry.path)
        if path == "/":
            return None
        if entry.kind is Kind.LINK:
            self._tree.add(replace(self._linked(entry), path=path))
            return None
        self._tree.add(self._node(path, entry))
        return self._tree.append if entry.size else None

    def _node(self, path: str, entry: Entry) -> Node:
        is_device = entry.kind in (Kind.CHARACTER, Kind.BLOCK)
        xattrs = (item for item in entry.records.items() if item[0].startswith(header.XATTR))
        return Node(
            path,
            TYPES[entry.kind],
            entry.mode & PERMISSIONS,
            entry.uid,
            entry.gid,
            entry.size,
            entry.mtime,
            link=_decoded(entry.linkname) if entry.kind is Kind.SYMLINK else "",
            inode=self._tree.inode(),
            device=entry.device if is_device else (0, 0),
            xattrs={_decoded(name.removeprefix(header.XATTR)): _decoded(value) for name, value in xattrs},
        )

    def _linked(self, entry: Entry) -> Node:
        target = self._tree.find(self._path(entry.linkname))
        if target is None or target.type != "file":
            target_name = _name(entry.linkname)
            raise InvalidContent(f"{_name(entry.path)} is a hard link to {target_name}, which is not in the archive")
        return target

    def _path(self, raw: bytes) -> str:
        """Where an entry is; symlinks on the way are followed inside the tree. Raises Refused if it leads out."""
        text = _decoded(raw)
        parts = text.split("/")
        if ".." in parts:
            raise Refused(f"{_name(raw)} leads out of the archive", hint="no honest archive has such a name")
        folder, name = posixpath.split(posixpath.normpath(f"/{text.lstrip('/')}"))
        return posixpath.join(followed(self._tree, folder), name)


def _name(raw: bytes) -> str:
    return excerpt(_decoded(raw))


def _decoded(raw: bytes) -> str:
    return raw.decode(errors="surrogateescape")
