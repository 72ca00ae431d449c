"""COPY, ADD and WORKDIR: what of which tree goes where in a layer, as BuildKit's copies do."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nbdock.builder.layer import Changes
from nbdock.builder.owners import ROOT, Owner, mode
from nbdock.builder.tree import Node, Tree, followed, matching
from nbdock.dockerfile.ignore import Ignore
from nbdock.errors import NotFound, Refused, UsageError

_PIVOT = re.compile(r"/\./")


@dataclass(frozen=True, slots=True)
class How:
    """How nodes become entries: their owner (None: as they are), `--chmod`, and whether times stay as they are."""

    owner: Owner | None = ROOT
    chmod: str = ""
    keeps_times: bool = False

    def node(self, source: Node, path: str, time: int) -> Node:
        """A source as it is in the layer, at a path; of this time, unless it keeps its own."""
        owner, is_changed = self.owner or Owner(source.uid, source.gid), self.chmod and source.type != "symlink"
        return Node(
            path,
            source.type,
            mode(self.chmod, source.mode, source.is_folder) if is_changed else source.mode,
            owner.uid,
            owner.gid,
            source.size,
            source.mtime if self.keeps_times else time,
            source.link,
            source.inode,
            source.device,
            source.xattrs,
        )

    @property
    def of_folders(self) -> Owner:
        """The owner of folders that are made on the way."""
        return self.owner or ROOT


class Copying:
    """Copies from one tree into a layer, to one target: a path of the image; if it ends in `/`, a folder."""

    def __init__(self, changes: Changes, tree: Tree, target: str, how: How, exclude: Sequence[str] = ()) -> None:
        self._changes, self._tree, self._how = changes, tree, how
        self._is_folder = target.endswith("/")
        self._excludes: Callable[[str], bool] = Ignore.of(exclude).excludes if exclude else lambda _path: False
        self._target = changes.followed(target)

    def copy(self, pattern: str, parents: bool = False) -> None:
        """Copy a source: a path of the tree, or what its wildcards match; the contents of a folder.

        With `parents` its folders too, from `/./` on if that is in it. Raises NotFound, Refused, UsageError.
        """
        before, pivot, _ = pattern.partition("/./") if parents else ("", "", "")
        kept = posixpath.normpath(f"/{before.lstrip('/')}") if pivot else "/"
        found = matching(self._tree, _PIVOT.sub("/", pattern) if parents else pattern)
        if not found:
            raise _not_found(self._tree, pattern)
        if len(found) > 1:
            self.require_folder(f"{pattern} matches several files")
        for path in found:
            if parents:
                self._with_parents(path, kept)
            else:
                self.path(path)

    def path(self, path: str) -> None:
        """Copy what is at a path of the tree."""
        if not self._excludes(path[1:]):
            self._source(path)

    def require_folder(self, why: str) -> None:
        """Raises UsageError if the target is no folder."""
        there = self._changes.find(self._target)
        if not self._is_folder and (there is None or not there.is_folder):
            message = f"{why}, so that the destination must be a folder and end with a /"
            raise UsageError(message, hint=f"write {self._target}/")

    def contents(self, folder: str = "/") -> None:
        """Copy what is in a folder of the tree over whatever is there, as an archive is unpacked."""
        self._changes.folder(self._target, self._how.of_folders)
        for node in self._tree.walk(folder):
            path = posixpath.join(self._target, node.path[len(folder.rstrip("/")) + 1 :])
            known = self._changes.find(path)
            if known is not None and known.is_folder and not node.is_folder:
                self._changes.remove(path)
            self._put(node, path)

    def _source(self, path: str) -> None:
        real = followed(self._tree, path)
        node = self._found(real)
        there = self._changes.find(self._target)
        if node.is_folder:
            self._changes.folder(self._target, self._how.of_folders)
            self._below(real, self._target)
        elif self._is_folder or (there is not None and there.is_folder):
            self._changes.folder(self._target, self._how.of_folders)
            self._file(node, posixpath.join(self._target, posixpath.basename(path)))
        else:
            self._changes.folder(posixpath.dirname(self._target), self._how.of_folders)
            self._file(node, self._target)

    def _with_parents(self, path: str, kept: str) -> None:
        """Copy a path with the folders above it, from those in `kept` on."""
        below = path.removeprefix(kept).strip("/")
        self._changes.folder(self._target, self._how.of_folders)
        folder, target = kept, self._target
        *names, last = below.split("/")
        for name in names:
            folder, target = posixpath.join(folder, name), posixpath.join(target, name)
            self._file(self._found(followed(self._tree, folder)), target)
        real = followed(self._tree, path)
        node, target = self._found(real), posixpath.join(target, last)
        if not self._excludes(path[1:]):
            self._file(node, target)
        if node.is_folder:
            self._below(real, target)

    def _below(self, folder: str, target: str) -> None:
        start = len(folder.rstrip("/")) + 1
        for node in self._tree.walk(folder):
            if not self._excludes(node.path[start:]):
                path = posixpath.join(target, node.path[start:])
                if posixpath.dirname(path) != target:
                    self._changes.folder(posixpath.dirname(path), self._how.of_folders)  # its own may be excluded
                self._file(node, path)

    def _file(self, node: Node, path: str) -> None:
        """A node at its path; what is there already must be of its kind, or a file or symlink that it replaces."""
        known = self._changes.find(path)
        if known is not None and known.is_folder != node.is_folder:
            what = "a folder" if known.is_folder else "no folder"
            raise Refused(f"cannot copy {node.path} to {path}, which is {what}", hint="copy to another path")
        self._put(node, path)

    def _put(self, node: Node, path: str) -> None:
        made = self._how.node(node, path, self._changes.time)
        self._changes.put(made, node if node.type == "file" else None, self._tree)

    def _found(self, path: str) -> Node:
        node = self._tree.find(path)
        if node is None:
            raise _not_found(self._tree, path)
        return node


def folders(changes: Changes, path: str, owner: Owner) -> Changes:
    """The changes with a folder at a path, and those above it; none if it is there already (WORKDIR)."""
    real = changes.followed(path)
    known = changes.find(real)
    if known is None or not known.is_folder:
        changes.folder(real, owner)
    return changes


def _not_found(tree: Tree, pattern: str) -> NotFound:
    why = tree.missing(pattern)
    path = f"/{pattern.lstrip('/')}"
    return NotFound(f'"{path}": not found{f": {why}" if why else ""}', hint=_OUTSIDE if ".." in path else _NAME)


_NAME = "paths are relative to the build context, the folder that is given to build; `.` is this folder"
_OUTSIDE = "paths cannot lead out of the build context: give build the folder that has it all"
