"""The store: blobs, the names that point to them, and removals."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from nbdock.contents.layer import Readers, no_readers
from nbdock.errors import BlobNotFound, ImageNotFound, IntegrityError, NbdockError
from nbdock.oci import manifest as manifests
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, Manifest
from nbdock.oci.reference import Reference
from nbdock.places import ChooseNames, Found, Image, Kind, LayerFacts, Name, Read, Removal
from nbdock.reading import read
from nbdock.store import disk, other_tools
from nbdock.store.base import Base
from nbdock.store.blobs import GRACE, Blobs
from nbdock.store.cache import Cache
from nbdock.store.catalog import Catalog, Images
from nbdock.store.facts import Facts
from nbdock.store.incoming import Incoming
from nbdock.store.index import NameIndex, pulled, uncollected
from nbdock.store.lock import locked
from nbdock.store.records import Records
from nbdock.store.removal import Plan, content
from nbdock.store.summary import Summaries
from nbdock.store.tables import Tables
from nbdock.turns import Turns

if TYPE_CHECKING:
    from nbdock.store.batch import Batch


class Store:
    """An OCI image layout as a `Library`. Safe for many threads and processes at once.

    Content is written before the names that point to it, verified before it is named, and under the lock looked for
    once more: a name always points to a complete image. Nothing is created before the first write.

    What is in the `base` counts as here; only files of the store's own are written, counted and deleted.
    """

    def __init__(
        self, root: Path | str, readers: Readers = no_readers, *, tables: bool = True, base: Store | None = None
    ) -> None:
        self.root = root = Path(root)
        self.base = base
        self.tables: Tables = Tables(root, base=base.tables if base else None)
        self.cache = Cache(root)
        self._blobs: Blobs = Blobs(root, base._blobs if base else None)
        meant = partial(other_tools.meant, read=self.manifest, has=self.has)
        self._index: NameIndex = NameIndex(root, meant, Base(base.root, base._index) if base else None)
        made = self.tables.readers(readers) if tables else readers
        self._facts: Facts = Facts(root, self._blobs, made, base=base._facts if base else None)
        self._manifests: dict[Descriptor, Manifest | Index] = {}
        self._summaries: Summaries = Summaries(root, self, base._summaries if base else None)
        self._needed: dict[tuple[str, str, bool], tuple[str, ...]] = {}
        self._catalog = Catalog(self, self._summaries, self.manifest)
        self.containers = Records(root, "containers.json")
        self.turns = Turns()
        """Of the copies to this store."""

    # A Source

    def resolve(self, reference: Reference) -> Descriptor:
        """The index or manifest that the name points to. Raises ImageNotFound."""
        found = self._index.find(reference.tagged)
        if found is None:
            raise ImageNotFound(
                f"No such image: {reference.tagged.familiar}", hint="`ls` shows the images that are in the store"
            )
        return found.target

    def open(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """The content from byte `start` on. Raises BlobNotFound."""
        return self._blobs.open(descriptor, start)

    # A Destination

    def has(self, descriptor: Descriptor) -> bool:
        """Whether the content is here. Manifests and configs are verified, so that a pull replaces damaged ones."""
        small = media.is_manifest(descriptor.media_type) or descriptor.media_type in media.CONFIGS
        if self._facts.is_damaged(descriptor.digest) or not self._blobs.has(descriptor):
            return False
        return not small or self._reads(descriptor)

    def partial(self, descriptor: Descriptor) -> Iterator[bytes]:
        """The first bytes of the content, left by an interrupted write; empty if there are none."""
        return self._blobs.partial(descriptor)

    def write(self, descriptor: Descriptor, chunks: Iterable[bytes], *, resumable: bool = True) -> None:
        """Write the content atomically and make the pass over it. Raises DigestMismatch, SizeMismatch, StoreError.

        If it is interrupted, the bytes so far are kept for the next attempt if it is `resumable`.
        """
        reading = self._facts.reading(descriptor.digest.algorithm)
        self._blobs.write(descriptor, chunks, reading, resumable)
        self._facts.keep(descriptor.digest, reading.finish(descriptor.digest))

    def tag(self, reference: Reference, descriptor: Descriptor, image: Descriptor | None = None) -> None:
        """Name an image that was pulled, by tag and by digest (by digest alone if `reference` has one).

        Raises BlobNotFound if content is missing because another process deleted it: download that again.
        """
        names = pulled(reference, descriptor, image)
        self._check_layers(names[0])
        self._add(names)

    def adopt(self, names: Sequence[Name]) -> None:
        """Name images that came from no registry: all of them, or none if one is incomplete.

        One without a name is dangling, unless it has one already. Raises BlobNotFound, IntegrityError if layers do not
        match their config's diff ids.
        """
        for name in names:
            self._check_layers(name)
        needed = [each for name in names for each in self._check_complete(name)]
        with self._index.editing() as index:
            self._check_kept(needed)
            for name in names:
                index.put(name, self._alike)
        for name in names:
            self._summarise(name)

    @contextlib.contextmanager
    def batch(self) -> Iterator[Batch]:
        """The store for adding many images: their names are written together when the block ends, also on an exception.

        Raises BlobNotFound if another process deleted content of an image meanwhile; `unnamed` has all such images.
        The others are named.
        """
        from nbdock.store.batch import Batch  # late: a Batch is a Store

        batch = Batch(self)
        try:
            yield batch
        finally:
            batch.write_names()
        for error in batch.unnamed.values():
            raise error

    # A Library

    def names(self) -> tuple[Name, ...]:
        """Every name, and every image without one. Raises StoreDamaged."""
        return self._index.read()

    def images(self) -> Images:
        """Every image that can be read, each once; `problems` names the others."""
        return self._catalog.read(self.names())[0]

    @property
    def problems(self) -> tuple[str, ...]:
        """The names whose image cannot be read, each with the reason and what to do about it."""
        return self._catalog.read(self.names())[1]

    def manifest(self, descriptor: Descriptor) -> Manifest | Index | None:
        """The parsed manifest or index, cached; None if it cannot be read."""
        if descriptor not in self._manifests:
            with contextlib.suppress(BlobNotFound, IntegrityError):
                self._manifests[descriptor] = self._parse(descriptor)
        return self._manifests.get(descriptor)

    def contents(self, names: Iterable[Name]) -> Iterator[Descriptor]:
        """The content that these names need, parents before children, with repetitions. Skips what cannot be read."""
        return (descriptor for name in names for descriptor in content(name, self.manifest))

    def facts(self, layer: Descriptor, read: Read | None = None) -> LayerFacts | None:
        """The layer's diff id and unpacked sizes; None if it is none, or not here. Reads it if needed, by `read`."""
        return self._facts.of(layer, read)

    def is_read(self, layer: Descriptor) -> bool:
        """Whether `facts` need not, or cannot, read it."""
        return self._facts.is_read(layer)

    def table(self, kind: Kind, layer: Descriptor, read: Read, columns: Sequence[str] | None = None) -> Found:
        """The table of a layer, made of what `read` returns if it is not there. Raises BlobNotFound."""
        return self.tables.table(kind, self.facts(layer, read), read, columns)

    def tag_image(self, reference: Reference, image: Image) -> None:
        """Give an image of this store another name; nothing is copied.

        Raises BlobNotFound if the image was removed meanwhile.
        """
        known = next((name for name in image.names if name.reference and name.reference.tag), image.names[0])
        made = replace(known, reference=reference.tagged, bare_tag="", pulled_at=None, read_only=False)
        self._add([replace(made, tagged_at=datetime.now(UTC))])

    def untag(self, names: Iterable[Name]) -> None:
        """Remove names only. Content that no name needs any more is deleted by the next prune."""
        with self._index.editing() as index:
            index.remove(names)

    def restore(self, names: Iterable[Name]) -> tuple[Name, ...]:
        """Restore names that `untag` removed, except those given to another image since; returns the names restored.

        Raises BlobNotFound if their content is gone.
        """
        needed = {name: self._check_complete(name) for name in names}
        with self._index.editing() as index:
            back = tuple(name for name in needed if not (name.reference and index.called(name.reference)))
            for name in back:
                self._check_kept(needed[name])
                index.put(name, self._alike)
        return back

    def delete(self, digests: Iterable[Digest], planned_at: datetime | None = None) -> dict[Digest, int]:
        """Delete content that no name needs and that was not written since; returns the bytes freed of each."""
        limit = planned_at.timestamp() if planned_at else math.inf
        wanted = {str(digest): digest for digest in digests}
        freed: dict[Digest, int] = {}
        with locked(self.root):
            needed = set(wanted).intersection(chain.from_iterable(map(self._needs, self._index.own())))
            for text, digest in wanted.items():
                if text not in needed and self._blobs.written(digest) < limit:
                    freed[digest] = self._blobs.delete(digest)
            self.tables.delete(self._facts.delete(freed))
        return freed

    def incoming(self) -> Incoming:
        """A file for content whose digest is known only at its end. Raises StoreError."""
        return Incoming(self.root, self._blobs, self._facts)

    def room(self) -> Path:
        """A folder on the disk of the store, for temporary files. Raises StoreError."""
        with disk.using(self.root):
            return disk.fresh(self.root, "room").parent

    def sizes(self, names: Iterable[Name]) -> dict[Digest, int]:
        """Bytes on disk of all content that these names need, each once."""
        needed = dict.fromkeys(chain.from_iterable(map(self._needs, names)))
        return {digest: self._blobs.size(digest) for digest in map(Digest.parse, needed)}

    def removal(self, names: Iterable[Name], orphans: bool = False) -> Removal:
        """The plan to remove these names; with `orphans`, also the cache and what interrupted pulls left."""
        planned_at, plan = datetime.now(UTC), self._plan(names)
        with uncollected():
            items = plan.items(self._orphans() if orphans else ())
        leftovers = sum((*self._blobs.leftovers(), *self.cache.sizes)) if orphans else 0
        return Removal(items, planned_at, partial(self._remove, plan.names, orphans), leftovers)

    def freed(self, names: Iterable[Name]) -> int:
        """Bytes on disk that removing these names would free, without a plan that says by what."""
        return sum(map(self._blobs.size, map(Digest.parse, self._plan(names).freed())))

    @property
    def state(self) -> tuple[object, ...]:
        """A value that differs after any process has changed the names or the containers."""
        own = tuple(disk.state(self.root / name) for name in ("index.json", "containers.json"))
        return (*own, *(self.base.state if self.base else ()))

    def is_complete(self, name: Name) -> bool:
        """Whether everything below the name is in the store, other platforms included."""
        return all(map(self.has, content(replace(name, all_platforms=True), self.manifest)))

    @property
    def layers_folder(self) -> Path:
        """The folder of the layers; each is a file named by its digest."""
        return self.root / "blobs" / "sha256"

    def folder_of(self, image: Image) -> Path:
        """The folder with the image's layers: the base's, if they are there alone."""
        found = (path for layer in image.layers for path in self._blobs.paths(layer.descriptor.digest))
        return next((path.parent for path in found if path.exists()), self.layers_folder)

    def owns(self, descriptor: Descriptor) -> bool:
        """Whether the content takes disk here, and not in the base."""
        return self.has(descriptor) and self._blobs.size(descriptor.digest) > 0

    def leftovers(self) -> tuple[int, ...]:
        """Bytes on disk of each download that was interrupted; the next pull of that layer, or a prune, ends it."""
        return tuple(self._blobs.leftovers())

    def free(self) -> int:
        """Free bytes on its disk."""
        return disk.free(self.root)

    def disk_usage(self) -> int:
        """Bytes on disk of all content."""
        return self._blobs.total()

    def _plan(self, names: Iterable[Name]) -> Plan:
        removed = dict.fromkeys(names)
        remaining = tuple(name for name in self._index.own() if name not in removed)
        below = frozenset(name.image.digest for name in (self.base.names() if self.base else ()))
        return Plan(tuple(removed), remaining, self.images(), self._needs, self._blobs.size, below)

    def _check_layers(self, name: Name) -> None:
        """Check the diff ids of all images below a name. Raises BlobNotFound, IntegrityError."""
        for each in dict.fromkeys(content(name, self.manifest)):
            manifest = self.manifest(each) if each.media_type in media.MANIFESTS else None
            if isinstance(manifest, Manifest) and manifest.is_image:
                self._facts.check_layers(self, manifest)

    def _add(self, names: Sequence[Name]) -> None:
        """Add names of one image."""
        needed = self._check_complete(names[0])
        with self._index.editing() as index:
            self._check_kept(needed)
            for name in names:
                index.put(name, self._alike)
        self._summarise(names[0])

    def _alike(self, one: Name, other: Name) -> bool:
        """Whether both are names of one image. Images that cannot be read are compared by manifest."""
        return (self._id(one) or str(one.image.digest)) == (self._id(other) or str(other.image.digest))

    def _check_complete(self, name: Name) -> list[Descriptor]:
        """All that the name needs. Raises BlobNotFound if some is missing. Reads much: not under the lock."""
        needed = [each for each in content(name, self._parse) if not media.is_nondistributable(each.media_type)]
        self._check_kept(needed, self.has)
        return needed

    def _check_kept(self, needed: Iterable[Descriptor], has: other_tools.Has | None = None) -> None:
        """Raises BlobNotFound if content is missing. Only looks for it: it has just been verified."""
        for descriptor in needed:
            if not (has or self._blobs.has)(descriptor):
                raise missing(descriptor)

    def _summarise(self, name: Name) -> None:
        """Save the image's summary if its layers' sizes are known."""
        with contextlib.suppress(NbdockError):
            summary = self._summaries.of(name.image)
            facts = [self._facts.known(Digest.parse(layer[1])) for layer in summary.layers]
            if summary.size is None and all(facts):
                self._summaries.measured(summary, sum(each.size for each in facts if each))

    def _remove(self, names: tuple[Name, ...], orphans: bool, planned: Removal, again: ChooseNames | None) -> Removal:
        """Names first, then content, parents first: an interrupted removal leaves only content without a name."""
        with self._index.editing() as index:
            chosen = index.entries.keys() & (again() if again else names)
            plan = self.removal((name for name in names if name in chosen), orphans)
            index.remove(chosen.intersection(names))
        leftovers = self._blobs.delete_leftovers() + self.cache.clear() if orphans else self._blobs.delete_stale()
        freed = self.delete(plan.blobs, planned.planned_at)
        if orphans:
            self.tables.delete_except(self._facts.diff_ids())
        if not self._index.own():
            self._summaries.clear()
        items = (
            replace(item, freed={digest: freed[digest] for digest in item.freed if digest in freed})
            for item in plan.items
        )
        return replace(planned, items=tuple(items), leftovers=leftovers)

    def _orphans(self) -> Iterator[Digest]:
        """Content too old to belong to a pull in progress."""
        now = datetime.now(UTC).timestamp()
        return (digest for digest, written in self._blobs.all() if now - written > GRACE)

    def _needs(self, name: Name) -> tuple[str, ...]:
        """The digests that a name needs, parents before children. Skips what cannot be read."""
        at = (name.target.digest.hex, name.image.digest.hex, name.all_platforms)
        known = self._needed.get(at)
        return known or self._read_needs(name, at)

    def _read_needs(self, name: Name, at: tuple[str, str, bool]) -> tuple[str, ...]:
        """Read from the summary if there is one; cached if everything could be read."""
        with contextlib.suppress(BlobNotFound, IntegrityError):
            if not name.all_platforms:
                summary = self._summaries.of(name.image)
                below = (summary.config[1], *(layer[1] for layer in summary.layers))
                self._needed[at] = (*dict.fromkeys((str(name.target.digest), str(name.image.digest))), *below)
                return self._needed[at]
        with contextlib.suppress(BlobNotFound, IntegrityError):
            self._needed[at] = tuple(str(each.digest) for each in content(name, self._parse))
            return self._needed[at]
        return tuple(str(each.digest) for each in content(name, self.manifest))

    def _id(self, name: Name) -> str | None:
        """The image id; None if the image cannot be read."""
        with contextlib.suppress(BlobNotFound, IntegrityError):
            return self._summaries.of(name.image).config[1]
        return None

    def _parse(self, descriptor: Descriptor) -> Manifest | Index:
        return manifests.parse(read(self, descriptor), descriptor.media_type)

    def _reads(self, descriptor: Descriptor) -> bool:
        with contextlib.suppress(BlobNotFound, IntegrityError):
            return bool(read(self, descriptor))
        return False


def missing(descriptor: Descriptor) -> BlobNotFound:
    """The error for content that a name needs."""
    return BlobNotFound(f"{descriptor.digest} is not in the store", hint="pull the image again")
