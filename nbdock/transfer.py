"""Copy an image from one place to another: pull, push, save and load are this one function.

A layer passes once, in one thread: it is received, hashed, written, inflated, hashed again for its diff id, measured;
several layers go at a time. The destination takes children before parents and the name last.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from nbdock.contents.layer import LayerCheck, checked
from nbdock.errors import BlobNotFound, InvalidContent, PlatformNotFound
from nbdock.oci import manifest as manifests
from nbdock.oci import media
from nbdock.oci.config import ImageConfig
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import Destination, Layer, Source, Unpacked, pair, read
from nbdock.task import Progress, State, Task

JOBS = 3
_ATTEMPTS = 5
_MAX_DEPTH = 4
_TELL_EVERY = 0.1

Known = Callable[[Descriptor], Unpacked | None]
Record = Callable[[Descriptor, Unpacked], None]
Turns = dict[Digest, threading.Lock]


@dataclass(frozen=True, slots=True)
class Words:
    """What docker calls the stages in one direction."""

    queued: State
    moving: State
    moved: State
    done: State
    there: State
    skipped: State
    """The destination had it without a byte being sent: another process wrote it, or it was mounted."""


PULL = Words(State.PULLING, State.DOWNLOADING, State.DOWNLOADED, State.PULLED, State.EXISTS, State.EXISTS)
PUSH = Words(State.PREPARING, State.PUSHING, State.PUSHED, State.PUSHED, State.LAYER_EXISTS, State.MOUNTED)


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy did: the chosen `image` (a manifest) and, for each of its layers, the state it ended in."""

    target: Descriptor
    image: Descriptor
    manifest: Manifest
    config: ImageConfig
    layers: tuple[tuple[Layer, State], ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy under way. `known` and `record` let a destination that unpacks skip what it has measured before;
    without them layers are not inflated (their digests are checked all the same)."""

    source: Source
    destination: Destination
    task: Task
    words: Words = PULL
    known: Known | None = None
    record: Record | None = None
    jobs: int = JOBS
    turns: Turns = field(default_factory=dict, repr=False)

    def image(self, target: Descriptor, reference: Reference, platform: Platform) -> Copied:
        """Copy the image that `target` has for the platform, and name it.

        Raises PlatformNotFound, InvalidContent where it is no image, IntegrityError, RegistryError, StoreError.
        """
        for attempt in range(_ATTEMPTS):
            indexes, image, manifest = descend(self.source, target, platform)
            copied = self._content(target, image, manifest)
            self._put(image, manifest.raw)
            for descriptor, index in reversed(indexes):
                self._put(descriptor, index.raw)
            try:
                self.destination.tag(reference, target, copied.image)
                return copied
            except BlobNotFound:  # another process swept a layer that we had found there: fetch it
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError

    def whole(self, target: Descriptor, reference: Reference) -> list[tuple[Manifest, tuple[State, ...]]]:
        """Copy all that is below `target`, byte for byte (every platform, attestations too), and name it.

        Returns for each manifest the state that each of its layers ended in.
        Raises BlobNotFound where a part is missing at the source, IntegrityError, RegistryError, StoreError.
        """
        documents = tuple(_below(self.source, target))
        found = [document for _, document in documents if isinstance(document, Manifest)]
        blobs = dict.fromkeys(child for manifest in found for child in manifest.children)
        for blob in blobs:
            self._tell(blob, self.words.queued)
        states = self.task.spread(self._layer, [Layer(blob, None) for blob in blobs], self.jobs)
        ended = dict(zip(blobs, states, strict=True))
        for descriptor, document in reversed(documents):
            self._put(descriptor, document.raw)
        self.destination.tag(reference, target)
        return [(manifest, tuple(ended[layer] for layer in manifest.layers)) for manifest in found]

    def _content(self, target: Descriptor, image: Descriptor, manifest: Manifest) -> Copied:
        if not manifest.is_image:
            raise _no_image(manifest)
        raw = read(self.source, manifest.config)
        config = ImageConfig.parse(raw)
        layers = pair(manifest, config)
        distinct = {layer.descriptor.digest: layer for layer in layers}
        for layer in distinct.values():
            self._tell(layer.descriptor, self.words.queued)
        self._put(manifest.config, raw)
        states = self.task.spread(self._layer, distinct.values(), self.jobs)
        ended = dict(zip(distinct, states, strict=True))
        return Copied(target, image, manifest, config, tuple((each, ended[each.descriptor.digest]) for each in layers))

    def _put(self, descriptor: Descriptor, raw: bytes) -> None:
        if not self.destination.has(descriptor):
            self.destination.write(descriptor, [raw])

    def _layer(self, layer: Layer) -> State:
        turn = self.turns.setdefault(layer.descriptor.digest, threading.Lock())
        with turn:  # images that are copied at once fetch what they share once
            return self._layer_in_turn(layer)

    def _layer_in_turn(self, layer: Layer) -> State:
        descriptor = layer.descriptor
        if self.destination.has(descriptor) and self._is_right(layer):
            return self._tell(descriptor, self.words.there, descriptor.size)
        check = LayerCheck(descriptor, layer.diff_id) if self.record else None
        chunks = _Chunks(lambda: self._told(descriptor, self._checked(check, self._resumed(descriptor))))
        self.destination.write(descriptor, chunks)
        if not chunks.begun:
            return self._tell(descriptor, self.words.skipped, descriptor.size)
        if check and self.record:
            self.record(descriptor, check.unpacked)
        return self._tell(descriptor, self.words.done, descriptor.size)

    def _checked(self, check: LayerCheck | None, chunks: Iterator[bytes]) -> Iterator[bytes]:
        return checked(chunks, check) if check else chunks

    def _resumed(self, descriptor: Descriptor) -> Iterator[bytes]:
        """What is there already, read again (so that it passes the checks again), then the rest from the source."""
        start = 0
        for chunk in self.destination.partial(descriptor):
            start += len(chunk)
            yield chunk
        if start < descriptor.size:
            yield from self.source.open(descriptor, start)

    def _told(self, descriptor: Descriptor, chunks: Iterator[bytes]) -> Iterator[bytes]:
        done, due = 0, 0.0
        for chunk in chunks:
            self.task.check()
            done += len(chunk)
            if time.monotonic() >= due:
                self._tell(descriptor, self.words.moving, done)
                due = time.monotonic() + _TELL_EVERY
            yield chunk
        self._tell(descriptor, self.words.moved, done)

    def _is_right(self, layer: Layer) -> bool:
        """What is there was checked against another image's diff id. Where this one claims another, or it cannot be
        read any more, it is fetched again: the check then says which of them is wrong."""
        unpacked = self.known(layer.descriptor) if self.known else None
        return not self.known or (unpacked is not None and layer.diff_id in (None, unpacked.diff_id))

    def _tell(self, descriptor: Descriptor, state: State, done: int = 0) -> State:
        self.task.tell(Progress(descriptor, state, done, descriptor.size))
        return state


class _Chunks:
    """A stream that can be begun again, for destinations that try more than once; `begun` says that it was read."""

    def __init__(self, make: Callable[[], Iterator[bytes]]) -> None:
        self._make = make
        self.begun = False

    def __iter__(self) -> Iterator[bytes]:
        self.begun = True
        return self._make()


def _below(source: Source, target: Descriptor, depth: int = 0) -> Iterator[tuple[Descriptor, Manifest | Index]]:
    """The target and every document below it, parents first."""
    document = manifests.parse(read(source, target), target.media_type)
    yield target, document
    if isinstance(document, Index) and depth < _MAX_DEPTH:
        for child in document.manifests:
            yield from _below(source, child, depth + 1)


def descend(
    source: Source, target: Descriptor, platform: Platform
) -> tuple[list[tuple[Descriptor, Index]], Descriptor, Manifest]:
    """From the target through its indexes, which come first, down to the platform's manifest.

    Raises PlatformNotFound, InvalidContent, IntegrityError, RegistryError.
    """
    indexes: list[tuple[Descriptor, Index]] = []
    descriptor = target
    while len(indexes) < _MAX_DEPTH:
        document = manifests.parse(read(source, descriptor), descriptor.media_type)
        if isinstance(document, Manifest):
            return indexes, descriptor, document
        indexes.append((descriptor, document))
        descriptor = _choose(document, platform)
    raise InvalidContent(f"indexes are nested more than {_MAX_DEPTH} deep below {target.digest}")


def _no_image(manifest: Manifest) -> InvalidContent:
    kind = manifest.artifact_type or manifest.config.media_type
    if kind not in media.CONFIGS:
        return InvalidContent(f"not a container image but {kind}", hint="nbdock pulls images only")
    odd = next(layer.media_type for layer in manifest.layers if not media.is_layer(layer.media_type))
    return InvalidContent(f"a layer of no known kind: {odd}", hint="nbdock unpacks tar, gzip and zstd")


def _choose(index: Index, platform: Platform) -> Descriptor:
    chosen = next(index.candidates(platform), None)
    if chosen is None:
        available = [str(child.platform) for child in index.images if child.platform]
        message = f"no matching manifest for {platform} in the manifest list entries"
        raise PlatformNotFound(message, available=available, hint="" if available else "it holds no image for anybody")
    return chosen
