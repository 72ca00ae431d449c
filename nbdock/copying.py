"""Copy an image from one place to another. Pull and push are this one function.

Each layer streams once from the source to the destination, several in parallel. The destination verifies what it
stores. Children are written before their parents, and the name last.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from nbdock.errors import BlobNotFound, IntegrityError, RateLimited
from nbdock.oci.config import ImageConfig
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import Destination, Image, Layer, Mirrored, Source
from nbdock.reading import image_of, read_manifests
from nbdock.task import REPORT_EVERY, Progress, State, Task
from nbdock.turns import Turn, Turns

JOBS = 3
"""Layers at a time, as docker pulls them."""
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Words:
    """Docker's words for the states of a layer in one direction."""

    queued: State
    moving: State
    moved: State
    done: State
    exists: State
    skipped: State
    """The destination has the layer without a transfer: another process wrote it, or it was mounted."""
    elsewhere: State | None = None
    """A non-distributable layer is left to its own URLs; None if it is copied as well."""


PULL = Words(State.PULLING, State.DOWNLOADING, State.DOWNLOADED, State.PULLED, State.EXISTS, State.EXISTS)
PUSH = Words(
    State.PREPARING, State.PUSHING, State.PUSHED, State.PUSHED, State.LAYER_EXISTS, State.MOUNTED, State.ELSEWHERE
)
SAVE = Words(State.PREPARING, State.SAVING, State.SAVED, State.SAVED, State.EXISTS, State.EXISTS)
LOAD = Words(State.PREPARING, State.LOADING, State.LOADED, State.LOADED, State.EXISTS, State.EXISTS)


@dataclass(frozen=True, slots=True)
class CopiedManifest:
    """A manifest that was copied; `config` is None for an artifact. Each layer is paired with its final state."""

    descriptor: Descriptor
    manifest: Manifest
    config: ImageConfig | None
    layers: tuple[tuple[Layer, State], ...]

    @property
    def image_id(self) -> Digest:
        """The digest of the config."""
        return self.manifest.config.digest


@dataclass(frozen=True)
class Copied:
    """What a copy did.

    Attributes
    ----------
    reference
        The name at the destination.
    target
        The index or manifest that the name points to.
    manifests
        The manifest of the platform, or every manifest below the target.
    referrers
        What refers to it and was copied too: signatures, SBOMs, attestations.
    """

    reference: Reference
    target: Descriptor
    manifests: tuple[CopiedManifest, ...]
    referrers: tuple[Copied, ...] = ()

    @property
    def image(self) -> CopiedManifest:
        """The image of the platform; the first manifest if everything was copied."""
        return self.manifests[0]


@dataclass(frozen=True, slots=True)
class Copier:
    """Copies images to one destination, several at a time. Layers that they share are sent once, as are those shared
    with other copiers of the same `turns`."""

    destination: Destination
    task: Task
    words: Words = PULL
    jobs: int = JOBS
    turns: Turns = field(default_factory=Turns, repr=False)

    def copy_name(self, source: Source, name: Reference, to: Reference, platform: Platform | None = None) -> Copied:
        """Copy what a name points to. If one host of the source fails in the middle, the next goes on."""
        while True:
            try:
                with self.task.part() as part:  # a layer that fails cancels the others
                    return replace(self, task=part).copy(source, source.resolve(name), to, platform)
            except (RateLimited, BlobNotFound, IntegrityError) as failure:  # even after much that was right
                if not (isinstance(source, Mirrored) and source.skip(failure)):
                    raise

    def copy(self, source: Source, target: Descriptor, to: Reference, platform: Platform | None = None) -> Copied:
        """Copy what is below the target, or one platform's image of it, and name it. Raises as `nbdock.copy`."""
        for attempt in range(_ATTEMPTS):
            copied = _Copy(self, source, target, platform).run(to)
            image = copied.image.descriptor if platform else None
            try:
                self.destination.tag(to, target, image)
                return copied
            except BlobNotFound:  # another process deleted an existing layer, or it is damaged: send it
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError


class _Copy:
    """One attempt at copying everything except the name."""

    def __init__(self, copier: Copier, source: Source, target: Descriptor, platform: Platform | None) -> None:
        self._source, self._target, self._platform = source, target, platform
        self._destination, self._task, self._words = copier.destination, copier.task, copier.words
        self._jobs, self._turns = copier.jobs, copier.turns

    def run(self, to: Reference) -> Copied:
        found = read_manifests(self._source, self._target, self._platform)
        manifests = {each: manifest for each, manifest in found.items() if isinstance(manifest, Manifest)}
        images = {
            each: image_of(self._source, each, manifest)
            for each, manifest in manifests.items()
            if manifest.is_image or self._platform
        }
        states = self._send_blobs(manifests, images)
        for descriptor, each in found.items():
            self._put(descriptor, each.raw)
        copied = (_copied(each, manifest, images.get(each), states) for each, manifest in manifests.items())
        return Copied(to, self._target, tuple(copied))

    def _send_blobs(
        self, manifests: dict[Descriptor, Manifest], images: dict[Descriptor, Image]
    ) -> dict[Digest, State]:
        """Send the configs, of which nothing is reported, then all layers."""
        blobs = {layer.digest: layer for manifest in manifests.values() for layer in manifest.layers}
        for blob in blobs.values():
            self._task.tell(Progress(blob, self._words.queued, 0, blob.size))
        for descriptor, manifest in manifests.items():
            if descriptor in images:
                self._put(manifest.config, images[descriptor].config.raw)
            else:
                self._send_config(manifest.config)
        # The largest first: one that comes last keeps a single core busy while the others idle.
        by_size = sorted(blobs.values(), key=lambda blob: blob.size, reverse=True)
        states = self._task.spread(self._send, by_size, self._jobs)
        return {blob.digest: state for blob, state in zip(by_size, states, strict=True)}

    def _send_config(self, config: Descriptor) -> None:
        if not self._destination.has(config):
            self._destination.write(config, _Chunks(lambda: (chunk for _, chunk in self._resumed(config))))

    def _put(self, descriptor: Descriptor, raw: bytes) -> None:
        if not self._destination.has(descriptor):
            self._destination.write(descriptor, [raw])

    def _send(self, blob: Descriptor) -> State:
        turn = self._turns.of(blob)
        with turn.taken(self._task):
            state = self._sent(blob, turn)
            self._task.tell(Progress(blob, state, blob.size, blob.size))
            return state

    def _sent(self, blob: Descriptor, turn: Turn) -> State:
        if self._words.elsewhere and blob.is_elsewhere:
            return self._words.elsewhere
        if self._destination.has(blob):
            return self._words.exists
        chunks = _Chunks(lambda: self._chunks(blob, turn))
        self._destination.write(blob, chunks)
        return self._words.done if chunks.begun else self._words.skipped

    def _chunks(self, blob: Descriptor, turn: Turn) -> Iterator[bytes]:
        sent, told, due = 0, None, 0.0

        def tell(state: State) -> None:
            turn.tell(self._task, Progress(blob, state, sent, blob.size))

        for state, chunk in self._resumed(blob):
            self._task.check()
            if state is not told:
                tell(state)
                told = state
            sent += len(chunk)
            if time.monotonic() >= due:
                tell(state)
                due = time.monotonic() + REPORT_EVERY
            yield chunk
        tell(self._words.moved)

    def _resumed(self, blob: Descriptor) -> Iterator[tuple[State, bytes]]:
        """The destination's bytes of an interrupted attempt, to be verified again, then the rest from the source."""
        start = 0
        for chunk in self._destination.partial(blob):
            start += len(chunk)
            yield State.VERIFYING, chunk
        if start < blob.size:
            for chunk in self._source.open(blob, start):
                yield self._words.moving, chunk


class _Chunks:
    """An iterable that can be iterated again, for destinations that retry; `begun` is True once it was used."""

    def __init__(self, make: Callable[[], Iterator[bytes]]) -> None:
        self._make = make
        self.begun = False

    def __iter__(self) -> Iterator[bytes]:
        self.begun = True
        return self._make()


def _copied(
    descriptor: Descriptor, manifest: Manifest, image: Image | None, states: dict[Digest, State]
) -> CopiedManifest:
    layers = image.layers if image else tuple(Layer(layer, None) for layer in manifest.layers)
    states_of = tuple((layer, states[layer.descriptor.digest]) for layer in layers)
    return CopiedManifest(descriptor, manifest, image.config if image else None, states_of)
