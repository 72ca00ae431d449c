"""The build context: the files of a folder that a Dockerfile may copy, without those that are ignored."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nbdock import regular
from nbdock.builder.tree import CHUNK, Node, Open
from nbdock.dockerfile.ignore import Ignore
from nbdock.errors import InvalidContent, Refused, UsageError

if TYPE_CHECKING:
    from nbdock.task import Task

_LONGEST_IGNORE = 1 << 20
_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo",
}
_KEPT_XATTR = "security.capability"
_AGAIN = "build again when nothing writes there"
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Context:
    """A folder of this machine. What is in it belongs to root in an image, and has the modes that it has here.

    Sockets and devices are left out.
    """

    def __init__(self, folder: Path, ignore: Ignore) -> None:
        self._odd: dict[str, str] = {}
        self._root = str(folder)
        self.ignore = ignore
        try:
            self._handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            message = f"the build context {folder} cannot be read: {error.strerror}"
            raise UsageError(message, hint="it is the folder whose files COPY copies; `.` is this folder") from None

    def __del__(self) -> None:
        with suppress(OSError, AttributeError):
            os.close(self._handle)

    @property
    def left_out(self) -> list[str]:
        """A line for each file that was come across, and cannot be in an image."""
        return [f"{path[1:]} is left out: it is {what}" for path, what in self._odd.items()]

    def find(self, path: str) -> Node | None:
        """What is at a path; None for what is ignored, too."""
        relative = path.strip("/")
        if relative and self.ignore.excludes(relative) and not self.ignore.may_include_below(relative):
            return None
        try:
            status = os.stat(relative or ".", dir_fd=self._handle, follow_symlinks=False)
        except (OSError, ValueError):
            return None
        return self._node(path, status)

    def names(self, folder: str) -> list[str]:
        """The names in a folder, ignored ones too."""
        with self._telling(folder):
            return os.listdir(self._root + folder)

    def walk(self, folder: str) -> Iterator[Node]:
        """All that is in a folder and not ignored. Raises Refused for what cannot be read."""
        with self._telling(folder), os.scandir(self._root + folder) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
        for entry in inside:
            path = posixpath.join(folder, entry.name)
            is_excluded = self.ignore.excludes(path[1:])
            if is_excluded and not (entry.is_dir(follow_symlinks=False) and self.ignore.may_include_below(path[1:])):
                continue
            node = self._node(path, entry.stat(follow_symlinks=False))
            if is_excluded and node is not None:
                yield from self._needed(node, self.walk(path))
            elif node is not None:
                yield node
                if node.type == "directory":
                    yield from self.walk(path)

    @contextmanager
    def reading(self, _nodes: Sequence[Node], _task: Task) -> Iterator[Open]:
        """Opens files where they are."""
        yield self._open

    def missing(self, path: str) -> str:
        """Says that a path is ignored."""
        return "it is excluded by .dockerignore" if self.ignore.excludes(path.strip("/")) else ""

    def _needed(self, folder: Node, below: Iterator[Node]) -> Iterator[Node]:
        """An ignored folder is there for what is not ignored in it."""
        first = next(below, None)
        if first is not None:
            yield folder
            yield first
            yield from below

    def _node(self, path: str, status: os.stat_result) -> Node | None:
        kind = _KINDS.get(stat.S_IFMT(status.st_mode))
        if kind is None:
            self._odd[path] = regular.odd(status)
            return None
        relative = path.strip("/")
        inode = (status.st_dev, status.st_ino) if status.st_nlink > 1 and kind == "file" else None
        is_file = kind == "file"
        return Node(
            path,
            kind,
            stat.S_IMODE(status.st_mode),
            size=status.st_size if is_file else 0,
            link=os.readlink(relative, dir_fd=self._handle) if kind == "symlink" else "",
            inode=inode,
            xattrs=self._xattrs(relative) if is_file else {},
        )

    def _xattrs(self, relative: str) -> dict[str, str]:
        """Capabilities alone: other attributes are those of this machine."""
        try:
            value = os.getxattr(f"{self._root}/{relative}", _KEPT_XATTR, follow_symlinks=False)
        except (OSError, AttributeError):
            return {}
        return {_KEPT_XATTR: value.decode(errors="surrogateescape")}

    def _open(self, node: Node) -> Iterator[bytes]:
        """The content of a file, which must not change meanwhile. Raises Refused, InvalidContent."""
        with self._telling(node.path):
            handle = self._handle_of(node.path[1:])
        try:
            before = os.fstat(handle)
            if oddity := regular.odd(before):
                raise Refused(f"{node.path} is {oddity} now, not a file", hint=_AGAIN)
            left = before.st_size
            while left > 0 and (chunk := os.read(handle, min(left, CHUNK))):
                left -= len(chunk)
                yield chunk
            after = os.fstat(handle)
        finally:
            os.close(handle)
        if left or before.st_size != node.size or _state(before) != _state(after):
            raise InvalidContent(f"{node.path} changed while it was read", hint=_AGAIN)

    def _handle_of(self, relative: str) -> int:
        """The file, opened step by step: a folder on the way that became a symlink leads nowhere."""
        *folders, name = relative.split("/")
        at = self._handle
        try:
            for folder in folders:
                inside = os.open(folder, _FLAGS | os.O_DIRECTORY, dir_fd=at)
                if at != self._handle:
                    os.close(at)
                at = inside
            return os.open(name, _FLAGS, dir_fd=at)
        finally:
            if at != self._handle:
                os.close(at)

    @contextmanager
    def _telling(self, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"{path.strip('/') or 'the build context'} cannot be read: {error.strerror}"
            raise Refused(message, hint="change its mode, or name it in .dockerignore") from None


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def ignore_of(folder: Path, dockerfile: Path | None) -> Ignore:
    """The rules of `FILE.dockerignore` beside a Dockerfile, else of `.dockerignore` in the context; none without one.

    Raises Refused if it cannot be read.
    """
    beside = [dockerfile.with_name(f"{dockerfile.name}.dockerignore")] if dockerfile else []
    for path in (*beside, folder / ".dockerignore"):
        try:
            return Ignore(regular.read(path, _LONGEST_IGNORE).decode(errors="replace"))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise Refused(f"{path} cannot be read: {error.strerror}", hint="it is a file of patterns") from None
    return Ignore("")
