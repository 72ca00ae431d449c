"""The files of an archive, or of a folder, by their paths. Nothing is unpacked.

In an archive on disk one can go from header to header. What is compressed, or comes through a pipe, is either read in
passing (`streamed`), or inflated into a temporary file first, which is gone when the process is.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Generic, Protocol, TypeVar

from nbdock import human, regular
from nbdock.contents.header import Entry, Kind
from nbdock.contents.inflate import detect_archive, inflated
from nbdock.contents.tar import scan
from nbdock.errors import BlobNotFound, InvalidContent, NotFound, Refused, StoreError
from nbdock.oci.digest import Digest
from nbdock.task import Task

T = TypeVar("T")

CHUNK = 1 << 20
HEAD = 8
"""Bytes that tell how a file is compressed."""
_MAX_ENTRIES = 100_000
_MAX_NAMES = 1 << 24
_MAX_LINKS = 40
_ELSEWHERE = "inflate it on a larger disk, and name the inflated file"
_UNIQUE = frozenset({"index.json", "manifest.json", "oci-layout", "repositories"})


class Files(Protocol):
    """Files by their paths: `blobs/sha256/…`, `manifest.json`."""

    def size(self, path: str, /) -> int | None:
        """The length of a file in bytes; None if there is none."""
        ...

    def open(self, path: str, start: int = 0, /) -> Iterator[bytes]:
        """A file from byte `start` on. Raises BlobNotFound, InvalidContent."""
        ...

    def compression(self, path: str, /) -> str:
        """How a file is compressed: "gzip", "zstd", "bzip2", "xz" or ""."""
        ...

    def digest(self, path: str, /) -> Digest:
        """The sha256 of a file."""
        ...


def read(files: Files, path: str, limit: int) -> bytes:
    """A whole file. Raises BlobNotFound, InvalidContent if it is longer than `limit` bytes."""
    size = files.size(path)
    if size is None:
        raise missing(path)
    if size > limit:
        raise InvalidContent(f"{path} has {size} bytes; at most {limit} are read")
    return b"".join(files.open(path))


def missing(path: str) -> BlobNotFound:
    """The error for a file that is not there."""
    return BlobNotFound(f"the archive has no {path}", hint="it is incomplete: save the image again")


class _OnDisk:
    """Files that can be read at any time."""

    def open(self, path: str, start: int = 0) -> Iterator[bytes]:
        raise NotImplementedError

    def compression(self, path: str) -> str:
        return detect_archive(next(self.open(path), b"")[:HEAD])

    def digest(self, path: str) -> Digest:
        found = hashlib.sha256()
        for chunk in self.open(path):
            found.update(chunk)
        return Digest("sha256", found.hexdigest())


class Folder(_OnDisk):
    """The files of a folder: only regular ones below it. Its `blobs` may lie on another disk, where a symlink leads."""

    def __init__(self, path: Path) -> None:
        """Raises NotFound."""
        if not path.is_dir():
            raise NotFound(f"there is no folder {path}", hint="check the path of the layout")
        self._path = path

    def size(self, path: str) -> int | None:
        at = self._path / cleaned(path)
        is_blob = at.is_relative_to(self._path / "blobs")
        if not (is_blob or at.resolve().is_relative_to(self._path.resolve())):
            return None
        try:
            found = os.lstat(at)
        except (OSError, ValueError):
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def open(self, path: str, start: int = 0) -> Iterator[bytes]:
        if self.size(path) is None:
            raise missing(path)
        at = self._path / cleaned(path)
        with _reading(at), open(at, "rb", buffering=0) as file:
            file.seek(start)
            yield from chunks(file)


class Tar(_OnDisk):
    """The files of a tar on disk."""

    def __init__(self, file: IO[bytes]) -> None:
        """Raises InvalidContent."""
        self._file = file
        self._entries: Entries[_Part] = Entries()
        try:
            scan(file, lambda entry: self._entries.add(entry, _Part(entry.offset, entry.size)))
        except InvalidContent as error:
            raise no_archive(error) from None

    def size(self, path: str) -> int | None:
        part = self._entries.find(path)
        return part.size if part else None

    def open(self, path: str, start: int = 0) -> Iterator[bytes]:
        part = self._entries.find(path)
        if part is None:
            raise missing(path)
        at, end = part.offset + start, part.offset + part.size
        while at < end:
            chunk = os.pread(self._file.fileno(), min(CHUNK, end - at), at)  # several threads read at once
            if not chunk:
                raise InvalidContent(f"the archive breaks off in {path}")
            at += len(chunk)
            yield chunk


@dataclass(frozen=True, slots=True)
class _Part:
    """Where a file's content is in the tar, in bytes."""

    offset: int
    size: int


class Entries(Generic[T]):
    """The entries of an archive by their paths: what is kept of a file, and where a link leads.

    Links lead to other files of the archive and nowhere else; of a path that is there twice the last counts, as if it
    were unpacked.
    """

    def __init__(self) -> None:
        self.found: dict[str, T | str] = {}
        self._count = self._named = 0

    def add(self, entry: Entry, part: T) -> None:
        """Raises InvalidContent."""
        self._count += 1
        self._named += len(entry.path) + len(entry.linkname)
        if self._count > _MAX_ENTRIES or self._named > _MAX_NAMES:
            raise InvalidContent(f"the archive has more than {_MAX_ENTRIES} entries, or very long names")
        path = path_of(entry.path)
        if path in _UNIQUE and path in self.found:
            raise InvalidContent(f"the archive has {path} twice", hint="tools would read different images out of it")
        if entry.kind is Kind.FILE and not entry.is_sparse:
            self.found[path] = part
        elif entry.kind is Kind.LINK:
            self.found[path] = path_of(entry.linkname)
        elif entry.kind is Kind.SYMLINK:
            self.found[path] = path_of(os.fsencode(posixpath.dirname(path)) + b"/" + entry.linkname)

    def find(self, path: str) -> T | None:
        """What is kept of the file that a path leads to. Raises InvalidContent."""
        at = cleaned(path)
        for _ in range(_MAX_LINKS):
            found = self.found.get(at)
            if not isinstance(found, str):
                return found
            at = found
        raise InvalidContent(f"{path} is a link that leads to itself")


def path_of(raw: bytes) -> str:
    """A name of the tar."""
    return cleaned(human.printable(os.fsdecode(raw)))


def cleaned(path: str) -> str:
    """A path with neither `.` nor `..` nor a slash in front: it never leads out of the archive."""
    return posixpath.normpath(f"/{path}").lstrip("/")


def opened(path: Path) -> tuple[IO[bytes], bool]:
    """A file, and whether it is a tar that can be seeked in. Raises NotFound, Refused."""
    with _reading(path):
        file = open(path, "rb", buffering=0)  # noqa: SIM115 (a Tar reads it later)
        status = os.fstat(file.fileno())
        if regular.odd(status):
            return file, False
        head = file.read(HEAD)
        file.seek(0)
    return file, not detect_archive(head)


def tar(path: Path, room: Path, task: Task) -> Tar:
    """The files of an archive. What cannot be seeked in is inflated into the folder `room`.

    Raises NotFound, Refused, StoreError, InvalidContent, Cancelled.
    """
    file, is_plain = opened(path)
    return Tar(file) if is_plain else spooled(chunks(file), room, task)


def spooled(content: Iterable[bytes], room: Path, task: Task) -> Tar:
    """The files of an archive that can be read only once, inflated into the folder `room`.

    Raises Refused, StoreError, InvalidContent, Cancelled.
    """
    with _writing(room):
        spool = tempfile.TemporaryFile(dir=room, buffering=0)  # noqa: SIM115 (the Tar reads it later)
        left = shutil.disk_usage(room).free // 2
    for piece in inflated(content, archive=True):
        task.check()
        left -= len(piece)
        if left < 0:
            raise Refused(
                f"the archive is too long for half of what is free in {room}",
                hint=_ELSEWHERE,
            )
        with _writing(room):
            rest = memoryview(piece)
            while rest:  # a disk that is nearly full takes a part
                rest = rest[spool.write(rest) :]
    spool.seek(0)
    return Tar(spool)


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """The rest of a file, which is closed at the end."""
    with file, _reading(Path(file.name)):
        while chunk := file.read(CHUNK):
            yield chunk


def no_archive(error: InvalidContent) -> InvalidContent:
    """The error for a file that is no tar."""
    return InvalidContent(f"it is no archive of images: {error}", hint="`docker save` makes one")


@contextmanager
def _writing(room: Path) -> Iterator[None]:
    """Within this context an OSError is the one line of a disk that is full, or read-only."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise StoreError(f"cannot inflate the archive into {room}: {reason}", hint=_ELSEWHERE) from error


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Within this context an OSError is one line."""
    try:
        yield
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}", hint="check the path of the archive") from None
    except IsADirectoryError:
        raise Refused(f"{path} is a folder", hint="an OCI layout in a folder is oci:FOLDER") from None
    except OSError as error:
        raise Refused(f"cannot read {path}: {os.strerror(error.errno or 0)}", hint="check its permissions") from error
