"""The places an image lives in, and what is in them.

A registry's repository, the local store and an archive are each a `Source` (images come from it), a `Destination`
(images go to it) or both; the store is a `Library` besides, which knows its images and can let go of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal, Protocol, Self

from nbdock.errors import DigestMismatch, InvalidContent, SizeMismatch
from nbdock.oci import media
from nbdock.oci.config import ImageConfig
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference


class Source(Protocol):
    """Where images come from."""

    def resolve(self, reference: Reference, /) -> Descriptor:
        """What the name stands for: an index or a manifest. Raises ImageNotFound."""
        ...

    def open(self, descriptor: Descriptor, start: int = 0, /) -> Iterator[bytes]:
        """The content from byte `start` on, in pieces, not yet verified. Raises BlobNotFound."""
        ...


class Destination(Protocol):
    """Where images go to. Children go before their parents, the tag last."""

    def has(self, descriptor: Descriptor, /) -> bool:
        """All of the content is there."""
        ...

    def partial(self, descriptor: Descriptor, /) -> Iterator[bytes]:
        """What an earlier, broken `write` left of the content: its first bytes, in pieces. Empty where nothing is."""
        ...

    def write(self, descriptor: Descriptor, chunks: Iterable[bytes], /) -> None:
        """All of it or nothing: raises DigestMismatch or SizeMismatch where the bytes are not the descriptor's."""
        ...

    def tag(self, reference: Reference, descriptor: Descriptor, /, image: Descriptor | None = None) -> None:
        """Let the name stand for the content; `image` is the manifest chosen for a platform where that is an index.

        Raises BlobNotFound where a part of it is missing.
        """
        ...


class Library(Source, Destination, Protocol):
    """What a local store adds."""

    def names(self) -> tuple[Name, ...]:
        """Every name, and every image without one."""
        ...

    def images(self) -> tuple[Image, ...]:
        """Every image, by its id."""
        ...

    def unpacked(self, layer: Descriptor, /) -> Unpacked | None:
        """How large the layer is unpacked, and its diff id; None where its content is not there."""
        ...

    def removal(self, names: Iterable[Name], /) -> Removal:
        """The plan of what goes when these names do."""
        ...


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A layer as the pass over it found it: `diff_id` of its tar; `files` is docker's size in bytes (file bytes, hard
    links once, symlink targets), `tar` the length of the tar; `entries` counts what is in it."""

    diff_id: Digest
    files: int
    tar: int
    entries: int


@dataclass(frozen=True, slots=True)
class Name:
    """A line of the store's index: `reference` points to `target`; `image` is the manifest of it that is in the store.

    `reference` is None for an image without a name. `all_platforms` says that everything below an index belongs to the
    name, not just `image`. Times are UTC.
    """

    reference: Reference | None
    target: Descriptor
    image: Descriptor
    pulled_at: datetime | None = None
    tagged_at: datetime | None = None
    all_platforms: bool = False

    def __hash__(self) -> int:
        """Cheap: stores have many thousand names."""
        return hash((self.target.digest.hex, self.reference and self.reference.tag))


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of an image: as the registry has it (`descriptor`) and as the config names it (`diff_id`)."""

    descriptor: Descriptor
    diff_id: Digest | None


@dataclass(frozen=True)
class Image:
    """An image of a place. Two are equal when their ids are: `id` is the digest of the config."""

    library: Library = field(repr=False, compare=False)
    descriptor: Descriptor = field(compare=False)
    id: Digest
    names: tuple[Name, ...] = field(compare=False)
    manifest: Manifest = field(repr=False, compare=False)
    config: ImageConfig = field(repr=False, compare=False)
    layers: tuple[Layer, ...] = field(repr=False, compare=False)

    def under(self, names: tuple[Name, ...]) -> Self:
        """The same image with just these names."""
        image = copy(self)
        object.__setattr__(image, "names", names)
        return image

    @property
    def created(self) -> datetime | None:
        """When it was built, which is not when it was pulled."""
        return self.config.created

    @property
    def platform(self) -> Platform:
        """What it runs on."""
        return self.config.platform

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of its config."""
        return self.config.labels

    @property
    def user(self) -> str:
        """Who runs what runs in it, "" where the config does not say."""
        return self.config.user

    @property
    def exposed_ports(self) -> tuple[str, ...]:
        """The ports it listens on: `80/tcp`."""
        return self.config.exposed_ports

    @cached_property
    def size(self) -> int:
        """Docker's size: the file bytes of its layers."""
        unpacked = (self.library.unpacked(layer.descriptor) for layer in self.layers)
        return sum(layer.files for layer in unpacked if layer)

    @property
    def lowest_diff_id(self) -> Digest | None:
        """The diff id of its lowest layer."""
        return self.layers[0].diff_id if self.layers else None

    @property
    def layer_count(self) -> int:
        """How many layers it has."""
        return len(self.layers)

    @property
    def compressed_size(self) -> int:
        """What the registry sends: its layers as they are stored."""
        return sum(layer.descriptor.size for layer in self.layers)

    @property
    def tags(self) -> tuple[Reference, ...]:
        """The names with a tag."""
        return tuple(name.reference for name in self.names if name.reference and name.reference.tag)

    @property
    def digests(self) -> tuple[Reference, ...]:
        """The names by digest: which registry has it under what."""
        return tuple(name.reference for name in self.names if name.reference and not name.reference.tag)

    @property
    def dangling(self) -> bool:
        """No tag points at it."""
        return not self.tags

    @property
    def pulled_at(self) -> datetime | None:
        return max((name.pulled_at for name in self.names if name.pulled_at), default=None)


@dataclass(frozen=True, slots=True)
class Removed:
    """One thing that a removal takes away: a name, an image, a layer, or content that no name needs.

    `what` is the reference, the image id, the layer's digest or the content's digest; `image_id` the image that a layer
    is deleted with. `freed` is the content that is deleted with it and with nothing else, in bytes on disk.
    """

    object: Literal["name", "image", "layer", "content"]
    what: Reference | Digest
    freed: Mapping[Digest, int] = field(default_factory=dict)
    image_id: Digest | None = None
    diff_id: Digest | None = None
    chain_id: Digest | None = None

    @property
    def reclaimed(self) -> int:
        """Bytes that it frees."""
        return sum(self.freed.values())


@dataclass(frozen=True, slots=True)
class Removal:
    """What a removal would do, or did: names first, then images, layers, and content that no name needs.

    A plan lists what nothing else needed at `planned_at` (UTC). What `execute` returns lists the bytes that were really
    freed, with `leftovers`, the bytes of broken downloads that were deleted too.
    """

    items: tuple[Removed, ...]
    planned_at: datetime
    _execute: Callable[[Removal], Removal] = field(repr=False, compare=False)
    leftovers: int = 0

    def execute(self) -> Removal:
        """Carry out the plan. What another process named or wrote in the meantime stays, and frees nothing."""
        return self._execute(self)

    @property
    def untagged(self) -> tuple[Reference, ...]:
        """The names that are taken away."""
        return tuple(item.what for item in self.items if isinstance(item.what, Reference))

    @property
    def deleted(self) -> tuple[Digest, ...]:
        """The ids of the images that are deleted."""
        return tuple(item.what for item in self.items if item.object == "image" and isinstance(item.what, Digest))

    @property
    def layers(self) -> tuple[Digest, ...]:
        """The chain ids of the layers that are deleted."""
        return tuple(item.chain_id for item in self.items if item.chain_id)

    @property
    def blobs(self) -> tuple[Digest, ...]:
        """The content that is deleted, parents before children."""
        return tuple(digest for item in self.items for digest in item.freed)

    @property
    def reclaimed(self) -> int:
        """Bytes on disk that are freed."""
        return sum(item.reclaimed for item in self.items) + self.leftovers


def pair(manifest: Manifest, config: ImageConfig) -> tuple[Layer, ...]:
    """The manifest's layers with the config's diff ids. Raises InvalidContent where their numbers differ."""
    if manifest.is_image and len(manifest.layers) != len(config.diff_ids):
        raise InvalidContent(
            f"the manifest has {len(manifest.layers)} layers, its config {len(config.diff_ids)} diff ids"
        )
    missing = [None] * (len(manifest.layers) - len(config.diff_ids))
    return tuple(map(Layer, manifest.layers, [*config.diff_ids, *missing]))


def read(source: Source, descriptor: Descriptor) -> bytes:
    """A small document whole and verified: a manifest, an index or a config. Raises IntegrityError."""
    limit = media.MAX_MANIFEST if media.is_document(descriptor.media_type) else media.MAX_CONFIG
    content = bytearray()
    if descriptor.size <= limit:
        for chunk in source.open(descriptor):
            content += chunk
            if len(content) > min(limit, descriptor.size):
                break
    return verified(bytes(content), descriptor, limit)


def verified(content: bytes, descriptor: Descriptor, limit: int = media.MAX_CONFIG) -> bytes:
    """The content, when it is the descriptor's. Raises InvalidContent, SizeMismatch or DigestMismatch."""
    if descriptor.size > limit:
        raise InvalidContent(f"{descriptor.digest} claims {descriptor.size} bytes; at most {limit} are read")
    if len(content) != descriptor.size:
        raise SizeMismatch(
            f"{descriptor.digest} is not of {descriptor.size} bytes", expected=descriptor.size, actual=len(content)
        )
    actual = descriptor.digest.same(content)
    if actual != descriptor.digest:
        raise DigestMismatch(
            f"content of {descriptor.digest} hashes to {actual}", expected=str(descriptor.digest), actual=str(actual)
        )
    return content
