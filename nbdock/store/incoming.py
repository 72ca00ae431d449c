"""Content whose digest is told only when all of it is there: an upload, or a download that others read along."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from nbdock.errors import DigestMismatch, StoreError
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.store import disk
from nbdock.store.blobs import PIECE, Blobs


class Incoming:
    """A file under `ingest/` that grows, may be read meanwhile, and in the end takes its digest's name.

    One thread appends, any may read. Nothing is held open in between; one that is forgotten is swept when it is stale.
    """

    def __init__(self, root: Path, blobs: Blobs) -> None:
        self.size = 0
        """Bytes that are there."""
        self._blobs = blobs
        self._hasher = hashlib.sha256()
        self._moving = threading.Lock()
        self._kept: Path | None = None
        with disk.using(root):
            self._path = disk.fresh(root, "upload")
            self._path.touch(exist_ok=False)

    def append(self, piece: bytes) -> None:
        """Raises StoreError, and all of it is dropped then."""
        try:
            with disk.using(self._path), self._path.open("r+b") as file:
                file.seek(self.size)
                file.write(piece)
        except StoreError:
            self.drop()
            raise
        self._hasher.update(piece)
        self.size += len(piece)

    def read(self, start: int, length: int = PIECE) -> bytes:
        """Up to `length` bytes of what is there, from byte `start` on. Raises StoreError."""
        with disk.using(self._path):
            with self._moving:
                file = (self._kept or self._path).open("rb", buffering=0)
            with file:
                file.seek(start)
                return file.read(max(0, min(length, self.size - start)))

    def keep(self, digest: Digest) -> Descriptor:
        """Let it be found under its digest. Raises DigestMismatch, and all of it is dropped then; StoreError."""
        actual = self._digest(digest.algorithm)
        if actual != digest:
            self.drop()
            message = f"content of {digest} hashes to {actual}"
            raise DigestMismatch(message, expected=str(digest), actual=str(actual))
        final = self._blobs.path(digest)
        with disk.using(final):
            with self._path.open("r+b") as file:
                os.fsync(file.fileno())
            with self._moving:
                disk.commit(self._path, final)
                self._kept = final
        return Descriptor(media.OCTETS, digest, self.size)

    def drop(self) -> None:
        """Forget it, unless it is kept."""
        with disk.using(self._path):
            self._path.unlink(missing_ok=True)

    def _digest(self, algorithm: str) -> Digest:
        if algorithm == "sha256":
            return Digest(algorithm, self._hasher.hexdigest())
        with disk.using(self._path), self._path.open("rb") as file:
            return Digest(algorithm, hashlib.file_digest(file, algorithm).hexdigest())
