"""The merged file system, written from the text of the OCI image spec (layer.md) and nothing else: a tree of folders.

It applies one layer after the other, as an unpacker would: first the whiteouts, which concern only lower layers, then
the entries in the order of the tar. Slow, plain, and without a line of nbdock's.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.parts.stacks import Item, Layer


@dataclass(eq=False)
class Inode:
    """A file, a symlink or a folder; the names of a hard link share one."""

    item: Item | None
    children: dict[str, Inode] = field(default_factory=dict)

    @property
    def is_folder(self) -> bool:
        return self.item is None or self.item.kind == tarfile.DIRTYPE

    @property
    def size(self) -> int:
        assert self.item
        return len(self.item.link) if self.item.kind == tarfile.SYMTYPE else len(self.item.content)


def apply(layers: Iterable[Layer]) -> Inode:
    """The root of the layers, the lowest first."""
    root = Inode(None)
    for layer in layers:
        lower = paths(root)
        for item in layer:
            _whiteout(root, item)
        for item in layer:
            if not _name(item).startswith(".wh."):
                _add(root, item, lower)
    return root


def paths(root: Inode, folder: str = "") -> dict[str, Inode]:
    """Everything that an entry named, by its path. Folders that are only implied are left out."""
    found: dict[str, Inode] = {}
    for name, each in root.children.items():
        path = f"{folder}/{name}"
        found |= {path: each} if each.item else {}
        found |= paths(each, path)
    return found


def _whiteout(root: Inode, item: Item) -> None:
    """'Whiteout files MUST only apply to resources in lower/parent layers.'"""
    name, folder = _name(item), _folder(root, item)
    if folder is None or not name.startswith(".wh."):
        return
    if name == ".wh..wh..opq":
        folder.children.clear()
    else:
        folder.children.pop(name.removeprefix(".wh."), None)


def _add(root: Inode, item: Item, lower: Mapping[str, Inode]) -> None:
    """'If the entry and the existing path are both directories', the attributes are replaced; else it is replaced."""
    folder = root
    for part in item.path.split("/")[:-1]:
        below = folder.children.get(part)
        if below is None or not below.is_folder:
            below = folder.children[part] = Inode(None)
        folder = below
    before, new = folder.children.get(_name(item)), Inode(item)
    if item.kind == tarfile.LNKTYPE:
        target = _find(root, item.link) or lower.get(f"/{item.link}")
        new = new if target is None or target.is_folder else target
    elif item.kind == tarfile.DIRTYPE and before and before.is_folder:
        new.children = before.children
    folder.children[_name(item)] = new


def _find(root: Inode, path: str) -> Inode | None:
    found: Inode | None = root
    for part in path.split("/"):
        found = found and found.children.get(part)
    return found


def _folder(root: Inode, item: Item) -> Inode | None:
    found: Inode | None = root
    for part in item.path.split("/")[:-1]:
        found = found and found.children.get(part)
    return found


def _name(item: Item) -> str:
    return item.path.rpartition("/")[2]
