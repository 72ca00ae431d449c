"""`index.json`: which names stand for what (OCI image-layout.md, "index.json file").

A name is an entry with the annotation `org.opencontainers.image.ref.name`; nbdock's own facts are `dev.nbdock.*`
annotations. Entries and annotations of other tools are kept as they are.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from nbdock.errors import InvalidContent, StoreDamaged, StoreLocked, UsageError
from nbdock.oci import document, media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.document import Document
from nbdock.oci.reference import Reference
from nbdock.places import Name
from nbdock.store import disk

REF_NAME = "org.opencontainers.image.ref.name"
_IMAGE = "dev.nbdock.image"
_PULLED = "dev.nbdock.pulled"
_TAGGED = "dev.nbdock.tagged"
_EMPTY = {"schemaVersion": 2, "mediaType": media.OCI_INDEX}
_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_PATIENCE = 60.0

Choose = Callable[[Descriptor], Descriptor | None]
Entries = dict[Name, list[Document]]


class NameIndex:
    """The names of one layout. Readers never wait: the file is replaced whole; writers take turns."""

    def __init__(self, root: Path, choose: Choose) -> None:
        self._root = root
        self._path = root / "index.json"
        self._choose = choose
        self._seen: tuple[tuple[int, ...], tuple[Name, ...]] = ((), ())

    def read(self) -> tuple[Name, ...]:
        """Every name. Raises StoreDamaged, StoreError."""
        with disk.using(self._path):
            try:
                state = self._path.stat()
            except FileNotFoundError:
                return ()
        signature = (state.st_ino, state.st_mtime_ns, state.st_size)
        if self._seen[0] != signature:
            self._seen = signature, tuple(self._entries(self._load()))
        return self._seen[1]

    @contextlib.contextmanager
    def editing(self) -> Iterator[list[Name]]:
        """The names as a list to change, under the store's lock; written when it ends well.

        Raises StoreLocked, StoreDamaged, StoreError.
        """
        with self.locked():
            index = self._load()
            entries = self._entries(index)
            names = list(entries)
            yield names
            if names != list(entries):
                kept = [entry for name in names for entry in entries.get(name) or [_entry(name)]]
                self._write({**index, "manifests": kept})

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Alone among the writers of this store. Raises StoreLocked, StoreError."""
        lock = FileLock(self._root / "lock", timeout=_PATIENCE)
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise StoreLocked(f"another process keeps {self._root} locked", hint="try again when it is done") from None
        except OSError as error:
            raise disk.refusal(self._root, error) from error
        try:
            yield
        finally:
            lock.release()

    def _load(self) -> Document:
        with disk.using(self._path):
            try:
                raw = self._path.read_bytes()
            except FileNotFoundError:
                return _EMPTY
        with self._intact():
            return document.load(raw, "index.json")

    def _entries(self, index: Document) -> Entries:
        """By name, in order; other tools may have several entries that nbdock cannot tell apart."""
        found: Entries = {}
        with self._intact():
            for entry in document.objects(index, "manifests"):
                found.setdefault(self._name(Descriptor.read(entry)), []).append(entry)
        return found

    @contextlib.contextmanager
    def _intact(self) -> Iterator[None]:
        try:
            yield
        except InvalidContent as error:
            raise StoreDamaged(
                f"{self._path} cannot be read: {error}",
                problems=(str(error),),
                hint="put a saved copy of it in its place, or choose another store with NBDOCK_STORE",
            ) from None

    def _name(self, target: Descriptor) -> Name:
        notes = target.annotations
        chosen = notes.get(_IMAGE)
        image = Descriptor.read(document.load(chosen.encode(), _IMAGE)) if chosen else self._choose(target)
        return Name(
            _reference(notes.get(REF_NAME, "")),
            target,
            image or target,
            document.time(notes.get(_PULLED, "")),
            document.time(notes.get(_TAGGED, "")),
            whole=chosen is None and target.media_type in media.INDEXES,
        )

    def _write(self, index: Document) -> None:
        layout = self._root / "oci-layout"
        if not layout.exists():
            disk.replace(self._root, layout, _LAYOUT)
        disk.replace(self._root, self._path, json.dumps(index, indent=1).encode())


def _reference(text: str) -> Reference | None:
    with contextlib.suppress(UsageError):
        return Reference.parse(text).tagged if text else None
    return None


def _entry(name: Name) -> dict[str, Any]:
    notes = {
        REF_NAME: str(name.reference or ""),
        _IMAGE: "" if name.whole or name.image == name.target else json.dumps(name.image.json()),
        _PULLED: _text(name.pulled_at),
        _TAGGED: _text(name.tagged_at),
    }
    entry = Descriptor(name.target.media_type, name.target.digest, name.target.size).json()
    return {**entry, "annotations": {key: value for key, value in notes.items() if value}}


def _text(moment: datetime | None) -> str:
    return moment.isoformat().replace("+00:00", "Z") if moment else ""
