"""`nbdock/cache/listed`: what the tables of contents of layers say, a Parquet file a layer, named by its blob's digest.

They are what an image's maker wrote, and nobody compared them with the layers. So they are kept apart from the tables
that were made of verified layers, under another name, and their metadata have `nbdock.listed` in place of a diff id:
the digest of the table of contents. For a manifest that names another, it is another question.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from nbdock.oci.digest import Digest
from nbdock.store.tables import VERSIONED, Noted, read_table, save_table

if TYPE_CHECKING:
    import pyarrow as pa


class Listings:
    """The listed tables of one cache."""

    def __init__(self, root: Path, folder: str) -> None:
        self._root, self._folder = root, root / folder

    def read(self, digest: Digest, contents: str) -> pa.Table | None:
        """What the table of contents of that digest says of the layer of this digest; None if it is not there."""
        path = self._path(digest)
        with contextlib.suppress(OSError):
            os.utime(path)
        return read_table(path, _noted(contents))

    def save(self, digest: Digest, contents: str, table: pa.Table) -> None:
        """Keep what it says. A store that is read-only or full does without."""
        save_table(self._root, self._path(digest), table, _noted(contents))

    def delete(self, digest: Digest) -> None:
        """Delete what is listed of a layer, because it was read."""
        with contextlib.suppress(OSError):
            self._path(digest).unlink(missing_ok=True)

    def _path(self, digest: Digest) -> Path:
        return self._folder / digest.hex[:2] / f"{digest.hex}.parquet"


def _noted(contents: str) -> Noted:
    return {**VERSIONED, b"nbdock.listed": contents.encode()}
