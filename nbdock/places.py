"""Places where images live: sources and destinations, and the types of what they hold.

A registry's repository and the local store are each a `Source` (to read images from) and a `Destination` (to write
images to). An `Image` is the same whichever place it was read from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol, Self, TypeAlias, runtime_checkable

from nbdock.errors import BlobNotFound, InvalidContent, NbdockError
from nbdock.oci.config import ImageConfig
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.kinds import IMAGE, kind_of_tag
from nbdock.oci.manifest import Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference

if TYPE_CHECKING:
    import pyarrow as pa


class Source(Protocol):
    """Where images come from."""

    def resolve(self, reference: Reference, /) -> Descriptor:
        """The index or manifest that the name points to. Raises ImageNotFound."""
        ...

    def open(self, descriptor: Descriptor, start: int = 0, /) -> Iterator[bytes]:
        """The content from byte `start` on, in chunks, not yet verified. Raises BlobNotFound."""
        ...


@runtime_checkable
class Mirrored(Source, Protocol):
    """A source that several hosts serve."""

    def skip(self, failed: NbdockError, /) -> bool:
        """Stop asking the host that failed, or that sent wrong content. False if there is no other."""
        ...


class Destination(Protocol):
    """Where images go to. Write children before their parents, and the tag last."""

    def has(self, descriptor: Descriptor, /) -> bool:
        """Whether all of the content is there."""
        ...

    def partial(self, descriptor: Descriptor, /) -> Iterator[bytes]:
        """The first bytes of the content, in chunks, left by an interrupted `write`."""
        ...

    def write(self, descriptor: Descriptor, chunks: Iterable[bytes], /) -> None:
        """Write the content atomically. Raises DigestMismatch or SizeMismatch if it does not match the descriptor."""
        ...

    def tag(self, reference: Reference, descriptor: Descriptor, /, image: Descriptor | None = None) -> None:
        """Give the content a name; `image` is the chosen manifest if the content is an index.

        Raises BlobNotFound if some of it is missing, IntegrityError if its layers do not match the config's diff ids.
        """
        ...


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """What the pass over a layer found.

    Attributes
    ----------
    diff_id
        The digest of the layer's tar.
    size
        Docker's size in bytes: the bytes of regular files (hard links once) and of symlink targets, unpacked.
    tar_size
        The length of the tar in bytes.
    entries
        The number of entries in the tar.
    """

    diff_id: Digest
    size: int
    tar_size: int
    entries: int


FindFacts = Callable[[Descriptor], LayerFacts | None]
ChooseNames = Callable[[], "Iterable[Name]"]
Read = Callable[[], Iterable[bytes]]
Kind = Literal["files", "packages", "sha256"]
Found: TypeAlias = "tuple[pa.Table, InvalidContent | None]"
"""The table of a layer, and where the layer breaks off if it does: the table has what comes before."""


def no_facts(_layer: Descriptor) -> None:
    """No facts: for layers that have not been read."""


class Place(Source, Protocol):
    """A source whose layers can be looked into."""

    def facts(self, layer: Descriptor, /) -> LayerFacts | None:
        """What the pass found; None if the layer is not here, or is none."""
        ...

    def table(self, kind: Kind, layer: Descriptor, read: Read, columns: Sequence[str] | None = None, /) -> Found:
        """The table of a layer, made of what `read` returns if it is not there. Raises BlobNotFound, IntegrityError."""
        ...


@runtime_checkable
class Listing(Place, Protocol):
    """A place whose layers may have a table of contents, and can be read in parts (eStargz, zstd:chunked)."""

    def listed(self, layer: Descriptor, /) -> pa.Table | None:
        """The file table that a table of contents says; None if there is none, or if the layer itself was read."""
        ...

    def part(self, layer: Descriptor, start: int, length: int, /) -> bytes | None:
        """Some bytes of the blob, not verified; None if they cannot be had alone. Raises BlobNotFound."""
        ...


@dataclass(frozen=True, slots=True)
class Name:
    """A line of the store's index: `reference` points to `target`; `image` is the manifest of it that is in the store.

    `reference` is None for an image without a name; it may have a `bare_tag`, as podman, oras and regctl write it: a
    tag without a repository. `all_platforms` says that everything below an index belongs to the name, not just `image`;
    `platforms` are then those of the index. A `read_only` one is in the store's base. Times are UTC.
    """

    reference: Reference | None
    target: Descriptor
    image: Descriptor
    pulled_at: datetime | None = None
    tagged_at: datetime | None = None
    all_platforms: bool = False
    bare_tag: str = ""
    platforms: tuple[Platform, ...] = field(default=(), compare=False)
    read_only: bool = field(default=False, compare=False)

    @property
    def shown(self) -> str:
        """The name as messages show it: the digest if there is none."""
        return self.reference.familiar if self.reference else self.bare_tag or str(self.target.digest)

    @property
    def is_of_referrers(self) -> bool:
        """Whether the tag stands for the signatures and the like of another manifest (distribution spec, "Referrers Tag
        Schema"; cosign's and regctl's tags)."""
        return kind_of_tag(self.bare_tag) != IMAGE

    def __hash__(self) -> int:
        """Cheap: stores have many thousand names."""
        return hash((self.target.digest.hex, self.reference and self.reference.tag))


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of an image: its blob (`descriptor`) and the config's digest of its tar (`diff_id`).

    Two layers are equal when both are, whichever `place` they can be read at; None for a layer that is only copied.
    """

    descriptor: Descriptor
    diff_id: Digest | None
    place: Place | None = field(default=None, repr=False, compare=False)

    @property
    def facts(self) -> LayerFacts | None:
        """What the pass found; None if the layer has not been read."""
        return self.place.facts(self.descriptor) if self.place else None

    def open(self, start: int = 0) -> Iterator[bytes]:
        """The blob from byte `start` on. Raises BlobNotFound."""
        return self._at.open(self.descriptor, start)

    def table(self, kind: Kind, read: Read, columns: Sequence[str] | None = None) -> Found:
        """A table of what is in it, as the place has or makes it."""
        return self._at.table(kind, self.descriptor, read, columns)

    def files(self, read: Read, columns: Sequence[str] | None = None) -> Found:
        """The table of its files, which may be what its table of contents says (contents/listed.py)."""
        listed = self.place.listed(self.descriptor) if isinstance(self.place, Listing) else None
        if listed is None:
            return self.table("files", read, columns)
        return listed if columns is None else listed.select(columns), None

    def part(self, start: int, length: int) -> bytes | None:
        """Some bytes of the blob, not verified; None if they cannot be had alone."""
        return self.place.part(self.descriptor, start, length) if isinstance(self.place, Listing) else None

    @property
    def _at(self) -> Place:
        if self.place is None:
            raise BlobNotFound(f"{self.descriptor.digest} is not in the store", hint="pull the image")
        return self.place


@dataclass(frozen=True)
class Image:
    """An image of any place. Two images are equal when their ids are: `id` is the digest of the config.

    `location` is what commands call an image that is not in the store: `docker-archive:app.tar`.
    """

    descriptor: Descriptor = field(compare=False)
    id: Digest
    names: tuple[Name, ...] = field(compare=False)
    manifest: Manifest = field(repr=False, compare=False)
    config: ImageConfig = field(repr=False, compare=False)
    layers: tuple[Layer, ...] = field(repr=False, compare=False)
    location: str = field(default="", compare=False)

    def under(self, names: tuple[Name, ...]) -> Self:
        """The same image with just these names."""
        image = copy(self)
        object.__setattr__(image, "names", names)
        return image

    @property
    def created(self) -> datetime | None:
        """When the image was built."""
        return self.config.created

    @property
    def platform(self) -> Platform:
        """The platform of its config."""
        return self.config.platform

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of its config."""
        return self.config.labels

    @property
    def user(self) -> str:
        """The user that its processes run as; "" if the config does not say."""
        return self.config.user

    @property
    def exposed_ports(self) -> tuple[str, ...]:
        """The ports it listens on: `80/tcp`."""
        return self.config.exposed_ports

    @cached_property
    def size(self) -> int:
        """Docker's size in bytes, unpacked. Layers that have not been read count as 0."""
        return sum(facts.size for layer in self.layers if (facts := layer.facts))

    @property
    def known_size(self) -> int | None:
        """Docker's size in bytes; None if one of its layers has not been read."""
        return self.size if all(layer.facts for layer in self.layers) else None

    @property
    def is_measured(self) -> bool:
        """Whether its size is known: no layer must be read for it."""
        return "size" in self.__dict__

    @property
    def lowest_diff_id(self) -> Digest | None:
        """The diff id of its lowest layer."""
        return self.layers[0].diff_id if self.layers else None

    @property
    def layer_count(self) -> int:
        """The number of layers."""
        return len(self.layers)

    @property
    def compressed_size(self) -> int | None:
        """The size of the layers in bytes, as a registry sends them; None if one is a plain tar."""
        layers = [layer.descriptor for layer in self.layers]
        return None if any(each.compressed_size is None for each in layers) else sum(each.size for each in layers)

    @property
    def tags(self) -> tuple[Reference, ...]:
        """The names with a tag."""
        return tuple(name.reference for name in self.names if name.reference and name.reference.tag)

    @property
    def digests(self) -> tuple[Reference, ...]:
        """The names with a digest; they tell which registries have the image."""
        return tuple(name.reference for name in self.names if name.reference and not name.reference.tag)

    @property
    def dangling(self) -> bool:
        """Whether the image has no tag."""
        return not self.tags and not any(name.bare_tag for name in self.names)

    @property
    def own_names(self) -> tuple[Name, ...]:
        """The names that can be removed: those that are not in the store's base."""
        return tuple(name for name in self.names if not name.read_only)

    @property
    def read_only(self) -> bool:
        """Whether the image is in the store's base alone."""
        return bool(self.names) and not self.own_names

    @property
    def pulled_at(self) -> datetime | None:
        """When the image was last pulled (UTC)."""
        return max((name.pulled_at for name in self.names if name.pulled_at), default=None)


@dataclass(frozen=True, slots=True)
class Removed:
    """A row of a removal: a name, an image, a layer, or content that no name needs.

    `what` is the reference, the image id, the layer's digest or the content's digest; `image_id` the image that a layer
    is deleted with. `freed` has the bytes on disk of the content that this row deletes. `created` and `pulled_at` are
    those of the name or image.
    """

    object: Literal["name", "image", "layer", "content"]
    what: Reference | Digest
    freed: Mapping[Digest, int] = field(default_factory=dict)
    image_id: Digest | None = None
    diff_id: Digest | None = None
    chain_id: Digest | None = None
    created: datetime | None = None
    pulled_at: datetime | None = None

    @property
    def reclaimed(self) -> int:
        """Bytes that it frees."""
        return sum(self.freed.values())


@dataclass(frozen=True, slots=True)
class Removal:
    """What a removal would do, or did: names first, then images, layers, and content that no name needs.

    A plan lists what nothing else needed at `planned_at` (UTC). The result of `execute` has the bytes that were really
    freed; `leftovers` are the bytes of the cache and of interrupted downloads, which are deleted too.
    """

    items: tuple[Removed, ...]
    planned_at: datetime
    _execute: Callable[[Removal, ChooseNames | None], Removal] = field(repr=False, compare=False)
    leftovers: int = 0

    def execute(self, again: ChooseNames | None = None) -> Removal:
        """Carry out the plan. Content that another process named or wrote in the meantime is not deleted.

        `again` chooses the names once more, while no other process can change them or the containers: names that it
        does not return stay.
        """
        return self._execute(self, again)

    @property
    def untagged(self) -> tuple[Reference, ...]:
        """The names that are removed."""
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
