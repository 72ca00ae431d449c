"""Atomic file writes, on disks that may be full, read-only or owned by someone else."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from nbdock.errors import StoreError

_REMEDIES = {
    errno.ENOSPC: "the disk is full: `%image prune` frees space, set NBDOCK_STORE to another folder",
    errno.EDQUOT: "the quota is used up: `%image prune` frees space, set NBDOCK_STORE to another folder",
    errno.EROFS: "the store is read-only: set NBDOCK_STORE to a folder that you can write to",
    errno.EACCES: "the store belongs to someone else: set NBDOCK_STORE to a folder of your own",
    errno.EPERM: "the store belongs to someone else: set NBDOCK_STORE to a folder of your own",
}


@contextlib.contextmanager
def using(path: Path) -> Iterator[None]:
    """Within this context an OSError becomes a StoreError with a hint."""
    try:
        yield
    except OSError as error:
        raise refusal(path, error) from error


def refusal(path: Path, error: OSError) -> StoreError:
    """The StoreError for an OSError, with a hint."""
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    hint = _REMEDIES.get(error.errno or 0, "set NBDOCK_STORE to another folder")
    return StoreError(f"cannot use {path}: {reason}", hint=hint)


def state(path: Path) -> tuple[int, ...]:
    """A value that differs after the file was replaced; empty if it cannot be read."""
    try:
        seen = path.stat()
    except OSError:
        return ()
    return (seen.st_ino, seen.st_mtime_ns, seen.st_size)


def fresh(root: Path, name: str) -> Path:
    """A new path under `ingest/` for the file that will become `name`; each writer has a path of its own."""
    ingest = root / "ingest"
    ingest.mkdir(parents=True, exist_ok=True)
    return ingest / f"{name}.{uuid.uuid4().hex}"


def replace(root: Path, path: Path, content: bytes) -> None:
    """Replace the file atomically and sync it to disk. Raises StoreError."""
    with using(path):
        temporary = fresh(root, path.name)
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            commit(temporary, path)
            sync(path.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def commit(temporary: Path, path: Path) -> None:
    """Rename a finished file, and make its folder if needed."""
    try:
        os.replace(temporary, path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(temporary, path)


def sync(folder: Path) -> None:
    """Sync a folder to disk: only then do the files that were renamed into it survive a crash of the machine."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
