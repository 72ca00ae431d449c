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

from nbdock.errors import InvalidContent, InvalidReference, StoreDamaged, StoreLocked
from nbdock.oci import document, media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.reference import Reference
from nbdock.places import Name
from nbdock.store import files

REF_NAME = "org.opencontainers.image.ref.name"
_IMAGE = "dev.nbdock.image"
_PULLED = "dev.nbdock.pulled"
_TAGGED = "dev.nbdock.tagged"
_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_PATIENCE = 60.0

Choose = Callable[[Descriptor], Descriptor | None]


class NameIndex:
    """The names of one layout. Readers never wait: the file is replaced whole; writers take turns."""

    def __init__(self, root: Path, choose: Choose) -> None:
        self._root = root
        self._path = root / "index.json"
        self._choose = choose
        self._seen: tuple[tuple[int, ...], dict[Name, dict[str, Any]]] = ((), {})

    def read(self) -> tuple[Name, ...]:
        """Every name. Raises StoreDamaged."""
        return tuple(self._entries())

    @contextlib.contextmanager
    def editing(self) -> Iterator[list[Name]]:
        """The names as a list to change, under the store's lock; written when it ends well. Raises StoreLocked."""
        with self.locked():
            entries = self._entries()
            names = list(entries)
            yield names
            if names != list(entries):
                self._write([entries.get(name) or _entry(name) for name in names])

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Alone among the writers of this store."""
        with files.writing(self._root):
            self._root.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._root / "lock", timeout=_PATIENCE)
            try:
                lock.acquire()
            except Timeout:
                raise StoreLocked(
                    f"another process keeps {self._root} locked", hint="try again when it is done"
                ) from None
        try:
            yield
        finally:
            lock.release()

    def _entries(self) -> dict[Name, dict[str, Any]]:
        try:
            state = self._path.stat()
            signature = (state.st_ino, state.st_mtime_ns, state.st_size)
            if self._seen[0] != signature:
                self._seen = signature, self._parse(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        return dict(self._seen[1])

    def _parse(self, raw: bytes) -> dict[Name, dict[str, Any]]:
        try:
            entries = document.objects(document.load(raw, "index.json"), "manifests")
            named = ((self._name(Descriptor.read(entry)), dict(entry)) for entry in entries)
            return {name: entry for name, entry in named if name is not None}
        except InvalidContent as error:
            raise StoreDamaged(
                f"{self._path} cannot be read: {error}",
                problems=(str(error),),
                hint="put a saved copy of it in its place, or choose another store with NBDOCK_STORE",
            ) from None

    def _name(self, target: Descriptor) -> Name | None:
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

    def _write(self, entries: list[dict[str, Any]]) -> None:
        layout = self._root / "oci-layout"
        if not layout.exists():
            files.replace(layout, _LAYOUT)
        index = {"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": entries}
        files.replace(self._path, json.dumps(index, indent=1).encode())


def _reference(text: str) -> Reference | None:
    with contextlib.suppress(InvalidReference):
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
