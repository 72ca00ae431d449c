"""The images of a store at one moment. Manifests and configs are read on access; names and ids are indexed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import islice
from typing import TypeAlias

from nbdock.oci import fields
from nbdock.oci.config import ImageConfig
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import FindFacts, Image, Layer, Name, Source
from nbdock.reading import read
from nbdock.store.index import Key, key
from nbdock.store.summary import Summary

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

    _source: Source
    _facts: FindFacts
    _summary: Summary
    _measured: Measured

    def __init__(
        self,
        source: Source,
        facts: FindFacts,
        descriptor: Descriptor,
        summary: Summary,
        names: tuple[Name, ...],
        measured: Measured,
    ) -> None:
        own = self.__dict__
        own["_source"], own["_facts"], own["descriptor"], own["names"] = source, facts, descriptor, names
        own["id"], own["_summary"], own["_measured"] = Digest.parse(summary.config[1]), summary, measured

    @cached_property
    def manifest(self) -> Manifest:
        return Manifest.parse(read(self._source, self.descriptor), self.descriptor.media_type)

    @cached_property
    def config(self) -> ImageConfig:
        return ImageConfig.parse(read(self._source, self.manifest.config))

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        return tuple(Layer(*_layer(*layer), self._facts) for layer in self._summary.layers)

    @property
    def created(self) -> datetime | None:
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
    def compressed_size(self) -> int:
        return sum(layer[2] for layer in self._summary.layers)

    @cached_property
    def size(self) -> int:
        if self._summary.size is not None:
            return self._summary.size
        facts = [layer.facts for layer in self.layers]
        size = sum(each.size for each in facts if each)
        if all(facts) and not self._summary.misfit:
            self._measured(self._summary, size)
        return size


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
