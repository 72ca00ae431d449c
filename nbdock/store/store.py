"""The store: blobs, the names that stand for them, and the plan of what may go."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from nbdock.errors import BlobNotFound, ImageNotFound, NbdockError
from nbdock.oci import manifest as manifests
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import Image, Name, Removal, Unpacked, read
from nbdock.store import reach
from nbdock.store.blobs import GRACE, Blobs
from nbdock.store.index import NameIndex
from nbdock.store.records import Records
from nbdock.store.unpacked import UnpackedLayers


class Store:
    """An OCI image layout as a `Library`. Safe for many threads and processes at once.

    What one process writes is named last, and what it names is checked under the lock: a tag always stands for a whole
    image. Nothing is created before the first write.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._blobs = Blobs(root)
        self._index = NameIndex(root, self._first_present)
        self._unpacked = UnpackedLayers(root, self._blobs)
        self._documents: dict[Descriptor, Manifest | Index] = {}
        self.containers = Records(root / "containers.json", self._index.locked)

    # A Source

    def resolve(self, reference: Reference) -> Descriptor:
        """What the name stands for: an index or a manifest. Raises ImageNotFound."""
        wanted = reference.tagged
        for name in self.names():
            if name.reference == wanted:
                return name.target
        raise ImageNotFound(f"No such image: {wanted.familiar}", hint="`ls` shows the images there are")

    def open(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """The content from byte `start` on. Raises BlobNotFound."""
        return self._blobs.open(descriptor, start)

    # A Destination

    def has(self, descriptor: Descriptor) -> bool:
        return self._blobs.has(descriptor)

    def partial(self, descriptor: Descriptor) -> Iterator[bytes]:
        return self._blobs.partial(descriptor)

    def write(self, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        """All of the content or nothing. Raises DigestMismatch, SizeMismatch, StoreError."""
        self._blobs.write(descriptor, chunks)

    def tag(self, reference: Reference, descriptor: Descriptor, image: Descriptor | None = None) -> None:
        """Name what came from a registry, by tag and by digest (by digest alone where `reference` has one).

        Raises BlobNotFound where a part is missing: another process swept it meanwhile, and it must be fetched again.
        """
        now = datetime.now(UTC)
        whole = image is None and descriptor.media_type in media.INDEXES
        by_digest = replace(reference, tag=None, digest=descriptor.digest)
        made = Name(by_digest, descriptor, image or descriptor, pulled_at=now, whole=whole)
        names = [made] if reference.digest else [replace(made, reference=reference.tagged), made]
        with self._index.editing() as index:
            self._check_whole(made)
            for name in names:
                self._put(index, name)

    # A Library

    def names(self) -> tuple[Name, ...]:
        """Every name, and every image without one. Raises StoreDamaged."""
        return self._index.read()

    def images(self) -> tuple[Image, ...]:
        """Every image that can be read, each once; `problems` names the others."""
        groups: dict[Digest, list[Name]] = {}
        for name in self.names():
            image_id = self._id(name)
            if image_id:
                groups.setdefault(image_id, []).append(name)
        return tuple(Image(self, names[0].image, image_id, tuple(names)) for image_id, names in groups.items())

    def unpacked(self, layer: Descriptor) -> Unpacked | None:
        return self._unpacked.of(layer)

    def record(self, layer: Descriptor, unpacked: Unpacked) -> None:
        """Keep what the pass over a layer measured."""
        self._unpacked.record(layer, unpacked)

    def alias(self, reference: Reference, image: Image) -> None:
        """A second name for an image that is here: nothing is copied. Raises BlobNotFound where it went meanwhile."""
        known = next((name for name in image.names if name.reference and name.reference.tag), image.names[0])
        made = replace(known, reference=reference.tagged, pulled_at=None, tagged_at=datetime.now(UTC))
        with self._index.editing() as index:
            self._check_whole(made)
            self._put(index, made)

    def removal(self, names: Iterable[Name], orphans: bool = False) -> Removal:
        """The plan of what goes when these names do; with `orphans`, what broken pulls left behind goes too."""
        dropped = tuple(dict.fromkeys(names))
        going = set(dropped)
        remaining = [name for name in self.names() if name not in going]
        kept = reach.digests(remaining, self._document)
        blobs = [digest for digest in reach.digests(dropped, self._document) if digest not in kept]
        if orphans:
            needed = {*kept, *blobs}
            blobs += [digest for digest in self._orphans() if digest not in needed]
        deleted = self._ids(dropped).keys() - self._ids(remaining).keys()
        return Removal(
            untagged=tuple(name.reference for name in dropped if name.reference),
            deleted=tuple(sorted(deleted, key=str)),
            layers=self._freed_layers(dropped, remaining, deleted),
            blobs=tuple(blobs),
            reclaimed=sum(map(self._blobs.size, blobs)),
            _execute=partial(self._remove, dropped),
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """What cannot be read: names whose image is damaged or incomplete."""
        return tuple(
            f"{name.reference or name.target.digest}: its manifest or config is missing or damaged"
            for name in self.names()
            if self._id(name) is None
        )

    def blob_path(self, digest: Digest) -> Path:
        """The file of this content."""
        return self._blobs.path(digest)

    def disk_usage(self) -> int:
        """Bytes of all content that is here."""
        return sum(self._blobs.size(digest) for digest, _ in self._blobs.all())

    def _put(self, index: list[Name], made: Name) -> None:
        """Let `made` take its reference; an image that loses its last name so stays, without one."""
        for old in [name for name in index if name.reference == made.reference]:
            index.remove(old)
            if not any(self._id(other) == self._id(old) for other in [*index, made]):
                index.append(replace(old, reference=None, target=old.image, whole=False))
        index[:] = [name for name in index if name.reference or self._id(name) != self._id(made)]
        index.append(made)

    def _check_whole(self, name: Name) -> None:
        for descriptor in reach.content(name, self._parse):
            if not media.is_foreign(descriptor.media_type) and not self.has(descriptor):
                raise BlobNotFound(f"{descriptor.digest} is not in the store", hint="pull the image again")

    def _remove(self, dropped: tuple[Name, ...], plan: Removal) -> int:
        """Names first, then content from the parents down: what is left of a broken removal is content nobody names."""
        with self._index.editing() as index:
            index[:] = [name for name in index if name not in dropped]
        freed = self._blobs.drop_stale()
        with self._index.locked():
            kept = reach.digests(self.names(), self._document)
            for digest in plan.blobs:
                if digest not in kept:
                    freed += self._blobs.delete(digest)
                    self._unpacked.forget(digest)
        return freed

    def _orphans(self) -> Iterator[Digest]:
        """Old enough that no pull under way can have written it."""
        now = datetime.now(UTC).timestamp()
        return (digest for digest, written in self._blobs.all() if now - written > GRACE)

    def _freed_layers(
        self, dropped: Iterable[Name], remaining: Iterable[Name], deleted: Iterable[Digest]
    ) -> tuple[Digest, ...]:
        kept = {chain for name in self._ids(remaining).values() for chain in self._chain(name)}
        going = [name for image_id, name in self._ids(dropped).items() if image_id in set(deleted)]
        freed = {chain: None for name in going for chain in reversed(self._chain(name)) if chain not in kept}
        return tuple(freed)

    def _chain(self, name: Name) -> list[Digest]:
        try:
            return reach.chain_ids(Image(self, name.image, name.image.digest, (name,)).config.diff_ids)
        except NbdockError:
            return []

    def _ids(self, names: Iterable[Name]) -> dict[Digest, Name]:
        found = ((self._id(name), name) for name in names)
        return {image_id: name for image_id, name in found if image_id}

    def _id(self, name: Name) -> Digest | None:
        """The image id: its config's digest."""
        manifest = self._document(name.image)
        return manifest.config.digest if isinstance(manifest, Manifest) else None

    def _first_present(self, target: Descriptor) -> Descriptor | None:
        """Of an index that another tool named: the child for this machine, else the first that is here."""
        if target.media_type not in media.INDEXES:
            return target
        index = self._document(target)
        if not isinstance(index, Index):
            return None
        return next((child for child in (*index.candidates(Platform.host()), *index.images) if self.has(child)), None)

    def _document(self, descriptor: Descriptor) -> Manifest | Index | None:
        """Parsed and remembered (content never changes under a digest); None where it cannot be read."""
        if descriptor not in self._documents:
            with contextlib.suppress(NbdockError):
                self._documents[descriptor] = self._parse(descriptor)
        return self._documents.get(descriptor)

    def _parse(self, descriptor: Descriptor) -> Manifest | Index:
        return manifests.parse(read(self, descriptor), descriptor.media_type)
