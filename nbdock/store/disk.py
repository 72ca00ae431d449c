"""The files of a store, on disks that may be full, read-only or owned by someone else, and that others may write to.

What is no file in the place of one (a symlink, a FIFO, a device, a folder) is damage: it is neither read nor written
through. Who may use the store's folder may use its files: only their owner, in a folder that nbdock made; a group, in
one that was made for it (`chmod g+ws`).
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import uuid
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from nbdock import regular
from nbdock.errors import StoreDamaged, StoreError

_REMEDIES = {
    errno.ENOSPC: "the disk is full: `%image prune` frees space, set NBDOCK_STORE to another folder",
    errno.EDQUOT: "the quota is used up: `%image prune` frees space, set NBDOCK_STORE to another folder",
    errno.EROFS: "the store is read-only: set NBDOCK_STORE to a folder that you can write to",
    errno.EACCES: "the store belongs to someone else: set NBDOCK_STORE to a folder of your own",
    errno.EPERM: "the store belongs to someone else: set NBDOCK_STORE to a folder of your own",
    errno.EISDIR: "a folder is in the place of a file: move it away",
}
_OWNER_ONLY = 0o700


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


def is_file(path: Path) -> bool:
    """Whether it is there and a file, no symlink to one."""
    return length(path) is not None


def length(path: Path) -> int | None:
    """The length of a file in bytes; None if there is none, or something else."""
    try:
        known = os.lstat(path)
    except OSError:
        return None
    return known.st_size if stat.S_ISREG(known.st_mode) else None


def free(folder: Path) -> int:
    """Free bytes on the disk of a folder, which may not be there yet. Raises OSError."""
    return shutil.disk_usage(next(each for each in (folder, *folder.parents) if each.exists())).free


def _lstat(path: Path) -> os.stat_result | None:
    """What is there, and no symlink is followed; None if nothing is."""
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None


def open_file(root: Path, path: Path, flags: int = os.O_RDONLY) -> FileIO:
    """Open a file of the store at `root`; a new one gets the folder's permissions. Raises StoreDamaged, OSError."""
    known = _lstat(path)
    if known and (oddity := regular.odd(known)):
        why = f"{path} is {oddity}, not a file"
        raise StoreDamaged(why, problems=(why,), hint="move it away")
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    file = FileIO(descriptor, "rb" if flags & os.O_ACCMODE == os.O_RDONLY else "r+b")
    if known is None:
        _share(root, descriptor)
    return file


def make_folder(root: Path, folder: Path) -> None:
    """Make a folder of the store and those above it; below `root` with its permissions. Raises OSError."""
    if not folder.is_dir():
        if folder == root:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(_OWNER_ONLY, exist_ok=True)
        else:
            make_folder(root, folder.parent)
            folder.mkdir(exist_ok=True)
            _share(root, folder)


def fresh(root: Path, name: str) -> Path:
    """A new path under `ingest/` for the file that will become `name`; each writer has a path of its own."""
    ingest = root / "ingest"
    make_folder(root, ingest)
    return ingest / f"{name}.{uuid.uuid4().hex}"


def replace(root: Path, path: Path, content: bytes) -> None:
    """Replace the file atomically and sync it to disk. Raises StoreError."""
    with using(path):
        temporary = fresh(root, path.name)
        try:
            with create(root, temporary) as file:
                write_all(file, content)
                os.fsync(file.fileno())
            commit(root, temporary, path)
            sync(path.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def create(root: Path, path: Path) -> FileIO:
    """A new file to write. Raises OSError."""
    return open_file(root, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)


def append(root: Path, path: Path, content: bytes) -> None:
    """Append to a derived file; what is in its place and no file is replaced. Raises OSError."""
    make_folder(root, path.parent)
    if os.path.lexists(path) and not is_file(path):
        path.unlink()
    with open_file(root, path, os.O_WRONLY | os.O_APPEND | os.O_CREAT) as file:
        file.write(content)


def write_all(file: FileIO, content: bytes) -> None:
    """Write everything: the system may take only a part at a time. Raises OSError."""
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]


def commit(root: Path, temporary: Path, path: Path) -> None:
    """Rename a finished file, and make its folder if needed."""
    try:
        os.replace(temporary, path)
    except FileNotFoundError:
        make_folder(root, path.parent)
        os.replace(temporary, path)


def sync(folder: Path) -> None:
    """Sync a folder to disk: only then do the files that were renamed into it survive a crash of the machine."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _share(root: Path, made: Path | int) -> None:
    """Give what was made the permissions of the store's folder, whatever the umask says."""
    now, wanted = os.stat(made).st_mode, os.stat(root).st_mode & 0o777
    mode = wanted | now & stat.S_ISGID if stat.S_ISDIR(now) else wanted & 0o666
    if mode != stat.S_IMODE(now):
        with contextlib.suppress(PermissionError):  # another user made it at the same moment
            os.chmod(made, mode)
