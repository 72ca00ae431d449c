"""The store: blobs, the names that stand for them, and the plan of what may go."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from nbdock.contents.layer import Readers, no_readers
from nbdock.errors import BlobNotFound, ImageNotFound, IntegrityError, InvalidContent
from nbdock.oci import manifest as manifests
from nbdock.oci import media
from nbdock.oci.config import ImageConfig
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import Image, Layer, LayerFacts, Name, Removal, image_of, read
from nbdock.store import reach
from nbdock.store.blobs import GRACE, Blobs
from nbdock.store.facts import Facts
from nbdock.store.incoming import Incoming
from nbdock.store.index import NameIndex
from nbdock.store.records import Records


class Store:
    """An OCI image layout: a source and a destination of images, for many threads and processes at once.

    What one process writes is named last, and what it names is checked under the lock: a tag always stands for a whole
    image. Nothing is created before the first write.

    Parameters
    ----------
    root
        The folder.
    readers
        Makes further readers of the tar of every layer that is written.
    """

    def __init__(self, root: Path, readers: Readers = no_readers) -> None:
        self.root = root
        self._blobs = Blobs(root)
        self._index = NameIndex(root, self._first_present)
        self._facts = Facts(root, self._blobs, readers)
        self._documents: dict[Descriptor, Manifest | Index] = {}
        self._images: dict[Descriptor, Image] = {}
        self.containers = Records(root, "containers.json", self._index.locked)

    # A Source

    def resolve(self, reference: Reference) -> Descriptor:
        """What the name stands for: an index or a manifest. Raises ImageNotFound."""
        wanted = reference.tagged
        for name in self.names():
            if _answers(name, wanted):
                return name.target
        raise ImageNotFound(f"No such image: {wanted.familiar}", hint="`ls` shows the images there are")

    def open(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """The content from byte `start` on. Raises BlobNotFound."""
        return self._blobs.open(descriptor, start)

    # A Destination

    def has(self, descriptor: Descriptor) -> bool:
        """All of the content is here. Documents are read to be sure, so that a pull mends one that is damaged."""
        small = media.is_document(descriptor.media_type) or descriptor.media_type in media.CONFIGS
        if self._facts.is_damaged(descriptor.digest) or not self._blobs.has(descriptor):
            return False
        return not small or self._reads(descriptor)

    def partial(self, descriptor: Descriptor) -> Iterator[bytes]:
        return self._blobs.partial(descriptor)

    def write(self, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        """Write the content atomically, with the pass over it. Raises DigestMismatch, SizeMismatch, StoreError."""
        reading = self._facts.reading(descriptor.digest.algorithm)
        self._blobs.write(descriptor, chunks, reading)
        self._facts.keep(descriptor.digest, reading.finish(descriptor.digest))

    def tag(self, reference: Reference, descriptor: Descriptor, image: Descriptor | None = None) -> None:
        """Name what came from a registry, by tag and by digest (by digest alone where `reference` has one).

        Raises BlobNotFound if a part is missing: another process deleted it meanwhile, and it must be fetched again.
        Raises DigestMismatch or InvalidContent if a layer is not what the config says.
        """
        now = datetime.now(UTC)
        whole = image is None and descriptor.media_type in media.INDEXES
        by_digest = replace(reference, tag=None, digest=descriptor.digest)
        made = Name(by_digest, descriptor, image or descriptor, pulled_at=now, whole=whole)
        names = [made] if reference.digest else [replace(made, reference=reference.tagged), made]
        self._check_layers(made)
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
        return tuple(replace(self._image(names[0]), names=tuple(names)) for names in groups.values())

    def document(self, descriptor: Descriptor) -> Manifest | Index | None:
        """Parsed and remembered (content never changes under a digest); None where it cannot be read."""
        if descriptor not in self._documents:
            with contextlib.suppress(BlobNotFound, IntegrityError):
                self._documents[descriptor] = self._parse(descriptor)
        return self._documents.get(descriptor)

    def contents(self, names: Iterable[Name]) -> Iterator[Descriptor]:
        """All that these names need, as far as it can be read: parents before children, repeated where shared."""
        return (descriptor for name in names for descriptor in reach.content(name, self.document))

    def facts(self, layer: Descriptor) -> LayerFacts | None:
        """The layer's diff id and unpacked sizes; None if it is not here, or no layer."""
        return self._facts.of(layer)

    def alias(self, reference: Reference, image: Image) -> None:
        """A second name for an image that is here: nothing is copied. Raises BlobNotFound where it went meanwhile."""
        known = next((name for name in image.names if name.reference and name.reference.tag), image.names[0])
        made = replace(known, reference=reference.tagged, pulled_at=None, tagged_at=datetime.now(UTC))
        with self._index.editing() as index:
            self._check_whole(made)
            self._put(index, made)

    def untag(self, names: Iterable[Name]) -> None:
        """Let go of names alone: what nothing needs then goes with the next prune."""
        dropped = set(names)
        with self._index.editing() as index:
            index[:] = [name for name in index if name not in dropped]

    def restore(self, names: Iterable[Name]) -> tuple[Name, ...]:
        """Take back names that `untag` let go of, but for those that something else has by now; returns those taken.

        Raises BlobNotFound where their content is gone.
        """
        with self._index.editing() as index:
            taken = {name.reference for name in index if name.reference}
            back = tuple(name for name in names if name.reference not in taken)
            for name in back:
                self._check_whole(name)
                self._put(index, name)
        return back

    def discard(self, digests: Iterable[Digest], planned_at: datetime | None = None) -> int:
        """Let go of content that no name needs and that was not written since; returns the bytes freed."""
        limit = planned_at.timestamp() if planned_at else math.inf
        freed, gone = 0, list[Digest]()
        with self._index.locked():
            kept = reach.digests(self.names(), self.document)
            for digest in digests:
                if digest not in kept and self._blobs.written(digest) < limit:
                    freed += self._blobs.delete(digest)
                    gone.append(digest)
            self._facts.forget(gone)
        return freed

    def incoming(self) -> Incoming:
        """Room for content whose digest is told when all of it is there. Raises StoreError."""
        return Incoming(self.root, self._blobs, self._facts)

    def removal(self, names: Iterable[Name], orphans: bool = False) -> Removal:
        """The plan of what goes when these names do; with `orphans`, what broken pulls left behind goes too."""
        planned_at = datetime.now(UTC)
        dropped = tuple(dict.fromkeys(names))
        going = set(dropped)
        remaining = [name for name in self.names() if name not in going]
        kept = reach.digests(remaining, self.document)
        blobs = [digest for digest in reach.digests(dropped, self.document) if digest not in kept]
        if orphans:
            needed = {*kept, *blobs}
            blobs += [digest for digest in self._orphans() if digest not in needed]
        deleted = self._ids(dropped).keys() - self._ids(remaining).keys()
        return Removal(
            untagged=tuple(name.reference for name in dropped if name.reference),
            deleted=tuple(sorted(deleted, key=str)),
            layers=self._freed_layers(dropped, remaining),
            blobs=tuple(blobs),
            reclaimed=sum(map(self._blobs.size, blobs)),
            planned_at=planned_at,
            _execute=partial(self._remove, dropped),
        )

    @property
    def state(self) -> tuple[object, ...]:
        """Another value whenever the names or the containers changed, whoever changed them."""
        return tuple(_state(self.root / name) for name in ("index.json", "containers.json"))

    def is_whole(self, name: Name) -> bool:
        """All that lies below what it names is here, other platforms included."""
        return all(map(self.has, reach.content(replace(name, whole=True), self.document)))

    @property
    def problems(self) -> tuple[str, ...]:
        """The names whose image cannot be read, each with the reason and the remedy."""
        return tuple(problem for problem in map(self._problem, self.names()) if problem)

    @property
    def layers_folder(self) -> Path:
        """Where layers are kept, each a file named by its digest."""
        return self.root / "blobs" / "sha256"

    def disk_usage(self) -> int:
        """Bytes of all content that is here."""
        return sum(self._blobs.size(digest) for digest, _ in self._blobs.all())

    def _put(self, index: list[Name], made: Name) -> None:
        """Let `made` take its reference; an image that loses its last name so stays, without one."""
        for old in [name for name in index if name.reference == made.reference]:
            index.remove(old)
            if not any(self._alike(other, old) for other in [*index, made]):
                index.append(replace(old, reference=None, target=old.image, whole=False))
        index[:] = [name for name in index if name.reference or not self._alike(name, made)]
        index.append(made)

    def _alike(self, one: Name, other: Name) -> bool:
        """Two names of one image. What cannot be read is told apart by its manifest."""
        return (self._id(one) or one.image.digest) == (self._id(other) or other.image.digest)

    def _check_whole(self, name: Name) -> None:
        for descriptor in reach.content(name, self._parse):
            if not media.is_foreign(descriptor.media_type) and not self.has(descriptor):
                raise BlobNotFound(f"{descriptor.digest} is not in the store", hint="pull the image again")

    def _check_layers(self, name: Name) -> None:
        """Check the layers of each image below the name against the diff ids that its config names."""
        for each in dict.fromkeys(reach.content(name, self.document)):
            document = self.document(each) if each.media_type in media.MANIFESTS else None
            if isinstance(document, Manifest) and document.is_image:
                for layer in self._claimed(document):
                    self._facts.check(layer)

    def _claimed(self, manifest: Manifest) -> Iterator[Layer]:
        """The layers that are here and have a diff id; none if the config cannot be read."""
        with contextlib.suppress(InvalidContent):
            config = ImageConfig.parse(read(self, manifest.config))
            pairs = zip(manifest.layers, config.diff_ids, strict=False)
            return (Layer(layer, diff_id) for layer, diff_id in pairs if self._blobs.has(layer))
        return iter(())

    def _remove(self, dropped: tuple[Name, ...], plan: Removal) -> int:
        """Names first, then content from the parents down: what is left of a broken removal is content nobody names."""
        self.untag(dropped)
        return self._blobs.drop_stale() + self.discard(plan.blobs, plan.planned_at)

    def _orphans(self) -> Iterator[Digest]:
        """Old enough that no pull under way can have written it."""
        now = datetime.now(UTC).timestamp()
        return (digest for digest, written in self._blobs.all() if now - written > GRACE)

    def _freed_layers(self, dropped: Iterable[Name], remaining: Iterable[Name]) -> tuple[Digest, ...]:
        kept = {chain for name in self._ids(remaining).values() for chain in self._chain(name)}
        chains = (chain for name in self._ids(dropped).values() for chain in reversed(self._chain(name)))
        return tuple(dict.fromkeys(chain for chain in chains if chain not in kept))

    def _chain(self, name: Name) -> list[Digest]:
        return reach.chain_ids(self._image(name).config.diff_ids)

    def _ids(self, names: Iterable[Name]) -> dict[Digest, Name]:
        found = ((self._id(name), name) for name in names)
        return {image_id: name for image_id, name in found if image_id}

    def _id(self, name: Name) -> Digest | None:
        """The image id: its config's digest. None where the image cannot be read."""
        with contextlib.suppress(BlobNotFound, IntegrityError):
            return self._image(name).id
        return None

    def _problem(self, name: Name) -> str | None:
        document = self.document(name.image)
        if isinstance(document, Manifest) and not document.is_image:
            return None  # an artifact that was pushed to the served store: it is whole, and no image
        try:
            self._image(name)
        except (BlobNotFound, IntegrityError) as error:
            return f"{name.reference.familiar if name.reference else name.target.digest}: {error}: {error.hint}"
        return None

    def _image(self, name: Name) -> Image:
        """Read and remembered (content never changes under a digest). Raises BlobNotFound, IntegrityError."""
        if name.image not in self._images:
            manifest = Manifest.parse(read(self, name.image), name.image.media_type)
            self._images[name.image] = image_of(self, name.image, manifest, self.facts)
        return self._images[name.image]

    def _first_present(self, target: Descriptor) -> Descriptor | None:
        """Of an index that another tool named: the child for this machine, else the first that is here."""
        if target.media_type not in media.INDEXES:
            return target
        index = self.document(target)
        if not isinstance(index, Index):
            return None
        return next((child for child in (*index.candidates(Platform.host()), *index.images) if self.has(child)), None)

    def _parse(self, descriptor: Descriptor) -> Manifest | Index:
        return manifests.parse(read(self, descriptor), descriptor.media_type)

    def _reads(self, descriptor: Descriptor) -> bool:
        with contextlib.suppress(BlobNotFound, IntegrityError):
            return bool(read(self, descriptor))
        return False


def _state(path: Path) -> tuple[int, ...]:
    try:
        seen = path.stat()
    except OSError:
        return ()
    return (seen.st_ino, seen.st_mtime_ns, seen.st_size)


def _answers(name: Name, wanted: Reference) -> bool:
    """A digest is found under any name of its repository, as a registry finds it."""
    known = name.reference
    if known is None or wanted.digest is None:
        return known == wanted
    return known.name == wanted.name and name.target.digest == wanted.digest
