"""Content by digest: `blobs/sha256/<hex>`, and under `ingest/` what is still arriving (OCI image-layout.md).

A writer has a file of its own, so that two processes that fetch the same layer never mix their bytes. A broken download
leaves its file; the next attempt reads that first and writes it anew, so what it trusts has passed the hash again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path

from nbdock.errors import BlobNotFound, DigestMismatch, IntegrityError, SizeMismatch, StoreError
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.store import disk

PIECE = 512 * 1024
GRACE = 3600.0
_STALE = 24 * 3600.0


class Blobs:
    """The content of one layout. Every file under a digest has been verified against it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._blobs = root / "blobs"
        self._ingest = root / "ingest"

    def path(self, digest: Digest) -> Path:
        """Where the content is, or would be."""
        return self._blobs / digest.algorithm / digest.hex

    def has(self, descriptor: Descriptor) -> bool:
        """It is here, and of the right size: what is under a digest was verified when it came."""
        try:
            return self.path(descriptor.digest).stat().st_size == descriptor.size
        except OSError:
            return False

    def size(self, digest: Digest) -> int:
        """Bytes on disk, 0 where there is no such content."""
        return _length(self.path(digest))

    def written(self, digest: Digest) -> float:
        """When the content came (seconds since the epoch); infinite where there is none."""
        return _written(self.path(digest))

    def open(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """The content from byte `start` on. Raises BlobNotFound, StoreError."""
        path = self.path(descriptor.digest)
        with disk.using(path):
            try:
                file = path.open("rb", buffering=0)
            except FileNotFoundError:
                raise BlobNotFound(f"{descriptor.digest} is not in the store", hint="pull the image again") from None
        return _pieces(file, path, start)

    def partial(self, descriptor: Descriptor) -> Iterator[bytes]:
        """The first bytes, as far as an earlier attempt got: the longest there is."""
        for path in sorted(self._partials(descriptor.digest), key=_length, reverse=True):
            with contextlib.suppress(OSError):
                if 0 < _length(path) <= descriptor.size:
                    return _pieces(path.open("rb", buffering=0), path, 0)
        return iter(())

    def write(self, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        """All of the content or nothing. Raises DigestMismatch, SizeMismatch, StoreError.

        Where `chunks` breaks off, what came is kept for the next attempt. Where it is wrong or the disk has no room,
        nothing is.
        """
        began = time.time()
        self.drop_stale()
        with disk.using(self._ingest):
            path = disk.fresh(self._root, _ingest_name(descriptor.digest))
        keep = 1
        try:
            self._receive(path, descriptor, chunks)
            self._commit(path, descriptor)
            keep = 0
        except (IntegrityError, StoreError):
            keep = 0
            raise
        finally:
            self._drop_partials(descriptor.digest, path, began, keep)

    def delete(self, digest: Digest) -> int:
        """Let go of the content; returns the bytes freed."""
        freed = self.size(digest)
        path = self.path(digest)
        with disk.using(path):
            path.unlink(missing_ok=True)
        return freed

    def all(self) -> Iterator[tuple[Digest, float]]:
        """Every digest that is here, and when it was written (seconds since the epoch)."""
        for path in self._blobs.glob("*/*"):
            with contextlib.suppress(ValueError):
                yield Digest(path.parent.name, path.name), _written(path)

    def drop_stale(self) -> int:
        """Remove what was left under `ingest/` more than a day ago; returns the bytes freed."""
        stale = [path for path in self._ingest.glob("*") if _written(path) < time.time() - _STALE]
        return sum(map(_drop, stale))

    def _receive(self, path: Path, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        with disk.using(path):
            file = path.open("xb", buffering=0)
        with file:
            for chunk in verified(descriptor, chunks):
                with disk.using(path):
                    _write_all(file, chunk)
            with disk.using(path):
                os.fsync(file.fileno())

    def _commit(self, path: Path, descriptor: Descriptor) -> None:
        with disk.using(path):
            try:
                disk.commit(path, self.path(descriptor.digest))
            except FileNotFoundError:  # another process was done with the same content before, and tidied up
                if not self.has(descriptor):
                    raise

    def _partials(self, digest: Digest) -> Iterator[Path]:
        return self._ingest.glob(f"{_ingest_name(digest)}.*")

    def _drop_partials(self, digest: Digest, own: Path, began: float, keep: int) -> None:
        """Of what this attempt left, and those that ended before it `began`, leave the longest `keep`."""
        left = [path for path in self._partials(digest) if path == own or _written(path) < began]
        for path in sorted(left, key=_length, reverse=True)[keep:]:
            _drop(path)


def verified(descriptor: Descriptor, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same chunks; their end comes only where they are the descriptor's. Raises SizeMismatch, DigestMismatch."""
    hasher, size = hashlib.new(descriptor.digest.algorithm, usedforsecurity=False), 0
    for chunk in chunks:
        size += len(chunk)
        if size > descriptor.size:
            break
        hasher.update(chunk)
        yield chunk
    _verify(descriptor, Digest(descriptor.digest.algorithm, hasher.hexdigest()), size)


def _ingest_name(digest: Digest) -> str:
    return f"{digest.algorithm}-{digest.hex}"


def _verify(descriptor: Descriptor, actual: Digest, size: int) -> None:
    if size != descriptor.size:
        message = f"size verification failed for {descriptor.digest}: expected {descriptor.size} bytes"
        raise SizeMismatch(message, expected=descriptor.size, actual=size)
    if actual != descriptor.digest:
        message = f"filesystem layer verification failed for digest {descriptor.digest}"
        raise DigestMismatch(message, expected=str(descriptor.digest), actual=str(actual))


def _write_all(file: FileIO, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


def _pieces(file: FileIO, path: Path, start: int) -> Iterator[bytes]:
    with file, disk.using(path):
        file.seek(start)
        while piece := file.read(PIECE):
            yield piece


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _written(path: Path) -> float:
    """Seconds since the epoch; infinite where the file is gone."""
    try:
        return path.stat().st_mtime
    except OSError:
        return float("inf")


def _drop(path: Path) -> int:
    """Remove the file if that can be; returns the bytes freed."""
    freed = _length(path)
    with contextlib.suppress(OSError):
        path.unlink()
        return freed
    return 0
