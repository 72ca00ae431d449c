"""`index.json`: which names point to what (OCI image-layout.md, "index.json file").

A name is an entry with the annotation `org.opencontainers.image.ref.name`, or `io.containerd.image.name`, as docker and
buildx write it; nbdock's own facts are `dev.nbdock.*` annotations. Entries and annotations of other tools are kept as
they are. nbdock writes one entry per line, so that an entry is parsed once, recognised by its text, and written by a
join.
"""

from __future__ import annotations

import contextlib
import gc
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbdock.errors import InvalidContent, StoreDamaged
from nbdock.oci import fields, media
from nbdock.oci.annotations import REF_NAME, called
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.fields import JSON
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import Name
from nbdock.store import disk
from nbdock.store.lock import locked

if TYPE_CHECKING:
    from nbdock.store.base import Base

_IMAGE = "dev.nbdock.image"
_PULLED = "dev.nbdock.pulled"
_TAGGED = "dev.nbdock.tagged"
_EMPTY = {"schemaVersion": 2, "mediaType": media.OCI_INDEX}
_READS = 5
_BETWEEN_READS = 0.1
_BEGIN, _BETWEEN, _END = '"manifests":[\n', ",\n", "\n]}"

Entries = list[tuple[str, JSON | Name]]
Choose = Callable[[Descriptor], tuple[Descriptor | None, tuple[Platform, ...]]]
"""Which image of an index that another tool named is meant, if one is here, and the platforms of the index."""
Alike = Callable[[Name, Name], bool]
"""Whether both are names of one image."""
Key = tuple[str, str, str | None, str | None] | None
_decode = json.JSONDecoder().raw_decode


def key(reference: Reference | None) -> Key:
    """A dictionary key for a reference that is cheaper to hash."""
    if reference is None:
        return None
    digest = reference.digest.hex if reference.digest else None
    return reference.registry, reference.repository, reference.tag, digest


@dataclass(frozen=True)
class Listing:
    """The index at one moment: the JSON of each name's `entries`, in the file's order, and the `rest` of its fields.

    A name has several entries if another tool wrote some that mean the same to nbdock.
    """

    raw: bytes | None = None
    rest: JSON = field(default_factory=lambda: _EMPTY)
    entries: dict[Name, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def names(self) -> tuple[Name, ...]:
        return tuple(self.entries)

    @cached_property
    def is_settled(self) -> bool:
        """Whether the names depend on the file alone: which image of another tool's index is meant depends on
        the store."""
        return not any(name.all_platforms for name in self.entries)

    @cached_property
    def by_text(self) -> dict[str, Name]:
        """Names by the JSON of their entry, except those that depend on the store."""
        return {text: name for name, texts in self.entries.items() if not name.all_platforms for text in texts}

    @cached_property
    def by_key(self) -> dict[Key, tuple[Name, ...]]:
        found: dict[Key, list[Name]] = {}
        for name in self.entries:
            found.setdefault(key(name.reference), []).append(name)
        return {at: tuple(names) for at, names in found.items()}


class Editing:
    """The names of an index, while they are being changed; those `below` are its base's."""

    def __init__(self, listing: Listing, below: tuple[Name, ...] = ()) -> None:
        self.below = below
        self.entries = dict(listing.entries)
        self.by_key = dict(listing.by_key)
        self.is_settled = listing.is_settled
        self.changed = False

    def called(self, reference: Reference | None) -> tuple[Name, ...]:
        """The names with this reference; several only if another tool wrote them."""
        return self.by_key.get(key(reference), ())

    def put(self, made: Name, alike: Alike) -> None:
        """Give `made` its reference. An image that loses its last name stays without one."""
        for old in self.called(made.reference) if made.reference else ():
            self.remove([old])
            if not alike(old, made) and not self._has_other_names(old, alike):
                self.add(replace(old, reference=None, target=old.image, all_platforms=False))
        self.remove([name for name in self.called(None) if not name.bare_tag and alike(name, made)])
        if made.reference or made.bare_tag or not self._has_other_names(made, alike):
            self.add(made)

    def _has_other_names(self, name: Name, alike: Alike) -> bool:
        others = (*self.entries, *self.below)
        same = any(other.image.digest.hex == name.image.digest.hex for other in others)
        return same or any(alike(other, name) for other in others)

    def add(self, name: Name) -> None:
        self.entries[name] = (_text(_entry(name)),)
        self.by_key[key(name.reference)] = (*self.called(name.reference), name)
        self.is_settled = self.is_settled and not name.all_platforms
        self.changed = True

    def remove(self, names: Iterable[Name]) -> None:
        """Remove the names that are there, in one pass: very many may have no reference, and so one key."""
        gone = {name for name in names if self.entries.pop(name, None)}
        for reference in {name.reference for name in gone}:
            self.by_key[key(reference)] = tuple(name for name in self.called(reference) if name not in gone)
            self.changed = True


class NameIndex:
    """The names of one layout, above those of its base. Readers take no lock, since the file is replaced atomically;
    writers do."""

    def __init__(self, root: Path, choose: Choose, base: Base | None = None) -> None:
        self._root, self._base = root, base
        self._path = root / "index.json"
        self._choose = choose
        self._seen: tuple[tuple[int, ...], Listing] = ((), Listing())

    def read(self) -> tuple[Name, ...]:
        """Every name, the base's too; the same tuple until one of them changes. Raises StoreDamaged, StoreError."""
        return self._base.under(self.own()) if self._base else self.own()

    def own(self) -> tuple[Name, ...]:
        """The names without those of the base; the same tuple until the file changes."""
        return self._listing().names

    def find(self, reference: Reference) -> Name | None:
        """The name of a reference. A digest is found under any name of its repository, as in a registry."""
        return self._find(reference) or (self._base.find(reference) if self._base else None)

    def _find(self, reference: Reference) -> Name | None:
        listing = self._listing()
        called = listing.by_key.get(key(reference), ())
        if reference.digest is None:
            return next(iter(called), None)
        return next((name for name in (*called, *listing.names) if _has(name, reference)), None)

    @contextlib.contextmanager
    def editing(self) -> Iterator[Editing]:
        """The names to change, under the store's lock; written when the block ends without an exception.

        Raises StoreLocked, StoreDamaged, StoreError.
        """
        with locked(self._root):
            listing = self._load()
            names = Editing(listing, self._base.names() if self._base else ())
            yield names
            if names.changed:
                self._write(listing.rest, names)

    def _listing(self) -> Listing:
        with disk.using(self._path):
            try:
                state = self._path.lstat()
            except FileNotFoundError:
                return Listing()
        signature = (state.st_ino, state.st_mtime_ns, state.st_size)
        if self._seen[0] != signature:
            self._seen = signature, self._load()
        return self._seen[1]

    def _load(self) -> Listing:
        """What the file says now. Another tool may be writing it in place: what cannot be parsed is read again."""
        for _ in range(_READS - 1):
            with contextlib.suppress(StoreDamaged):
                return self._load_once()
            time.sleep(_BETWEEN_READS)
        return self._load_once()

    def _load_once(self) -> Listing:
        """Comparing the bytes of the file is cheaper than parsing them."""
        known = self._seen[1]
        with disk.using(self._path):
            try:
                with disk.open_file(self._root, self._path) as file:
                    raw = file.readall()
            except FileNotFoundError:
                return Listing()
        return known if raw == known.raw and known.is_settled else self._parse(raw, known)

    def _parse(self, raw: bytes, known: Listing) -> Listing:
        with self._intact(), uncollected():
            rest, entries = _split(raw, known.by_text) or _dump(raw)
            names: dict[Name, tuple[str, ...]] = {}
            for text, entry in entries:
                name = entry if isinstance(entry, Name) else self._name(entry)
                names[name] = (*names[name], text) if name in names else (text,)
            return Listing(raw, rest, names)

    @contextlib.contextmanager
    def _intact(self) -> Iterator[None]:
        try:
            yield
        except InvalidContent as error:
            raise StoreDamaged(
                f"{self._path} cannot be read: {error}",
                problems=(str(error),),
                hint="restore a saved copy of it, or choose another store with NBDOCK_STORE",
            ) from None

    def _name(self, entry: JSON) -> Name:
        target = _target(entry)
        notes = fields.string_map(entry, "annotations")
        chosen = notes.get(_IMAGE)
        all_platforms = chosen is None and target.media_type in media.INDEXES
        image, platforms = self._choose(target) if all_platforms else (chosen and _image(chosen), ())
        reference, bare_tag = called(notes, target.digest)
        return Name(
            reference,
            target,
            image or target,
            _time(notes.get(_PULLED, "")),
            _time(notes.get(_TAGGED, "")),
            all_platforms,
            bare_tag,
            platforms,
        )

    def _write(self, rest: JSON, names: Editing) -> None:
        layout = self._root / "oci-layout"
        if not disk.is_file(layout):
            disk.replace(self._root, layout, media.LAYOUT)
        for folder in filter(Path.is_dir, (self._root / "blobs").glob("*")):  # before what was renamed there has names
            disk.sync(folder)
        raw = _join(rest, chain.from_iterable(names.entries.values()))
        disk.replace(self._root, self._path, raw)
        listing = Listing(raw, rest, names.entries)
        vars(listing).update(by_key=names.by_key, is_settled=names.is_settled)
        self._seen = (), listing


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Pause garbage collection: while many objects are created, it doubles the time and finds nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _join(rest: JSON, texts: Iterable[str]) -> bytes:
    begin = _text({key: value for key, value in rest.items() if key != "manifests"} | {"manifests": []})
    return f"{begin[:-2]}\n{_BETWEEN.join(texts)}{_END}".encode()


def _split(raw: bytes, known: Mapping[str, Name]) -> tuple[JSON, Entries] | None:
    """The rest of the fields and the entries, each as JSON and as the name or object that it is; None for an index that
    nbdock did not write. JSON strings have no line breaks, so a file that parses line by line parses as a whole."""
    try:
        begin, _, body = raw.decode().partition(_BEGIN)
        rest = json.loads(f"{begin}{_BEGIN}]}}")
        texts = body.removesuffix(_END).split(_BETWEEN) if body != _END else []
        entries = [(text, known.get(text) or _decoded(text)) for text in texts]
    except (ValueError, RecursionError):
        return None
    return (rest, entries) if body.endswith(_END) else None


def _decoded(text: str) -> JSON:
    """Raises ValueError if the text is not exactly one JSON object."""
    value, end = _decode(text)
    if end != len(text) or not isinstance(value, dict):
        raise ValueError
    return value


def _dump(raw: bytes) -> tuple[JSON, Entries]:
    """The same for an index that another tool wrote. Raises InvalidContent."""
    rest = fields.load(raw, "index.json")
    return rest, [(_text(entry), entry) for entry in fields.objects(rest, "manifests")]


def _target(entry: JSON) -> Descriptor:
    """The descriptor of an entry. Raises InvalidContent. Most are written twice, for a tag and for a digest."""
    kind, digest, size = entry.get("mediaType"), entry.get("digest"), entry.get("size")
    if len(entry) == 4 and "annotations" in entry and type(kind) is type(digest) is str and type(size) is int:
        return _descriptor(kind, digest, size)
    return Descriptor.read(entry)


@lru_cache(1 << 12)
def _descriptor(media_type: str, digest: str, size: int) -> Descriptor:
    return Descriptor.read({"mediaType": media_type, "digest": digest, "size": size})


def _image(text: str) -> Descriptor:
    return Descriptor.read(fields.load(text.encode(errors="replace"), _IMAGE))  # JSON may have half a character


@lru_cache(1 << 12)
def _time(text: str) -> datetime | None:
    return fields.time(text)


def _entry(name: Name) -> dict[str, Any]:
    notes = {
        REF_NAME: str(name.reference or name.bare_tag),
        _IMAGE: "" if name.all_platforms or name.image == name.target else _text(name.image.json()),
        _PULLED: _moment(name.pulled_at),
        _TAGGED: _moment(name.tagged_at),
    }
    entry = Descriptor(name.target.media_type, name.target.digest, name.target.size).json()
    return {**entry, "annotations": {key: value for key, value in notes.items() if value}}


def pulled(reference: Reference, descriptor: Descriptor, image: Descriptor | None) -> list[Name]:
    """The names of a pulled image: by tag and by digest, or only by digest if `reference` has one."""
    by_digest = Name(
        replace(reference, tag=None, digest=descriptor.digest),
        descriptor,
        image or descriptor,
        pulled_at=datetime.now(UTC),
        all_platforms=image is None and descriptor.media_type in media.INDEXES,
    )
    return [by_digest] if reference.digest else [replace(by_digest, reference=reference.tagged), by_digest]


def _has(name: Name, wanted: Reference) -> bool:
    known = name.reference
    return known is not None and known.name == wanted.name and name.target.digest == wanted.digest


def _moment(moment: datetime | None) -> str:
    return fields.rfc3339(moment) if moment else ""


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
