"""The lock of a store: only one writer at a time changes names or deletes content."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from nbdock.errors import StoreDamaged, StoreLocked
from nbdock.store import disk

_TIMEOUT = 60.0
_POLL = 0.05
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """The only writer of the store at `root`, of all threads and processes. Raises StoreLocked, StoreError.

    On a file system without locks there may be others: a race then costs a download, or a name given at the same
    moment, never an image.
    """
    path = root / "lock"
    with disk.using(root):
        disk.make_folder(root, root)
        lock = disk.open_file(root, path, os.O_RDWR | os.O_CREAT)
    with lock:
        _wait(lock, root)
        try:
            yield
        finally:  # closing is not enough: a forked child may have the file open too
            with contextlib.suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_UN)


@contextlib.contextmanager
def held(file: FileIO) -> Iterator[None]:
    """Within this context `is_held` is true of the file, for every process; where there are locks."""
    with contextlib.suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_UN)


def is_held(path: Path) -> bool:
    """Whether a process that still runs holds the file, or may: not every file system tells."""
    try:
        with disk.open_file(path.parent, path) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    except StoreDamaged:
        return False
    return False


def _wait(lock: FileIO, root: Path) -> None:
    """Take the lock, which ends with the process at the latest."""
    deadline = time.monotonic() + _TIMEOUT
    while not _taken(lock, root):
        if time.monotonic() > deadline:
            raise StoreLocked(f"another process keeps {root} locked", hint="try again when that process is done")
        time.sleep(_POLL)


def _taken(lock: FileIO, root: Path) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise disk.refusal(root, error) from error
    return True
