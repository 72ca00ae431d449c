"""Copy files out of an image into a folder of this machine: never outside it, and no more than plain files.

What an image says is not trusted. No path leads out of the folder, also not through a symlink that is there already or
that the image brings; devices, and symlinks that lead out, are left out; setuid, setgid and owners are not kept.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import stat
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from nbdock.dock.inside.reading import check_room, reader
from nbdock.dock.transfer.targets import replacing, telling
from nbdock.errors import Refused, UsageError
from nbdock.task import Task

if TYPE_CHECKING:
    from nbdock.contents.visible import File
    from nbdock.dock.inside.contents import Contents

_SPECIAL = stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX
_DEVICES = {"char": "a device", "block": "a device", "fifo": "a FIFO"}


@dataclass(frozen=True, slots=True)
class Item:
    """A file, folder or symlink to write. `left_out` says why it is not, `note` what of it is not kept."""

    file: File
    target: Path
    left_out: str = ""
    link: str = ""

    @property
    def note(self) -> str:
        """What a user should know of it; "" if it is written as it is."""
        if self.left_out:
            return f"left out: {self.left_out}"
        is_special = self.file.type == "file" and self.file.mode & _SPECIAL
        return "setuid, setgid or sticky bit dropped" if is_special else ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a copy out of an image would write. `base` is the file or folder that is made."""

    contents: Contents
    base: Path
    items: tuple[Item, ...]

    @property
    def replaced(self) -> list[Item]:
        """What is there already, and would be overwritten."""
        return [item for item in self.written if item.file.type != "directory" and os.path.lexists(item.target)]

    @property
    def written(self) -> list[Item]:
        """What is not left out."""
        return [item for item in self.items if not item.left_out]

    @property
    def size(self) -> int:
        """Bytes of the files."""
        return sum(item.file.size for item in self.written if item.file.type == "file")


def plan(contents: Contents, path: str, to: Path) -> Plan:
    """What to write for a path of the image. Like `cp`, into `to` if that is a folder, else under that name.

    Raises NotFound, Refused, UsageError.
    """
    file = contents.visible.find(path)
    to = to.resolve()
    if not to.is_dir() and not to.parent.is_dir():
        raise UsageError(f"there is no folder {to.parent}", hint="make it first")
    name = "" if path.endswith("/.") else PurePosixPath(posixpath.normpath(path)).name.strip(".")
    base = to / name if to.is_dir() else to
    below = contents.visible.below(file.path) if file.type == "directory" else ()
    start = len(file.path.rstrip("/")) + 1
    found = [Item(file, base), *(Item(each, base / each.path[start:]) for each in below)]
    folders = {parent for item in found for parent in item.target.parents}
    return Plan(contents, base, tuple(_judged(item, file.path, folders) for item in found))


def execute(plan: Plan, task: Task) -> None:
    """Write what is planned: folders, then files (each in one step), then symlinks. Raises Refused."""
    check_room(plan.base.parent, plan.size)
    layers: dict[int, list[Item]] = defaultdict(list)
    with telling(plan.base):
        for item in plan.written:
            if item.file.type == "directory":
                _make_folder(item.target, plan.base, item.file.mode)
            else:
                _make_folder(item.target.parent, plan.base)
        for item in plan.written:
            if item.file.type == "file":
                layers[item.file.layer].append(item)
        for layer, items in layers.items():
            _write_files(plan.contents, layer, items, task)
        for item in plan.written:
            if item.link:
                with replacing(item.target) as new:
                    new.symlink_to(item.link)


def _judged(item: Item, root: str, folders: set[Path]) -> Item:
    """The item, and why it is left out if it is; a symlink with the target that it gets."""
    kind = item.file.type
    if kind in _DEVICES:
        return replace(item, left_out=_DEVICES[kind])
    if kind == "broken hardlink":
        return replace(item, left_out=f"a hard link to {item.file.link}, which is not there")
    if kind != "directory" and item.target in folders:
        return replace(item, left_out="there are files below it")
    if kind == "symlink":
        link = _inside(item.file, root)
        return replace(item, link=link) if link else replace(item, left_out="it leads out of the folder")
    return item


def _inside(file: File, root: str) -> str:
    """The target of a symlink, relative, if it is in the folder that is copied; "" if it leads out."""
    folder = posixpath.dirname(file.path)
    target = posixpath.normpath(posixpath.join(folder, file.link))
    is_inside = target == root or target.startswith(root.rstrip("/") + "/")
    return posixpath.relpath(target, folder) if is_inside else ""


def _make_folder(folder: Path, base: Path, mode: int = 0) -> None:
    """Make a folder and those above it, up to the one that `base` is in. Raises Refused for a symlink in the way."""
    if folder == base.parent:
        return
    _make_folder(folder.parent, base)
    with contextlib.suppress(FileExistsError):
        folder.mkdir((mode or 0o755) & 0o777 | 0o700)
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise Refused(f"{folder} is in the way: it is no folder", hint="move it away, or choose another folder")


def _write_files(contents: Contents, layer: int, items: Sequence[Item], task: Task) -> None:
    """The files of one layer, read once in its own order. Further names of a file become hard links to the first."""
    read = reader(contents, layer, {item.file.row for item in items}, task)
    names: dict[int, Path] = {}
    for item in sorted(items, key=lambda item: item.file.row):
        file = item.file
        first = names.setdefault(file.row, item.target)
        with replacing(item.target) as new:
            if first != item.target:
                new.hardlink_to(first)
            else:
                _write(new, file, read(file))


def _write(new: Path, file: File, content: Iterable[bytes | memoryview]) -> None:
    mode = file.mode & 0o777 | stat.S_IRUSR | stat.S_IWUSR
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb") as out:
        for piece in content:
            out.write(piece)
    if file.modified is not None:
        with contextlib.suppress(OSError, OverflowError):  # a time that the disk does not know
            os.utime(new, (file.modified, file.modified))
