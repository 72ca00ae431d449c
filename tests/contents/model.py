"""The merged file system, written from the text of the OCI image spec (layer.md) and nothing else: a tree of folders.

It applies one layer after the other, as an unpacker would: first the whiteouts, which concern only lower layers, then
the entries in the order of the tar. Symlinks on the way to a path are followed, inside the root. Slow, plain, and
without a line of nbdock's.
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
        lower = {item.link: find(root, item.link) for item in layer if item.kind == tarfile.LNKTYPE}
        whiteouts = [(item, _real(root, _folder(item))) for item in layer if _is_whiteout(item)]
        for item, folder in whiteouts:
            _whiteout(root, item, folder)
        for item in layer:
            if not _is_whiteout(item):
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


def followed(root: Inode, folder: list[str], links: int = 0) -> list[str]:
    """Where a folder is, symlinks followed; as it is written if they lead in a circle."""
    for number, name in enumerate(folder, 1):
        found = _at(root, folder[:number])
        if name == "..":
            return followed(root, folder[: max(number - 2, 0)] + folder[number:], links)
        if found and found.item and found.item.kind == tarfile.SYMTYPE:
            if links == 40:
                raise RecursionError
            target = found.item.link
            start = [] if target.startswith("/") else folder[: number - 1]
            return followed(root, [*start, *_parts(target), *folder[number:]], links + 1)
    return folder


def find(root: Inode, path: str) -> Inode | None:
    """What a path leads to; the last part may be a symlink."""
    return _at(root, [*_real(root, _parts(path)[:-1]), *_parts(path)[-1:]])


def _real(root: Inode, folder: list[str]) -> list[str]:
    try:
        return followed(root, folder)
    except RecursionError:
        return folder


def _whiteout(root: Inode, item: Item, folder: list[str]) -> None:
    """'Whiteout files MUST only apply to resources in lower/parent layers.'"""
    name, above = _name(item), _at(root, folder)
    if above is None:
        return
    if name == ".wh..wh..opq":
        above.children.clear()
    else:
        above.children.pop(name.removeprefix(".wh."), None)


def _add(root: Inode, item: Item, lower: Mapping[str, Inode | None]) -> None:
    """'If the entry and the existing path are both directories', the attributes are replaced; else it is replaced."""
    new = Inode(item)
    if item.kind == tarfile.LNKTYPE:
        found = find(root, item.link)
        target = found if found and found.item else lower[item.link]
        new = target if target and target.item and target.item.kind not in (tarfile.DIRTYPE, tarfile.LNKTYPE) else new
    folder = root
    for part in _real(root, _folder(item)):
        below = folder.children.get(part)
        if below is None or not below.is_folder:
            below = folder.children[part] = Inode(None)
        folder = below
    before = folder.children.get(_name(item))
    if item.kind == tarfile.DIRTYPE and before and before.is_folder:
        new.children = before.children
    folder.children[_name(item)] = new


def _at(root: Inode, path: list[str]) -> Inode | None:
    found: Inode | None = root
    for part in path:
        found = found and found.children.get(part)
    return found


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _is_whiteout(item: Item) -> bool:
    return _name(item).startswith(".wh.")


def _folder(item: Item) -> list[str]:
    return _parts(item.path)[:-1]


def _name(item: Item) -> str:
    return item.path.rpartition("/")[2]
