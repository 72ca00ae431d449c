"""Files that are there whole or not at all, on disks that may be full, read-only or not ours."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from nbdock.errors import StoreError

_REMEDIES = {
    errno.ENOSPC: "the disk is full: `%image prune` frees space, NBDOCK_STORE names another place",
    errno.EDQUOT: "the quota is used up: `%image prune` frees space, NBDOCK_STORE names another place",
    errno.EROFS: "the store is read-only: NBDOCK_STORE names a place that can be written",
    errno.EACCES: "the store belongs to someone else: NBDOCK_STORE names a place of your own",
    errno.EPERM: "the store belongs to someone else: NBDOCK_STORE names a place of your own",
}


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """While inside, what the disk refuses is a StoreError with its remedy."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        hint = _REMEDIES.get(error.errno or 0, "NBDOCK_STORE names another place for the store")
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise StoreError(f"cannot write {path}: {reason}", hint=hint) from error


def replace(path: Path, content: bytes) -> None:
    """Put `content` at `path`, durably: readers see the old file or the new one. Raises StoreError."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with writing(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("xb") as file:
                file.write(content)
                settle(file.fileno())
            commit(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def settle(descriptor: int) -> None:
    """Wait until the disk has what was written."""
    os.fsync(descriptor)


def commit(temporary: Path, path: Path) -> None:
    """Let a finished file take its name, and the folder remember it."""
    os.replace(temporary, path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
