"""Content whose digest is known only at its end: an upload, or a download that others read while it arrives."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from nbdock.errors import DigestMismatch, StoreError
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.verify import check_digest
from nbdock.store import disk
from nbdock.store.blobs import CHUNK, Blobs
from nbdock.store.facts import Facts


class Incoming:
    """A growing file under `ingest/`, which may be read meanwhile and becomes a blob in the end.

    One thread appends, any may read. No file is held open in between; an abandoned one is deleted when it is stale.
    """

    def __init__(self, root: Path, blobs: Blobs, facts: Facts) -> None:
        self.size = 0
        """Bytes so far."""
        self._blobs, self._facts = blobs, facts
        self._pass = facts.reading()
        self._hasher = hashlib.sha256()
        self._moving = threading.Lock()
        self._kept: Path | None = None
        with disk.using(root):
            self._path = disk.fresh(root, "upload")
            self._path.touch(exist_ok=False)

    def append(self, chunk: bytes) -> None:
        """Add the next bytes, and show them to the pass. Raises StoreError, and drops everything then."""
        try:
            with disk.using(self._path), self._path.open("r+b") as file:
                file.seek(self.size)
                file.write(chunk)
        except StoreError:
            self.drop()
            raise
        self._hasher.update(chunk)
        self._pass.feed(chunk)
        self.size += len(chunk)

    def read(self, start: int, length: int = CHUNK) -> bytes:
        """Up to `length` bytes from byte `start` on, as far as they came. Raises StoreError."""
        with disk.using(self._path):
            with self._moving:
                file = (self._kept or self._path).open("rb", buffering=0)
            with file:
                file.seek(start)
                return file.read(max(0, min(length, self.size - start)))

    def keep(self, digest: Digest) -> Descriptor:
        """Make it the blob of this digest. Raises DigestMismatch, and drops everything then; StoreError."""
        try:
            check_digest(self._digest(digest.algorithm), digest)
        except DigestMismatch:
            self.drop()
            raise
        final = self._blobs.path(digest)
        with disk.using(final):
            with self._path.open("r+b") as file:
                os.fsync(file.fileno())
            with self._moving:
                disk.commit(self._path, final)
                self._kept = final
        self._facts.keep(digest, self._pass.finish(self._digest("sha256")))
        return Descriptor(media.OCTETS, digest, self.size)

    def drop(self) -> None:
        """Delete what came, unless it is kept."""
        with disk.using(self._path):
            self._path.unlink(missing_ok=True)

    def _digest(self, algorithm: str) -> Digest:
        if algorithm == "sha256":
            return Digest(algorithm, self._hasher.hexdigest())
        with disk.using(self._path), self._path.open("rb") as file:
            return Digest(algorithm, hashlib.file_digest(file, algorithm).hexdigest())
