"""Content by digest: `blobs/sha256/<hex>`, and under `ingest/` content that is being written (OCI image-layout.md).

Every writer has a file of its own, so that two processes that download the same layer never mix their bytes. An
interrupted download leaves its file; the next attempt reads that first and verifies it again.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path

from nbdock.contents.layer import Pass
from nbdock.errors import BlobNotFound, IntegrityError, StoreDamaged, StoreError
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.verify import Verifier
from nbdock.store import disk
from nbdock.store.lock import held, is_held

CHUNK = 512 * 1024
GRACE = 3600.0
_STALE = 24 * 3600.0
_JUST_MADE = 1.0
_DOWNLOADS = ("sha256-", "sha512-")


class Blobs:
    """The content of one layout. Every file under a digest was verified when it was written.

    What the base has is here too, to `has`, `open` and `paths`; everything else is about the layout's own files.
    """

    def __init__(self, root: Path, base: Blobs | None = None) -> None:
        self._root, self._base = root, base
        self._blobs = root / "blobs"
        self._ingest = root / "ingest"

    def path(self, digest: Digest) -> Path:
        """The file of the content, which need not exist."""
        return Path(self._at(digest))

    def paths(self, digest: Digest) -> Iterator[Path]:
        """Where the content may be: here, and in the base where it may be read."""
        yield self.path(digest)
        for path in self._base.paths(digest) if self._base else ():
            if os.access(path, os.R_OK):
                yield path

    def has(self, descriptor: Descriptor) -> bool:
        """Whether the content is here. Compares only its size: it was verified when it was written."""
        return any(self._found(descriptor))

    def size(self, digest: Digest) -> int:
        """Bytes on disk; 0 if the content is not here."""
        return _length(self._at(digest))

    def total(self) -> int:
        """Bytes on disk of all content."""
        folders = (folder for folder in _entries(self._blobs) if folder.is_dir(follow_symlinks=False))
        return sum(map(_size, itertools.chain.from_iterable(map(_entries, folders))))

    def written(self, digest: Digest) -> float:
        """When the content was written, in seconds since the epoch; infinite if it is not here."""
        return _written(self.path(digest))

    def open(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """The content from byte `start` on. Raises BlobNotFound, StoreDamaged, StoreError."""
        path = next(self._found(descriptor), self.path(descriptor.digest))
        with disk.using(path):
            try:
                file = disk.open_file(self._root, path)
            except FileNotFoundError:
                raise BlobNotFound(f"{descriptor.digest} is not in the store", hint="pull the image again") from None
        return _chunks(file, path, start)

    def partial(self, descriptor: Descriptor) -> Iterator[bytes]:
        """The first bytes, from the longest file of an interrupted attempt."""
        for path in sorted(self._partials(descriptor.digest), key=_length, reverse=True):
            with contextlib.suppress(OSError, StoreDamaged):
                if 0 < _length(path) <= descriptor.size:
                    return _chunks(disk.open_file(self._root, path), path, 0)
        return iter(())

    def write(self, descriptor: Descriptor, chunks: Iterable[bytes], reading: Pass, resumable: bool = True) -> None:
        """Write the content atomically and feed it to the pass. Raises DigestMismatch, SizeMismatch, StoreError.

        If `chunks` raises, the bytes so far are kept for the next attempt if it is `resumable`. If the content is wrong
        or the disk is full, nothing is kept.
        """
        began = time.time()
        self.delete_stale()
        with disk.using(self._ingest):
            path = disk.fresh(self._root, _ingest_name(descriptor.digest))
        keep = 1
        try:
            self._receive(path, descriptor, chunks, reading)
            keep = 0
        except (IntegrityError, StoreError):
            keep = 0
            raise
        except BaseException:
            if not resumable:
                _delete(path)
            raise
        finally:
            self._delete_partials(descriptor.digest, path, began, keep)

    def delete(self, digest: Digest) -> int:
        """Delete the content; returns the bytes freed."""
        freed = self.size(digest)
        path = self.path(digest)
        with disk.using(path):
            path.unlink(missing_ok=True)
        return freed

    def all(self) -> Iterator[tuple[Digest, float]]:
        """Every digest that is here, and when it was written, in seconds since the epoch."""
        for path in self._blobs.glob("*/*"):
            with contextlib.suppress(ValueError):
                yield Digest(path.parent.name, path.name), _written(path)

    def delete_stale(self) -> int:
        """Delete files under `ingest/` that are older than a day; returns the bytes freed."""
        limit = time.time() - _STALE
        return sum(_delete(path) for path in self._arriving() if _written(path) < limit)

    def leftovers(self) -> Iterator[int]:
        """Bytes of each file under `ingest/` that no process writes any more."""
        return map(_length, self._abandoned())

    def delete_leftovers(self) -> int:
        """Delete these files; returns the bytes freed."""
        return sum(map(_delete, self._abandoned()))

    def _found(self, descriptor: Descriptor) -> Iterator[Path]:
        return (path for path in self.paths(descriptor.digest) if disk.length(path) == descriptor.size)

    def _at(self, digest: Digest) -> str:
        """As text: of very many, making a Path of each takes longer than to look at the files."""
        return f"{self._blobs}/{digest.algorithm}/{digest.hex}"

    def _abandoned(self) -> Iterator[Path]:
        """Uploads are not kept open, so only their age tells."""
        now = time.time()
        for path in self._arriving():
            age = now - _written(path)
            if age > _STALE or (age > _JUST_MADE and path.name.startswith(_DOWNLOADS) and not is_held(path)):
                yield path

    def _receive(self, path: Path, descriptor: Descriptor, chunks: Iterable[bytes], reading: Pass) -> None:
        verifier = Verifier(descriptor)
        with disk.using(path):
            file = disk.create(self._root, path)
        with file, held(file):
            for chunk in chunks:
                verifier.feed(chunk)
                with disk.using(path):
                    disk.write_all(file, chunk)
                reading.feed(chunk)
            verifier.finish()
            with disk.using(path):
                os.fsync(file.fileno())
            self._commit(path, descriptor)  # while it is held: else another writer of the same content may tidy it up

    def _commit(self, path: Path, descriptor: Descriptor) -> None:
        with disk.using(path):
            try:
                disk.commit(self._root, path, self.path(descriptor.digest))
            except FileNotFoundError:  # another process finished the same content first, and tidied up
                if not self.has(descriptor):
                    raise

    def _partials(self, digest: Digest) -> list[Path]:
        return self._arriving(f"{_ingest_name(digest)}.")

    def _arriving(self, start: str = "") -> list[Path]:
        """The files under `ingest/` whose names begin like this. `Path.glob` would take longer than a small write."""
        with contextlib.suppress(OSError):
            return [self._ingest / name for name in os.listdir(self._ingest) if name.startswith(start)]
        return []

    def _delete_partials(self, digest: Digest, own: Path, began: float, keep: int) -> None:
        """Delete the files of this attempt and of those that ended before it `began`, except the longest `keep`."""
        ended = (path for path in self._partials(digest) if path != own and _written(path) < began)
        left = [path for path in ended if not is_held(path)] + [own]
        for path in sorted(left, key=_length, reverse=True)[keep:]:
            _delete(path)


def _ingest_name(digest: Digest) -> str:
    return f"{digest.algorithm}-{digest.hex}"


def _chunks(file: FileIO, path: Path, start: int) -> Iterator[bytes]:
    with file, disk.using(path):
        file.seek(start)
        while chunk := file.read(CHUNK):
            yield chunk


def _length(path: Path | str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0


def _entries(folder: Path | os.DirEntry[str]) -> list[os.DirEntry[str]]:
    """What is in a folder; nothing if it is not there."""
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        return list(found)
    return []


def _size(entry: os.DirEntry[str]) -> int:
    with contextlib.suppress(OSError):
        return entry.stat(follow_symlinks=False).st_size
    return 0


def _written(path: Path) -> float:
    """Seconds since the epoch; infinite if the file is gone."""
    try:
        return path.lstat().st_mtime
    except OSError:
        return float("inf")


def _delete(path: Path) -> int:
    """Delete the file if possible; returns the bytes freed."""
    freed = _length(path)
    with contextlib.suppress(OSError):
        path.unlink()
        return freed
    return 0
