"""The tar of a layer: the same bytes for the same entries on any machine."""

from __future__ import annotations

import struct
import tarfile
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbdock.builder.tree import CHUNK, Node, Open, Tree
from nbdock.contents.header import BLOCK
from nbdock.errors import InvalidContent
from nbdock.human import excerpt

if TYPE_CHECKING:
    from nbdock.task import Task

_PADDING = bytes(BLOCK)
_TYPES = {
    "file": tarfile.REGTYPE,
    "directory": tarfile.DIRTYPE,
    "symlink": tarfile.SYMTYPE,
    "fifo": tarfile.FIFOTYPE,
    "char": tarfile.CHRTYPE,
    "block": tarfile.BLKTYPE,
}
_USTAR = struct.Struct("100s48s8sc100s8s247x")
"""Name, numbers, checksum, type, target of a link, magic; names of owners, numbers of devices and prefix are empty."""
_LONGEST, _LARGEST_ID, _LARGEST = 100, 0o7777777, 0o77777777777


@dataclass(slots=True)
class Item:
    """An entry of a layer, and for a file the node and the tree that have its bytes."""

    node: Node
    source: Node | None = None
    tree: Tree | None = None


def tar(items: Sequence[Item], task: Task) -> Iterator[bytes]:
    """A tar of these entries in chunks. Raises Refused, InvalidContent, Cancelled."""
    with ExitStack() as stack:
        readers = {tree: stack.enter_context(tree.reading(nodes, task)) for tree, nodes in _by_tree(items)}
        yield from _gathered(_entries(items, readers), task)


def _by_tree(items: Iterable[Item]) -> Iterable[tuple[Tree, Sequence[Node]]]:
    found: dict[Tree, list[Node]] = defaultdict(list)
    for item in items:
        if item.tree is not None and item.source is not None:
            found[item.tree].append(item.source)
    return found.items()


def _entries(items: Iterable[Item], readers: Mapping[Tree, Open]) -> Iterator[bytes]:
    first: dict[Hashable, str] = {}
    for item in items:
        node, source = item.node, item.source
        linked = first.setdefault(node.inode, node.path) if node.inode and source else node.path
        if linked != node.path:
            yield header(node, tarfile.LNKTYPE, linked[1:])
        elif source is None or item.tree is None:
            yield header(node, _TYPES[node.type], node.link)
        else:
            yield header(node, tarfile.REGTYPE, size=node.size)
            yield from _exactly(node, readers[item.tree](source))
            yield _PADDING[: -node.size % BLOCK]
    yield _PADDING
    yield _PADDING


def header(node: Node, kind: bytes, link: str = "", size: int = 0) -> bytes:
    """The header of an entry: as tarfile's, which takes ten times as long, if ustar's fields can say all of it; else
    tarfile's with pax records."""
    name, mtime = node.path[1:] + ("/" if kind == tarfile.DIRTYPE else ""), node.mtime or 0
    if not (
        (name + link).isascii()
        and max(len(name), len(link)) <= _LONGEST
        and 0 <= min(node.uid, node.gid) <= max(node.uid, node.gid) <= _LARGEST_ID
        and 0 <= mtime <= _LARGEST
        and size <= _LARGEST
        and mtime == int(mtime)
        and not node.xattrs
        and kind not in (tarfile.CHRTYPE, tarfile.BLKTYPE)
    ):
        return _pax(node, kind, link, size)
    numbers = b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (node.mode, node.uid, node.gid, size, int(mtime))
    packed = _USTAR.pack(name.encode(), numbers, b" " * 8, kind, link.encode(), tarfile.POSIX_MAGIC)
    return b"%b%06o\0%b" % (packed[:148], sum(packed), packed[155:])


def _pax(node: Node, kind: bytes, link: str, size: int) -> bytes:
    made = tarfile.TarInfo(node.path[1:])
    made.type, made.linkname, made.size = kind, link, size
    made.mode, made.uid, made.gid = node.mode, node.uid, node.gid
    mtime = node.mtime or 0
    made.mtime = int(mtime) if mtime == int(mtime) else mtime
    made.devmajor, made.devminor = node.device
    made.pax_headers = {f"SCHILY.xattr.{name}": value for name, value in sorted(node.xattrs.items())}
    return made.tobuf(tarfile.PAX_FORMAT)


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
