"""A small list of records beside the images: read without a lock, replaced atomically under the store's lock."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbdock.errors import InvalidContent, StoreDamaged
from nbdock.oci import fields
from nbdock.store import disk
from nbdock.store.lock import locked


class Records:
    """`{"records": [{…}, …]}` in one file."""

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._path = root / name

    def read(self) -> list[dict[str, Any]]:
        """Every record. Raises StoreDamaged, StoreError."""
        with disk.using(self._path):
            try:
                with disk.open_file(self._root, self._path) as file:
                    raw = file.readall()
            except FileNotFoundError:
                return []
        try:
            return [dict(item) for item in fields.objects(fields.load(raw, "list"), "records")]
        except InvalidContent as error:
            hint = "restore a saved copy of it, or delete it"
            raise StoreDamaged(f"{self._path} cannot be read: {error}", problems=(str(error),), hint=hint) from None

    @contextlib.contextmanager
    def editing(self) -> Iterator[list[dict[str, Any]]]:
        """The records to change; written when the block ends without an exception. Raises StoreLocked, StoreError."""
        with locked(self._root):
            records = self.read()
            before = json.dumps(records)
            yield records
            if json.dumps(records) != before:
                disk.replace(self._root, self._path, json.dumps({"records": records}, indent=1).encode())
