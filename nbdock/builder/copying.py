"""COPY, ADD and WORKDIR: what of which tree goes where in a layer, as BuildKit's copies do."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nbdock.builder.layer import Changes
from nbdock.builder.owners import ROOT, Owner, mode
from nbdock.builder.tree import Node, Tree, exactly, followed, has_wildcard, matching, similar
from nbdock.dockerfile.ignore import Ignore
from nbdock.errors import NotFound, Refused, UsageError
from nbdock.human import excerpt


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
    def mode_of_folders(self) -> int:
        """The mode of folders that are made on the way: of `--chmod` in letters BuildKit gives them nothing."""
        return int(self.chmod, 8) & 0o777 if self.chmod.isdecimal() else 0o755


class Copying:
    """Copies from one tree into a layer, to one target: a path of the image; if it ends in `/`, a folder."""

    def __init__(self, changes: Changes, tree: Tree, target: str, how: How, exclude: Sequence[str] = ()) -> None:
        self._changes, self._tree, self._how = changes, tree, how
        self._is_folder = target.endswith("/")
        self._excludes: Callable[[str], bool] = Ignore.of(exclude).excludes if exclude else lambda _path: False
        self._target = changes.followed(target)
        self._once = object()

    def copy(self, pattern: str, parents: bool = False) -> bool:
        """Copy a source: a path of the tree, or what its wildcards match; the contents of a folder. With `parents` the
        folders above it too, from `/./` on if that is in it.

        Returns whether there was something to copy, as there must be without wildcards. Raises NotFound, Refused,
        UsageError.
        """
        if parents:
            return self._copy_with_parents(pattern)
        found = matching(self._tree, pattern)
        if len(found) > 1:
            self.require_folder(f"{pattern} matches several files")
        for path in found:
            self.path(path)
        return self._is_there(pattern, found)

    def _copy_with_parents(self, pattern: str) -> bool:
        before, pivot, inside = pattern.partition("/./")
        folders = matching(self._tree, before) if pivot else ["/"]
        found = [(each, path) for each in folders for path in exactly(self._tree, each, inside if pivot else pattern)]
        for folder, path in found:
            self._with_parents(folder, path)
        return self._is_there(pattern, found)

    def require_folder(self, why: str) -> None:
        """Raises UsageError if the target is no folder."""
        there = self._changes.find(self._target)
        if not self._is_folder and (there is None or not there.is_folder):
            message = f"{why}, so that the destination must be a folder and end with a /"
            raise UsageError(message, hint=f"write {excerpt(self._target)}/")

    def contents(self, folder: str = "/") -> None:
        """Copy what is in a folder of the tree over whatever is there, as an archive is unpacked."""
        self._folder(self._target)
        for node in self._tree.walk(folder):
            path = posixpath.join(self._target, node.path[len(folder.rstrip("/")) + 1 :])
            self._changes.folder(posixpath.dirname(path), ROOT)
            known = self._changes.find(path)
            if known is not None and known.is_folder and not node.is_folder:
                self._changes.remove(path)
            self._put(node, path)

    def path(self, path: str) -> None:
        """Copy what is at a path of the tree; what `--exclude` says is of what is below it."""
        self._once = object()
        real = followed(self._tree, path)
        node = self._found(real)
        there = self._changes.find(self._target)
        if node.is_folder:
            self._folder(self._target)
            self._below(real, self._target)
        elif self._is_folder or (there is not None and there.is_folder):
            self._folder(self._target)
            self._file(node, posixpath.join(self._target, posixpath.basename(path)))
        else:
            self._folder(posixpath.dirname(self._target))
            self._file(node, self._target)

    def file(self, path: str) -> None:
        """Copy a file of the tree to the target itself, whatever it is called. Raises Refused if a folder is there."""
        self._folder(posixpath.dirname(self._target))
        self._file(self._found(followed(self._tree, path)), self._target)

    def _is_there(self, pattern: str, found: Sequence[object]) -> bool:
        if not found and not has_wildcard(pattern):
            raise _not_found(self._tree, pattern)
        return bool(found)

    def _with_parents(self, folder: str, path: str) -> None:
        """Copy a path of a folder, with those between the two that are not there yet."""
        self._once = object()
        self._folder(self._target)
        start = len(folder.rstrip("/")) + 1
        for above in _above(path, folder):
            target = posixpath.join(self._target, above[start:])
            there = self._changes.find(target)
            if there is not None and there.is_folder:
                self._folder(target)
            else:
                self._file(self._found(above), target)
        node, target = self._found(path), posixpath.join(self._target, path[start:])
        if path != folder and not self._excludes(path[1:]):
            self._file(node, target)
        if node.is_folder:
            self._below(path, target)

    def _below(self, folder: str, target: str) -> None:
        start, into = len(folder.rstrip("/")) + 1, target.rstrip("/")
        excluded: dict[str, Node] = {}
        for node in self._tree.walk(folder):
            below = node.path[start:]
            if not self._excludes(below):
                if excluded:
                    self._needed(excluded, below, target)
                self._file(node, f"{into}/{below}")
            elif node.is_folder:
                excluded[below] = node

    def _needed(self, excluded: dict[str, Node], path: str, target: str) -> None:
        """An excluded folder is there for what is not excluded in it."""
        folder = posixpath.dirname(path)
        if folder in excluded:
            self._needed(excluded, folder, target)
            self._file(excluded.pop(folder), posixpath.join(target, folder))

    def _file(self, node: Node, path: str) -> None:
        """A node at its path; what is there already must be of its kind, or a file or symlink that it replaces."""
        known = self._changes.find(path)
        if known is not None and known.is_folder != node.is_folder:
            what = "a folder" if known.is_folder else "no folder"
            message = f"cannot copy {excerpt(node.path)} to {excerpt(path)}, which is {what}"
            raise Refused(message, hint="copy to another path")
        self._put(node, path)

    def _put(self, node: Node, path: str) -> None:
        """Names of one file are hard links only in what is copied at once."""
        made = self._how.node(node, path, self._changes.time)
        if node.inode is not None:
            made = replace(made, inode=(self._once, node.inode))
        self._changes.put(made, node if node.type == "file" else None, self._tree)

    def _folder(self, path: str) -> None:
        self._changes.folder(path, self._how.owner or ROOT, self._how.mode_of_folders)

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


def _above(path: str, folder: str) -> list[str]:
    """The folders between a folder and a path in it, the highest first."""
    above = posixpath.dirname(path)
    return [*_above(above, folder), above] if len(above) > len(folder) else []


def _not_found(tree: Tree, pattern: str) -> NotFound:
    why, remedy = tree.missing(pattern)
    meant = "" if why else similar(tree, pattern)
    path = excerpt(f"/{pattern.lstrip('/')}")
    message = f'"{path}": not found'
    return NotFound(
        f"{message}: {why}" if why else message, hint=f"did you mean {excerpt(meant)}?" if meant else remedy
    )
