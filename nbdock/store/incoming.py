"""Content whose digest is known only at its end: an upload, or a download that clients read as it arrives."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable
from pathlib import Path

from nbdock.errors import DigestMismatch, InvalidContent, StoreError
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.verify import check_digest
from nbdock.places import LayerFacts
from nbdock.store import disk
from nbdock.store.blobs import CHUNK, Blobs
from nbdock.store.facts import Facts


class Incoming:
    """A growing file under `ingest/` that can be read while it grows and becomes a blob in the end.

    One thread appends, any thread may read. The file is not kept open; if it is abandoned, it is deleted after a day.
    """

    def __init__(self, root: Path, blobs: Blobs, facts: Facts) -> None:
        self.size = 0
        """Bytes so far."""
        self._root, self._blobs, self._facts = root, blobs, facts
        self._pass = facts.reading()
        self._hasher = hashlib.sha256()
        self._moving = threading.Lock()
        self._kept: Path | None = None
        with disk.using(root):
            self._path = disk.fresh(root, "upload")
            disk.create(root, self._path).close()

    def append(self, chunk: bytes) -> None:
        """Add the next bytes and feed them to the pass. On StoreError the file is deleted."""
        try:
            with disk.using(self._path), self._path.open("r+b") as file:
                file.seek(self.size)
                file.write(chunk)
        except StoreError:
            self.delete()
            raise
        self._hasher.update(chunk)
        self._pass.feed(chunk)
        self.size += len(chunk)

    def read(self, start: int, length: int = CHUNK) -> bytes:
        """Up to `length` of the bytes so far, from byte `start` on. Raises StoreError."""
        with disk.using(self._path):
            with self._moving:
                file = (self._kept or self._path).open("rb", buffering=0)
            with file:
                file.seek(start)
                return file.read(max(0, min(length, self.size - start)))

    def keep(self, digest: Digest) -> Descriptor:
        """Make it the blob of this digest. Raises StoreError; on DigestMismatch the file is deleted."""
        try:
            check_digest(self._digest(digest.algorithm), digest)
        except DigestMismatch:
            self.delete()
            raise
        self._commit(digest)
        self._facts.keep(digest, self._pass.finish(self._digest("sha256")))
        return Descriptor(media.OCTETS, digest, self.size)

    def keep_layer(self) -> tuple[Descriptor, LayerFacts]:
        """Make it a blob if it is a layer. Raises StoreError; on InvalidContent the file is deleted."""
        from nbdock.contents.inflate import detect

        digest = self._digest("sha256")
        facts = self._pass.finish(digest)
        if facts is None:
            self.delete()
            raise self._pass.error or InvalidContent("not a layer")
        layer = Descriptor(media.layer(detect(self.read(0, 4))), digest, self.size)
        self._commit(digest)
        self._facts.keep(digest, facts)
        return layer, facts

    def take_layer(self, chunks: Iterable[bytes]) -> tuple[Descriptor, LayerFacts]:
        """Append all chunks and keep them as a layer. Whatever is raised, the file is deleted."""
        try:
            for chunk in chunks:
                self.append(chunk)
            return self.keep_layer()
        except BaseException:
            self.delete()
            raise

    def delete(self) -> None:
        """Delete the file, unless it became a blob."""
        with disk.using(self._path):
            self._path.unlink(missing_ok=True)

    def _commit(self, digest: Digest) -> None:
        final = self._blobs.path(digest)
        with disk.using(final):
            with self._path.open("r+b") as file:
                os.fsync(file.fileno())
            with self._moving:
                disk.commit(self._root, self._path, final)
                self._kept = final

    def _digest(self, algorithm: str) -> Digest:
        if algorithm == "sha256":
            return Digest(algorithm, self._hasher.hexdigest())
        with disk.using(self._path), self._path.open("rb") as file:
            return Digest(algorithm, hashlib.file_digest(file, algorithm).hexdigest())
