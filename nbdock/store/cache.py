"""`nbdock/cache`: what was found in images that are not in the store, and in archives. It may be deleted at any time.

It is bounded: what was not used for longest is deleted first.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbdock.contents.layer import Pass
from nbdock.errors import NbdockError
from nbdock.oci import fields
from nbdock.oci.digest import Digest
from nbdock.places import Found, Kind, LayerFacts, Read
from nbdock.store import disk
from nbdock.store.answers import Answers
from nbdock.store.blobs import Blobs
from nbdock.store.facts import Facts
from nbdock.store.listings import Listings
from nbdock.store.tables import Tables

if TYPE_CHECKING:
    import pyarrow as pa

_MAX_BYTES = 1 << 29
_MAX_NOTE = 1 << 26


class Cache:
    """The tables and facts of layers that are elsewhere, manifests and configs of registries, and notes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / "nbdock" / "cache"
        self._tables = Tables(root, "nbdock/cache/tables")
        self._facts = Facts(root, Blobs(root), self._tables.readers(), "nbdock/cache/layers")
        self.answers = Answers(root)
        """What registries answered."""
        self._listings = Listings(root, "nbdock/cache/listed")
        self._has_grown = False

    def reading(self, algorithm: str = "sha256") -> Pass:
        """A pass over a layer that makes its tables; `algorithm` is that of its digest."""
        return self._facts.reading(algorithm)

    def keep(self, digest: Digest, facts: LayerFacts) -> None:
        """Keep what the pass found, in place of what the layer's table of contents said."""
        self._has_grown = True
        self._facts.keep(digest, facts)
        self._listings.delete(digest)

    def facts(self, digest: Digest) -> LayerFacts | None:
        """What is known of a layer; None also if its tables were deleted meanwhile."""
        known = self._facts.known(digest)
        return known if known and self._tables.path("files", known.diff_id).exists() else None

    def table(self, kind: Kind, facts: LayerFacts | None, read: Read, columns: Sequence[str] | None = None) -> Found:
        """The table of a layer, as `Tables.table`."""
        with contextlib.suppress(OSError):
            if facts:
                os.utime(self._tables.path(kind, facts.diff_id))
        return self._tables.table(kind, facts, read, columns)

    def listing(self, digest: Digest, contents: str) -> pa.Table | None:
        """What the table of contents of that digest says of a layer; None if it was not kept."""
        return self._listings.read(digest, contents)

    def keep_listing(self, digest: Digest, contents: str, table: pa.Table) -> None:
        """Keep what a table of contents says, until the layer is read."""
        self._has_grown = True
        self._listings.save(digest, contents, table)

    def note(self, key: str, note: Mapping[str, Any]) -> None:
        """Keep a note of what `key` says. A store that is read-only or full does without."""
        content = json.dumps(note, separators=(",", ":")).encode()
        with contextlib.suppress(OSError, NbdockError):
            disk.replace(self._root, self._note(key), content)

    def recall(self, key: str) -> fields.JSON | None:
        """The note that was kept; None if there is none."""
        path = self._note(key)
        with contextlib.suppress(OSError, NbdockError), disk.open_file(self._root, path) as file:
            os.utime(path)
            return fields.load(file.read(_MAX_NOTE) or b"", "note")
        return None

    def trim(self) -> None:
        """Delete what was not used for longest, until no more than _MAX_BYTES are left. Fast if nothing was added."""
        if self._has_grown:
            self._has_grown = False
            self._shrink(_MAX_BYTES)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Bytes on disk of each file."""
        return tuple(size for _, _, size in self._files())

    def clear(self) -> int:
        """Delete all of it; returns the bytes freed."""
        freed = sum(self.sizes)
        self._shrink(0)
        return freed

    def _shrink(self, limit: int) -> None:
        files = sorted(self._files(), key=lambda each: each[0], reverse=True)
        for _, path, size in files:
            limit -= size
            if limit < 0:
                with contextlib.suppress(OSError):
                    path.unlink()

    def _note(self, key: str) -> Path:
        name = hashlib.sha256(key.encode()).hexdigest()
        return self._folder / "notes" / f"{name}.json"

    def _files(self) -> Iterator[tuple[float, Path, int]]:
        """When each file was used, and its bytes."""
        for path in self._folder.rglob("*"):
            with contextlib.suppress(OSError):
                found = path.lstat()
                if disk.is_file(path):
                    yield found.st_mtime, path, found.st_size
