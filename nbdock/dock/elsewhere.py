"""Places outside of the store that are looked into: each layer is read once, verified, and its tables are cached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from nbdock.dock.inside.reading import told
from nbdock.oci.digest import Digest
from nbdock.oci.verify import Verifier, check_digest

if TYPE_CHECKING:
    from nbdock.oci.descriptor import Descriptor
    from nbdock.oci.reference import Reference
    from nbdock.places import Found, Kind, Layer, LayerFacts, Read, Source
    from nbdock.store.cache import Cache
    from nbdock.task import Task


class Elsewhere:
    """A source, and what the cache knows of its layers. Nothing is copied into the store."""

    def __init__(self, source: Source, cache: Cache) -> None:
        self.source, self._cache = source, cache

    def resolve(self, reference: Reference, /) -> Descriptor:
        """The index or manifest that the name points to. Raises ImageNotFound."""
        return self.source.resolve(reference)

    def open(self, descriptor: Descriptor, start: int = 0, /) -> Iterator[bytes]:
        """The content from byte `start` on. Raises BlobNotFound."""
        return self.source.open(descriptor, start)

    def facts(self, layer: Descriptor, /) -> LayerFacts | None:
        """What the pass over the layer found. Raises BlobNotFound, IntegrityError."""
        return self.known(layer.digest) or self._read(layer, self.open(layer))

    def table(self, kind: Kind, layer: Descriptor, read: Read, columns: Sequence[str] | None = None, /) -> Found:
        """The table of a layer. Raises BlobNotFound, IntegrityError."""
        return self._cache.table(kind, self.facts(layer), read, columns)

    def examine(self, layer: Layer, task: Task) -> None:
        """Read the layer unless it is known, and check its diff id. Raises BlobNotFound, IntegrityError, Cancelled."""
        blob, expected = layer.descriptor, layer.diff_id
        facts = self.known(blob.digest) or self._read(blob, told(layer, task)(0))
        if expected and facts and facts.diff_id.algorithm == expected.algorithm:
            message = f"the diff id of layer {blob.digest} is {facts.diff_id}"
            check_digest(facts.diff_id, expected, message, f"the image's config has {expected}")

    def known(self, digest: Digest) -> LayerFacts | None:
        """What is known of a layer of this digest."""
        return self._cache.facts(digest)

    def verified(self, digest: Digest) -> None:
        """The layer of this digest was read here and is what its digest says."""

    def _read(self, layer: Descriptor, chunks: Iterable[bytes]) -> LayerFacts | None:
        reading, verifier = self._cache.reading(layer.digest.algorithm), Verifier(layer)
        for chunk in chunks:
            verifier.feed(chunk)
            reading.feed(chunk)
        verifier.finish()
        facts = reading.finish(layer.digest)
        if facts:
            self._cache.keep(layer.digest, facts)
            self.verified(layer.digest)
        return facts


class OnDisk(Elsewhere):
    """A file or folder, known by its `key`. It may claim the digest of a layer that is known from somewhere else: what
    was verified in it is noted."""

    def __init__(self, source: Source, cache: Cache, key: str) -> None:
        super().__init__(source, cache)
        self._key = key
        note = cache.recall(key) or {}
        self._verified: set[str] = set(note.get("verified") or ())

    def known(self, digest: Digest) -> LayerFacts | None:
        return super().known(digest) if str(digest) in self._verified else None

    def verified(self, digest: Digest) -> None:
        self._verified.add(str(digest))
        self._cache.note(self._key, {"verified": sorted(self._verified)})
