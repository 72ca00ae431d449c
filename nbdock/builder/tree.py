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
from difflib import get_close_matches
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Protocol, TypeAlias

from nbdock.contents.links import follow

if TYPE_CHECKING:
    from nbdock.task import Task

CHUNK = 1 << 20
_MOST_NAMES = 1000
_NO_WILDCARD = re.compile(r"(?:\\.|[^*?\[\\])*\\?", re.DOTALL)


@dataclass(slots=True)  # frozen would be slower, and a build context has many files
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

    def missing(self, path: str, /) -> tuple[str, str]:
        """Why there is nothing at a path, if that is known (it is ignored), and what to do."""
        ...


def followed(tree: Findable, path: str) -> str:
    """The path without symlinks, inside the tree. Raises Refused for a circle."""

    def target(at: str) -> str:
        node = tree.find(at)
        return node.link if node is not None and node.type == "symlink" else ""

    return follow(path, target)


def similar(tree: Tree, path: str) -> str:
    """The path in the same folder that is most like one that is not there; "" if none is."""
    folder, name = posixpath.split(posixpath.normpath(f"/{path.lstrip('/')}"))
    real = followed(tree, folder)
    node = tree.find(real)
    names = islice(tree.names(real), _MOST_NAMES) if node is not None and node.is_folder else ()
    close = get_close_matches(name, names)
    return next((posixpath.join(folder, each)[1:] for each in close if tree.find(posixpath.join(real, each))), "")


def upwards(path: str) -> Iterator[str]:
    """A path, and the folders above it but for the root."""
    while path != "/":
        yield path
        path = posixpath.dirname(path)


def below(folder: str, names: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """The paths in a folder and in its folders, sorted, however deep: a folder comes before what is in it."""
    todo = [folder]
    while todo:
        path = todo.pop()
        if path != folder:
            yield path
        todo += (posixpath.join(path, name) for name in sorted(names(path), reverse=True))


def literal(name: str) -> str:
    """A name without wildcards."""
    return re.sub(r"([\\*?\[])", r"\\\1", name)


def matching(tree: Tree, pattern: str) -> list[str]:
    """The paths that a source means, sorted: itself, or what its wildcards match (Go's filepath.Match)."""
    return _matching(tree, "/", pattern, partial(followed, tree))


def exactly(tree: Tree, folder: str, pattern: str) -> list[str]:
    """The paths in a folder that a pattern means where no symlink is followed; `**` is folders at any depth."""
    return _matching(tree, folder, pattern, str, _folders)


def has_wildcard(pattern: str) -> bool:
    """Whether a source may mean several paths, or none."""
    return not _NO_WILDCARD.fullmatch(pattern)


_Inside: TypeAlias = Callable[[Tree, str], Iterable[str]]


def _matching(
    tree: Tree, folder: str, pattern: str, real: Callable[[str], str], stars: _Inside | None = None
) -> list[str]:
    found = [folder]
    for part in filter(None, posixpath.normpath(f"/{pattern}").split("/")):
        inside = stars if stars and part == "**" else partial(_below, part=part, real=real)
        found = list(dict.fromkeys(path for folder in found for path in inside(tree, folder)))
    return found


def _folders(tree: Tree, folder: str) -> Iterator[str]:
    """A folder, and all folders below it."""
    yield folder
    yield from (node.path for node in tree.walk(folder) if node.is_folder)


def _below(tree: Tree, folder: str, part: str, real: Callable[[str], str]) -> Iterator[str]:
    """The paths in a folder whose names match."""
    node = tree.find(real(folder))
    if node is None or not node.is_folder:
        return
    if not has_wildcard(part):
        path = posixpath.join(folder, _plain(part))
        yield from [path] if tree.find(real(path)) else []
        return
    is_match = _wildcard(part)
    for name in sorted(tree.names(node.path)):
        if is_match(name) and tree.find(posixpath.join(node.path, name)):
            yield posixpath.join(folder, name)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _wildcard(part: str) -> Callable[[str], object]:
    """Python's wildcards, which never take long, differ from Go's in how a class is negated and a character escaped."""
    python = re.sub(r"\\(.)", lambda match: f"[{match[1]}]", part.replace("[^", "[!"))
    return re.compile(fnmatch.translate(python)).match
