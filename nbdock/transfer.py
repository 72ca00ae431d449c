"""Copy an image from one place to another: pull, push, save and load are this one function.

A layer passes once, in one thread: it is received, hashed, written, inflated, hashed again for its diff id, measured;
several layers go at a time. The destination takes children before parents and the name last.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from nbdock.contents.layer import LayerCheck, checked
from nbdock.errors import BlobNotFound, DigestMismatch, InvalidContent, PlatformNotFound
from nbdock.oci import manifest as manifests
from nbdock.oci.config import ImageConfig
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import Destination, Layer, Source, Unpacked, pair, read
from nbdock.task import Progress, State, Task

JOBS = 3
_ATTEMPTS = 3
_MAX_DEPTH = 4
_TELL_EVERY = 0.1

Known = Callable[[Descriptor], Unpacked | None]
Record = Callable[[Descriptor, Unpacked], None]
Turns = defaultdict[Digest, threading.Lock]


@dataclass(frozen=True, slots=True)
class Words:
    """What docker calls the stages in one direction."""

    queued: State
    moving: State
    moved: State
    done: State
    there: State


PULL = Words(State.PULLING, State.DOWNLOADING, State.DOWNLOADED, State.PULLED, State.EXISTS)
PUSH = Words(State.PREPARING, State.PUSHING, State.PUSHED, State.PUSHED, State.LAYER_EXISTS)


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
    turns: Turns = field(default_factory=lambda: defaultdict(threading.Lock), repr=False)

    def image(self, target: Descriptor, reference: Reference, platform: Platform) -> Copied:
        """Copy the image that `target` has for the platform, and name it.

        Raises PlatformNotFound, InvalidContent where it is no image, IntegrityError, RegistryError, StoreError.
        """
        for attempt in range(_ATTEMPTS):
            parents = self._descend(target, platform)
            manifest = Manifest.parse(*parents[-1][1:])
            copied = self._content(target, parents[-1][0], manifest)
            for descriptor, raw, _ in reversed(parents):
                self.destination.write(descriptor, [raw])
            try:
                self.destination.tag(reference, target, copied.image)
                return copied
            except BlobNotFound:  # another process swept a layer that we had found there: fetch it
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError

    def _descend(self, target: Descriptor, platform: Platform) -> list[tuple[Descriptor, bytes, str]]:
        """From the target through its indexes down to the platform's manifest, each with its bytes."""
        path: list[tuple[Descriptor, bytes, str]] = []
        descriptor = target
        while len(path) < _MAX_DEPTH:
            raw = read(self.source, descriptor)
            document = manifests.parse(raw, descriptor.media_type)
            path.append((descriptor, raw, document.media_type))
            if isinstance(document, Manifest):
                return path
            descriptor = self._choose(document, platform)
        raise InvalidContent(f"indexes are nested more than {_MAX_DEPTH} deep below {target.digest}")

    def _choose(self, index: Index, platform: Platform) -> Descriptor:
        chosen = next(index.candidates(platform), None)
        if chosen is None:
            available = [str(child.platform) for child in index.images if child.platform]
            message = f"no matching manifest for {platform} in the manifest list entries"
            raise PlatformNotFound(message, available=available)
        return chosen

    def _content(self, target: Descriptor, image: Descriptor, manifest: Manifest) -> Copied:
        if not manifest.is_image:
            kind = manifest.artifact_type or manifest.config.media_type
            raise InvalidContent(f"not a container image but {kind}", hint="nbdock pulls images only")
        raw = read(self.source, manifest.config)
        config = ImageConfig.parse(raw)
        layers = pair(manifest, config)
        distinct = {layer.descriptor.digest: layer for layer in layers}
        for layer in distinct.values():
            self._tell(layer.descriptor, self.words.queued)
        self.destination.write(manifest.config, [raw])
        states = self.task.spread(self._layer, distinct.values(), self.jobs)
        ended = dict(zip(distinct, states, strict=True))
        return Copied(target, image, manifest, config, tuple((each, ended[each.descriptor.digest]) for each in layers))

    def _layer(self, layer: Layer) -> State:
        with self.turns[layer.descriptor.digest]:  # images that are copied at once fetch what they share once
            return self._layer_in_turn(layer)

    def _layer_in_turn(self, layer: Layer) -> State:
        descriptor = layer.descriptor
        if self.destination.has(descriptor):
            self._check_known(layer)
            return self._tell(descriptor, self.words.there, descriptor.size)
        check = LayerCheck(descriptor, layer.diff_id) if self.record else None
        chunks = self._resumed(descriptor)
        self.destination.write(descriptor, self._told(descriptor, checked(chunks, check) if check else chunks))
        if check and self.record:
            self.record(descriptor, check.unpacked)
        return self._tell(descriptor, self.words.done, descriptor.size)

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

    def _check_known(self, layer: Layer) -> None:
        """A layer that is here was checked against another image's diff id: this image must claim the same."""
        unpacked = self.known(layer.descriptor) if self.known else None
        if unpacked and layer.diff_id not in (None, unpacked.diff_id):
            message = f"layer verification failed for {layer.descriptor.digest}: its config claims another diff id"
            raise DigestMismatch(message, expected=str(layer.diff_id), actual=str(unpacked.diff_id))

    def _tell(self, descriptor: Descriptor, state: State, done: int = 0) -> State:
        self.task.tell(Progress(descriptor, state, done, descriptor.size))
        return state
