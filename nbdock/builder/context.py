"""The build context: the files of a folder that a Dockerfile may copy, without those that are ignored."""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nbdock import regular
from nbdock.builder.tree import CHUNK, Node, Open
from nbdock.dockerfile.ignore import Ignore
from nbdock.errors import InvalidContent, Refused, UsageError
from nbdock.human import excerpt

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
_NAME = "paths are relative to the build context, the folder that is given to build; `.` is this folder"
_OUTSIDE = "paths cannot lead out of the build context: give build the folder that has it all"
_AGAIN = "build again when nothing writes there"
_MOVED = (errno.ENOENT, errno.ELOOP, errno.ENOTDIR)
"""What the system says of a file that became another, since none of these was one before."""
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
        return [f"{excerpt(path[1:])} is left out: it is {what}" for path, what in self._odd.items()]

    def find(self, path: str) -> Node | None:
        """What is at a path; None for what is ignored, too."""
        relative = path.strip("/")
        if relative and self.ignore.excludes(relative) and not self.ignore.may_include_below(relative):
            return None
        above, name = posixpath.split(f"/{relative}")
        try:
            with self._folder(above) as folder:
                status = os.stat(name or ".", dir_fd=folder, follow_symlinks=False)
                return self._node(path, status, folder)
        except PermissionError as error:
            raise _unreadable(path, error) from None
        except (OSError, ValueError):
            return None

    def names(self, folder: str) -> list[str]:
        """The names in a folder, ignored ones too."""
        with self._telling(folder), self._folder(folder) as handle:
            return os.listdir(handle)

    def walk(self, folder: str) -> Iterator[Node]:
        """All that is in a folder and not ignored. An ignored folder is there for what is not ignored in it.

        Raises Refused for what cannot be read.
        """
        todo, held = self._inside(folder), list[Node]()
        while todo:
            node, is_excluded = todo.pop()
            held = [each for each in held if node.path.startswith(f"{each.path}/")]
            held.append(node)
            if not is_excluded:
                yield from held
                held.clear()
            if node.is_folder:
                todo += self._inside(node.path)

    def _inside(self, folder: str) -> list[tuple[Node, bool]]:
        """What is in a folder, the last first, and whether it is ignored but for what may be in it."""
        found, above = list[tuple[Node, bool]](), folder.rstrip("/")
        with self._telling(folder), self._folder(folder) as handle, os.scandir(handle) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name, reverse=True):
                path = f"{above}/{entry.name}"
                is_excluded = self.ignore.excludes(path[1:])
                if not is_excluded or (entry.is_dir(follow_symlinks=False) and self.ignore.may_include_below(path[1:])):
                    node = self._node(path, entry.stat(follow_symlinks=False), handle)
                    found += [(node, is_excluded)] if node else []
        return found

    @contextmanager
    def reading(self, _nodes: Sequence[Node], _task: Task) -> Iterator[Open]:
        """Opens files where they are."""
        with closing(_Beside(self._opened)) as beside:
            yield partial(self._open, beside)

    def missing(self, path: str) -> tuple[str, str]:
        """Says that a path is ignored, or that no image has such a thing."""
        relative = posixpath.normpath(f"/{path}").lstrip("/")
        if what := self._odd.get(f"/{relative}"):
            return f"it is {what}", "files, folders and symlinks can be copied"
        if self.ignore.excludes(relative):
            return "it is excluded by .dockerignore", f"take it out of there, or add the line !{excerpt(relative)}"
        return "", _OUTSIDE if ".." in path else _NAME

    def _node(self, path: str, status: os.stat_result, folder: int) -> Node | None:
        """The node of what is in a folder that is open."""
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
            link=os.readlink(posixpath.basename(path), dir_fd=folder) if kind == "symlink" else "",
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

    def _open(self, beside: _Beside, node: Node) -> Iterator[bytes]:
        """The content of a file, which must not change meanwhile. Raises Refused, InvalidContent."""
        above, _, name = node.path.rpartition("/")
        with self._telling(node.path):
            handle = os.open(name, _FLAGS, dir_fd=beside.folder(above))
        try:
            before = os.fstat(handle)
            if oddity := regular.odd(before):
                raise Refused(f"{excerpt(node.path)} is {oddity} now, not a file", hint=_AGAIN)
            left = before.st_size
            while left > 0 and (chunk := os.read(handle, min(left, CHUNK))):
                left -= len(chunk)
                yield chunk
            after = os.fstat(handle)
        finally:
            os.close(handle)
        if left or before.st_size != node.size or _state(before) != _state(after):
            raise _changed(node.path)

    @contextmanager
    def _folder(self, path: str) -> Iterator[int]:
        handle = self._opened(path)
        try:
            yield handle
        finally:
            os.close(handle)

    def _opened(self, path: str) -> int:
        """A folder, opened step by step: one on the way that became a symlink leads nowhere."""
        at = os.open(".", _FLAGS | os.O_DIRECTORY, dir_fd=self._handle)
        for name in filter(None, path.split("/")):
            above = at
            try:
                at = os.open(name, _FLAGS | os.O_DIRECTORY, dir_fd=above)
            finally:
                os.close(above)
        return at

    @contextmanager
    def _telling(self, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _MOVED:
                raise _changed(path) from None
            raise _unreadable(path, error) from None


def _unreadable(path: str, error: OSError) -> Refused:
    message = f"{excerpt(path.strip('/')) or 'the build context'} cannot be read: {error.strerror}"
    return Refused(message, hint="change its mode, or name it in .dockerignore")


class _Beside:
    """The folder of the file that was opened last, which stays open: the next file is mostly beside it."""

    def __init__(self, opened: Callable[[str], int]) -> None:
        self._opened, self._handle = opened, -1
        self._path: str | None = None

    def folder(self, path: str) -> int:
        """The folder, opened if it is another than the last."""
        if path != self._path:
            self.close()
            self._handle, self._path = self._opened(path), path
        return self._handle

    def close(self) -> None:
        """Close the last folder."""
        handle, self._handle, self._path = self._handle, -1, None
        if handle >= 0:
            os.close(handle)


def _changed(path: str) -> InvalidContent:
    return InvalidContent(f"{excerpt(path)} changed while it was read", hint=_AGAIN)


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
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise Refused(f"{path} cannot be read: {error.strerror}", hint="it is a file of patterns") from None
    return Ignore("")
