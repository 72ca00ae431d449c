"""Files that anyone may have put there. Only regular ones are opened: a FIFO never ends, a device may do anything."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symlink",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read(path: Path, limit: int) -> bytes:
    """The content of a file of `limit` bytes at most, or of the file that a symlink points to. Raises OSError."""
    if oddity := odd(path.stat()):
        raise OSError(errno.EINVAL, f"it is {oddity}, not a file")
    with open(path, "rb", opener=_at_once) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return content


def odd(status: os.stat_result) -> str:
    """What is there instead of a file: "a FIFO"; "" if it is a file."""
    return "" if stat.S_ISREG(status.st_mode) else _KINDS.get(stat.S_IFMT(status.st_mode), "something else")


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
