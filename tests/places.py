"""Places that tests copy images from: the layouts of tests/parts, and a shelf in memory that may lie and break off."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from nbdock.copying import PULL, Copied, Copier, Words
from nbdock.errors import BlobNotFound, ImageNotFound, Unreachable
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import Destination, Source
from nbdock.store import Store
from nbdock.task import Task
from tests.parts.images import layout
from tests.parts.layers import Entry
from tests.parts.layers import layer as packed
from tests.parts.layout import Layout

AMD64 = Platform("linux", "amd64")
ARM64 = Platform("linux", "arm64")
LAYER = f"{media.OCI_LAYER}+gzip"
CHUNK = 8 * 1024


@dataclass
class Shelf:
    """A Source in memory. `opened` is what was asked for, and from which byte on; `breaks` says at which byte a content
    breaks off; `names` is what `resolve` knows."""

    content: dict[Digest, bytes] = field(default_factory=dict)
    names: dict[Reference, Descriptor] = field(default_factory=dict)
    opened: list[tuple[Digest, int]] = field(default_factory=list)
    breaks: dict[Digest, int] = field(default_factory=dict)

    def resolve(self, reference: Reference, /) -> Descriptor:
        try:
            return self.names[reference.tagged]
        except KeyError:
            raise ImageNotFound("not on the shelf") from None

    def open(self, descriptor: Descriptor, start: int = 0, /) -> Iterator[bytes]:
        self.opened.append((descriptor.digest, start))
        if descriptor.digest not in self.content:
            raise BlobNotFound("not on the shelf")
        return self._chunks(self.content[descriptor.digest], start, self.breaks.get(descriptor.digest))

    def put(self, media_type: str, content: bytes) -> Descriptor:
        descriptor = Descriptor.of(media_type, content)
        self.content[descriptor.digest] = content
        return descriptor

    def write(self, media_type: str, document: dict[str, Any]) -> Descriptor:
        return self.put(media_type, json.dumps(document).encode())

    def layer(self, *entries: Entry) -> Descriptor:
        return self.put(LAYER, packed(*entries))

    def image(self, *layers: Descriptor, platform: Platform = AMD64, **config: Any) -> Descriptor:
        """An image of these layers; what `config` says is put over what is true."""
        diff_ids = [str(Digest.of(gzip.decompress(self.content[layer.digest]))) for layer in layers]
        truth = {**platform.json(), "rootfs": {"type": "layers", "diff_ids": diff_ids}}
        return self.manifest(self.write(media.OCI_CONFIG, truth | config), *layers)

    def manifest(self, config: Descriptor, *layers: Descriptor, **more: Any) -> Descriptor:
        parts = {"config": config.json(), "layers": [layer.json() for layer in layers]}
        return self.write(media.OCI_MANIFEST, {"schemaVersion": 2, "mediaType": media.OCI_MANIFEST} | parts | more)

    def index(self, **platforms: Descriptor) -> Descriptor:
        """An index of images by architecture."""
        children = [{**image.json(), "platform": Platform("linux", name).json()} for name, image in platforms.items()]
        document = {"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": children}
        return self.write(media.OCI_INDEX, document)

    def _chunks(self, content: bytes, start: int, end: int | None) -> Iterator[bytes]:
        for position in range(start, len(content[:end]), CHUNK):
            yield content[:end][position : position + CHUNK]
        if end is not None:
            raise Unreachable("cannot reach the shelf", host="shelf")


def noise(length: int) -> bytes:
    """Bytes that do not compress, the same each time."""
    return random.Random(length).randbytes(length)


@cache
def stand(text: str) -> Store:
    """The layout of tests/parts that has this image, as a Source."""
    return Store(layout(Reference.parse(text).repository.rpartition("/")[2]))


def target(text: str) -> Descriptor:
    """What the name stands for in its layout."""
    return Descriptor.read(Layout(stand(text).root).tags()[str(Reference.parse(text).tagged.tag)])


@dataclass(frozen=True)
class Copying:
    """Copies from one place to another, with a task to hear and to cancel."""

    source: Source
    copier: Copier

    def image(self, target: Descriptor, reference: Reference, platform: Platform) -> Copied:
        return self.copier.copy(self.source, target, reference, platform)

    def everything(self, target: Descriptor, reference: Reference) -> Copied:
        return self.copier.copy(self.source, target, reference)


def copy(
    source: Source, destination: Destination, task: Task | None = None, jobs: int = 1, words: Words = PULL
) -> Copying:
    return Copying(source, Copier(destination, task or Task(), words, jobs))


def pull(store: Store, text: str, to: str = "", platform: Platform = AMD64) -> Copied:
    """Bring an image of tests/parts into the store, under another name if `to` is one."""
    return copy(stand(text), store).image(target(text), Reference.parse(to or text), platform)


def pull_from(shelf: Shelf, image: Descriptor, store: Store, to: str = "shelf:latest") -> Copied:
    return copy(shelf, store).image(image, Reference.parse(to), AMD64)
