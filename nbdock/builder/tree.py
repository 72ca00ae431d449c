"""Trees of files that COPY and ADD read: the build context, the root of a stage or image, what was fetched or unpacked.

Paths are absolute in their tree. A tree never leads out of itself: symlinks are followed inside it.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from nbdock.contents.links import follow

if TYPE_CHECKING:
    from nbdock.task import Task

CHUNK = 1 << 20
_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Node:
    """A file, folder, symlink or device. `type` is as in a file table; names of one file have the same `inode`."""

    path: str
    type: str
    mode: int = 0o755
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime: float | None = None
    link: str = ""
    inode: Hashable = None
    device: tuple[int, int] = (0, 0)
    xattrs: Mapping[str, str] = field(default_factory=dict)
    """Values as a tar has them: bytes that are no UTF-8 are escaped surrogates."""

    @property
    def is_folder(self) -> bool:
        return self.type == "directory"


Open: TypeAlias = Callable[[Node], Iterable[bytes]]


class Findable(Protocol):
    """Where nodes are found by path."""

    def find(self, path: str, /) -> Node | None:
        """What is at a path, on the way to which there is no symlink."""
        ...


class Tree(Findable, Protocol):
    """A tree that can be listed and read."""

    def names(self, folder: str, /) -> Iterable[str]:
        """The names in a folder."""
        ...

    def walk(self, folder: str, /) -> Iterator[Node]:
        """All that is in a folder, and in its folders; a folder comes before what is in it."""
        ...

    def reading(self, nodes: Sequence[Node], task: Task, /) -> AbstractContextManager[Open]:
        """What opens these files, each once."""
        ...

    def missing(self, path: str, /) -> str:
        """Why there is nothing at a path, if that is known: it is ignored."""
        ...


def followed(tree: Findable, path: str) -> str:
    """The path without symlinks, inside the tree. Raises Refused for a circle."""

    def target(at: str) -> str:
        node = tree.find(at)
        return node.link if node is not None and node.type == "symlink" else ""

    return follow(path, target)


def matching(tree: Tree, pattern: str) -> list[str]:
    """The paths that a source means, sorted: itself, or what its wildcards match (Go's filepath.Match)."""
    clean = posixpath.normpath(f"/{pattern.lstrip('/')}")
    if not _MAGIC.search(clean):
        path = _plain(clean)
        return [path] if tree.find(followed(tree, path)) else []
    found = ["/"]
    for part in clean.strip("/").split("/"):
        found = [path for folder in found for path in _below(tree, folder, part)]
    return found


def _below(tree: Tree, folder: str, part: str) -> Iterator[str]:
    """The paths in a folder whose names match."""
    real = followed(tree, folder)
    if not _MAGIC.search(part):
        path = posixpath.join(folder, _plain(part))
        yield from [path] if tree.find(followed(tree, path)) else []
        return
    node = tree.find(real)
    is_match = _wildcard(part)
    for name in sorted(tree.names(real)) if node and node.is_folder else ():
        if is_match(name) and tree.find(posixpath.join(real, name)):
            yield posixpath.join(folder, name)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _wildcard(part: str) -> Callable[[str], object]:
    """Python's wildcards, which never take long, differ from Go's in how a class is negated and a character escaped."""
    python = re.sub(r"\\(.)", lambda match: f"[{match[1]}]", part.replace("[^", "[!"))
    return re.compile(fnmatch.translate(python)).match
