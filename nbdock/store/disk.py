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
def using(path: Path) -> Iterator[None]:
    """While inside, what the disk refuses is a StoreError with its remedy."""
    try:
        yield
    except OSError as error:
        raise refusal(path, error) from error


def refusal(path: Path, error: OSError) -> StoreError:
    """What the disk's error means for the store."""
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    hint = _REMEDIES.get(error.errno or 0, "NBDOCK_STORE names another place for the store")
    return StoreError(f"cannot use {path}: {reason}", hint=hint)


def fresh(root: Path, name: str) -> Path:
    """Where to write what will become `name`: a file of one's own, beside what else is still arriving."""
    ingest = root / "ingest"
    ingest.mkdir(parents=True, exist_ok=True)
    return ingest / f"{name}.{uuid.uuid4().hex}"


def replace(root: Path, path: Path, content: bytes) -> None:
    """Put `content` at `path`, durably: readers see the old file or the new one. Raises StoreError."""
    with using(path):
        temporary = fresh(root, path.name)
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            commit(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def commit(temporary: Path, path: Path) -> None:
    """Let a finished file take its name, and the folder remember it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(temporary, path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
