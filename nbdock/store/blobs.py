"""Content by digest: `blobs/sha256/<hex>`, and under `ingest/` what is still arriving (OCI image-layout.md).

A writer has a file of its own, so that two processes that fetch the same layer never mix their bytes. A broken download
leaves its file; the next attempt reads that first and writes it anew, so what it trusts has passed the hash again.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from nbdock.errors import BlobNotFound, DigestMismatch, IntegrityError, SizeMismatch, StoreError
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.store import files

PIECE = 1024 * 1024
GRACE = 3600.0


class Blobs:
    """The content of one layout. Every file under a digest has been verified against it."""

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs"
        self._ingest = root / "ingest"

    def path(self, digest: Digest) -> Path:
        """Where the content is, or would be."""
        return self._blobs / digest.algorithm / digest.hex

    def has(self, descriptor: Descriptor) -> bool:
        try:
            return self.path(descriptor.digest).stat().st_size == descriptor.size
        except OSError:
            return False

    def size(self, digest: Digest) -> int:
        """Bytes on disk, 0 where there is no such content."""
        try:
            return self.path(digest).stat().st_size
        except OSError:
            return 0

    def open(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """The content from byte `start` on. Raises BlobNotFound."""
        try:
            file = self.path(descriptor.digest).open("rb")
        except OSError:
            raise BlobNotFound(f"{descriptor.digest} is not in the store", hint="pull the image again") from None
        return _pieces(file, start)

    def partial(self, descriptor: Descriptor) -> Iterator[bytes]:
        """The first bytes, as far as an earlier attempt got: the longest there is."""
        for path in sorted(self._partials(descriptor.digest), key=_length, reverse=True):
            with contextlib.suppress(OSError):
                if 0 < _length(path) <= descriptor.size:
                    return _pieces(path.open("rb"), 0)
        return iter(())

    def write(self, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        """All of the content or nothing. Raises DigestMismatch, SizeMismatch, StoreError.

        Where `chunks` breaks off, what came is kept for the next attempt; where it is wrong, it is dropped.
        """
        if self.has(descriptor):
            return
        began = time.time()
        path = self._ingest / f"{descriptor.digest.algorithm}-{descriptor.digest.hex}.{uuid.uuid4().hex}"
        with files.writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._receive(path, descriptor, chunks)
        except IntegrityError:
            self._drop_partials(descriptor.digest)
            raise
        except BaseException:
            self._drop_partials(descriptor.digest, shorter_than=_length(path), idle_since=began)
            raise
        self._commit(path, descriptor)
        self._drop_partials(descriptor.digest)

    def delete(self, digest: Digest) -> int:
        """Let go of the content; returns the bytes freed."""
        freed = self.size(digest)
        with files.writing(self.path(digest)), contextlib.suppress(FileNotFoundError):
            self.path(digest).unlink()
        return freed

    def all(self) -> Iterator[tuple[Digest, float]]:
        """Every digest that is here, and when it was written (seconds since the epoch)."""
        for path in self._blobs.glob("*/*"):
            with contextlib.suppress(OSError, ValueError):
                yield Digest(path.parent.name, path.name), path.stat().st_mtime

    def drop_stale(self) -> int:
        """Remove what broken downloads left more than a day ago; returns the bytes freed."""
        freed = 0
        for path in self._ingest.glob("*"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > 24 * GRACE:
                    length = _length(path)
                    path.unlink()
                    freed += length
        return freed

    def _receive(self, path: Path, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        hasher, size = hashlib.new(descriptor.digest.algorithm, usedforsecurity=False), 0
        with files.writing(path):
            file = path.open("xb", buffering=0)
        with file:
            for chunk in chunks:
                size += len(chunk)
                if size > descriptor.size:
                    break
                hasher.update(chunk)
                with files.writing(path):
                    _write_all(file, chunk)
            verify(descriptor, Digest(descriptor.digest.algorithm, hasher.hexdigest()), size)
            with files.writing(path):
                files.settle(file.fileno())

    def _commit(self, path: Path, descriptor: Descriptor) -> None:
        final = self.path(descriptor.digest)
        with files.writing(final):
            final.parent.mkdir(parents=True, exist_ok=True)
            try:
                files.commit(path, final)
            except FileNotFoundError:
                if not self.has(descriptor):
                    raise StoreError(f"{path.name} was removed while it was written", hint="run it again") from None

    def _partials(self, digest: Digest) -> Iterator[Path]:
        return self._ingest.glob(f"{digest.algorithm}-{digest.hex}.*")

    def _drop_partials(self, digest: Digest, shorter_than: int | None = None, idle_since: float = 0.0) -> None:
        for path in self._partials(digest):
            with contextlib.suppress(OSError):
                state = path.stat()
                if shorter_than is None or (state.st_size <= shorter_than and state.st_mtime < idle_since):
                    path.unlink()


def verify(descriptor: Descriptor, actual: Digest, size: int) -> None:
    """Raises SizeMismatch or DigestMismatch where what came is not what was described."""
    hint = "nothing of it is kept; run it again, and if it fails again the registry holds a damaged image"
    if size != descriptor.size:
        message = f"size verification failed for {descriptor.digest}: expected {descriptor.size} bytes"
        raise SizeMismatch(message, expected=descriptor.size, actual=size, hint=hint)
    if actual != descriptor.digest:
        message = f"filesystem layer verification failed for digest {descriptor.digest}"
        raise DigestMismatch(message, expected=str(descriptor.digest), actual=str(actual), hint=hint)


def _write_all(file: object, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[file.write(view) :]  # type: ignore[attr-defined]


def _pieces(file: object, start: int) -> Iterator[bytes]:
    with file:  # type: ignore[attr-defined]
        file.seek(start)  # type: ignore[attr-defined]
        while piece := file.read(PIECE):  # type: ignore[attr-defined]
            yield piece


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
