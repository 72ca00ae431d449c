"""The images of a store at one moment. Manifests and configs are read on access; names and ids are indexed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import islice
from typing import TypeAlias

from nbdock.errors import BlobNotFound, IntegrityError, NbdockError
from nbdock.oci import fields, media
from nbdock.oci.config import ImageConfig
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import Image, Layer, Name, Place
from nbdock.reading import read
from nbdock.store import other_tools
from nbdock.store.index import Key, key, uncollected
from nbdock.store.removal import Read
from nbdock.store.summary import Summaries, Summary

Measured: TypeAlias = Callable[[Summary, int], None]


@dataclass(frozen=True, slots=True)
class Match:
    """An image that was found, and the name it was found by; None if it was found by id."""

    image: Image
    name: Name | None = None


class Images(tuple[Image, ...]):
    """A tuple of images that finds them by name and by id."""

    def named(self, reference: Reference) -> Iterator[Match]:
        """The images of this name. If it has a digest, its tag is ignored, as in docker."""
        return (Match(self[number], name) for number, name in self._by_key.get(_key(reference), ()))

    def starting(self, start: str) -> tuple[Image, ...]:
        """The images whose id begins with these hex digits; if there are none, those whose manifest or index does."""
        found = _starting(self._ids, start) or _starting(self._digests, start)
        return tuple(self[number] for number in sorted(found))

    def of(self, name: Name) -> Image | None:
        """The image that has this name."""
        return self._by_name.get(name)

    @cached_property
    def by_id(self) -> dict[str, Image]:
        """The images by their id."""
        return {str(image.id): image for image in self}

    @cached_property
    def _by_name(self) -> dict[Name, Image]:
        return {name: image for image in self for name in image.names}

    @cached_property
    def _by_key(self) -> dict[Key, list[tuple[int, Name]]]:
        found: dict[Key, list[tuple[int, Name]]] = {}
        for number, image in enumerate(self):
            for name in image.names:
                at = _key(name.reference)
                if at in found:
                    found[at].append((number, name))
                else:
                    found[at] = [(number, name)]
        return found

    @cached_property
    def _ids(self) -> list[tuple[str, int]]:
        return sorted((image.id.hex, number) for number, image in enumerate(self))

    @cached_property
    def _digests(self) -> list[tuple[str, int]]:
        named = ((number, name) for number, image in enumerate(self) for name in image.names)
        return sorted((each.digest.hex, number) for number, name in named for each in (name.target, name.image))


class StoredImage(Image):
    """An image of a store, listed from its summary. The manifest and config are read and verified on first access,
    which may raise BlobNotFound or IntegrityError."""

    _place: Place
    _summary: Summary
    _measured: Measured

    def __init__(
        self,
        place: Place,
        descriptor: Descriptor,
        summary: Summary,
        names: tuple[Name, ...],
        measured: Measured,
    ) -> None:
        own = self.__dict__
        own["_place"], own["descriptor"], own["names"] = place, descriptor, names
        own["id"], own["_summary"], own["_measured"] = Digest.parse(summary.config[1]), summary, measured

    @cached_property
    def manifest(self) -> Manifest:
        return Manifest.parse(read(self._place, self.descriptor), self.descriptor.media_type)

    @cached_property
    def config(self) -> ImageConfig:
        return ImageConfig.parse(read(self._place, self.manifest.config))

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        return tuple(Layer(*_layer(*layer), self._place) for layer in self._summary.layers)

    @cached_property
    def created(self) -> datetime | None:  # the list is sorted by it
        return fields.time(self._summary.created)

    @property
    def platform(self) -> Platform:
        return Platform(*self._summary.platform)

    @property
    def labels(self) -> Mapping[str, str]:
        return self._summary.labels

    @property
    def user(self) -> str:
        return self._summary.user

    @property
    def exposed_ports(self) -> tuple[str, ...]:
        return tuple(self._summary.exposed_ports)

    @property
    def lowest_diff_id(self) -> Digest | None:
        lowest = next(iter(self._summary.layers), None)
        return Digest.parse(lowest[3]) if lowest and lowest[3] else None

    @property
    def layer_count(self) -> int:
        return len(self._summary.layers)

    @property
    def compressed_size(self) -> int | None:
        layers = self._summary.layers
        return sum(layer[2] for layer in layers) if all(media.is_compressed(layer[0]) for layer in layers) else None

    @property
    def is_measured(self) -> bool:
        return self._summary.size is not None or super().is_measured

    @cached_property
    def size(self) -> int:
        if self._summary.size is not None:
            return self._summary.size
        facts = [layer.facts for layer in self.layers]
        size = sum(each.size for each in facts if each)
        if all(facts) and not self._summary.misfit:
            self._measured(self._summary, size)
        return size


class Catalog:
    """The images that names point to, and the problems of those that cannot be read; cached until the names change."""

    def __init__(self, place: Place, summaries: Summaries, read: Read) -> None:
        self._place, self._summaries, self._read = place, summaries, read
        self._names: tuple[Name, ...] = ()
        self._found: tuple[Images, tuple[str, ...]] = (Images(), ())

    def read(self, names: tuple[Name, ...]) -> tuple[Images, tuple[str, ...]]:
        """The images and the problems."""
        if names is not self._names or self._found[1]:
            with uncollected():
                self._names, self._found = names, self._grouped(names)
        return self._found

    def _grouped(self, names: tuple[Name, ...]) -> tuple[Images, tuple[str, ...]]:
        groups: dict[str, tuple[Summary, list[Name]]] = {}
        problems: list[str] = []
        for name in other_tools.images(names, self._read):
            try:
                summary = self._summaries.of(name.image)
                groups.setdefault(summary.config[1], (summary, []))[1].append(name)
                if summary.misfit:
                    problems.append(f"{name.shown}: the manifest has {summary.misfit}: some layers have no diff id")
            except (BlobNotFound, IntegrityError) as error:
                problems += self._problem(name, error)
        self._summaries.tidy(len(groups))
        known = self._found[0].by_id
        images = (self._image(known.get(at), summary, tuple(group)) for at, (summary, group) in groups.items())
        return Images(images), tuple(problems)

    def _image(self, known: Image | None, summary: Summary, names: tuple[Name, ...]) -> Image:
        """The image of these names: the cached `known` one if it has the same names."""
        if known and known.names == names:
            return known
        return StoredImage(self._place, names[0].image, summary, names, self._summaries.measured)

    def _problem(self, name: Name, error: NbdockError) -> Iterator[str]:
        """Why the image cannot be read. Nothing for an artifact or an index of artifacts, which is not an image."""
        manifest = self._read(name.image)
        if isinstance(manifest, Index) and name.platforms:
            available = ", ".join(map(str, name.platforms))
            yield f"{name.shown}: none of its images is in the store ({available}): pull the image again"
        elif manifest is None or (isinstance(manifest, Manifest) and manifest.is_image):
            yield f"{name.shown}: {error}: {error.hint}"


@lru_cache(1 << 16)
def _layer(media_type: str, digest: str, size: int, diff_id: str, *urls: str) -> tuple[Descriptor, Digest | None]:
    return Descriptor(media_type, Digest.parse(digest), size, urls=urls), Digest.parse(diff_id) if diff_id else None


def _key(reference: Reference | None) -> Key:
    return key(replace(reference, tag=None) if reference and reference.digest and reference.tag else reference)


def _starting(known: list[tuple[str, int]], start: str) -> set[int]:
    """The numbers that these hex digits begin."""
    found: set[int] = set()
    for text, number in islice(known, bisect_left(known, (start,)), None):
        if not text.startswith(start):
            break
        found.add(number)
    return found
