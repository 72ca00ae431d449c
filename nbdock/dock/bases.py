"""The images that an image was built on: those whose layers are its lowest ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference

if TYPE_CHECKING:
    from nbdock.places import Image


@dataclass(frozen=True, slots=True)
class Base:
    """An image that another was built on. If its tag was given to a newer image since, that is `newer`.

    `newer_layers` is the number of layers of the newer image that the built one has not, `newer_days` by how many days
    it is newer than the base.
    """

    image: Image
    newer: tuple[Image, Reference] | None = None
    newer_layers: int | None = None
    newer_days: int | None = None

    @classmethod
    def of(cls, base: Image, image: Image, newer: tuple[Image, Reference] | None = None) -> Self:
        """The base of an image, and how far that is behind the newer image."""
        if newer is None:
            return cls(base)
        own = set(_diff_ids(image))
        layers = sum(diff_id not in own for diff_id in _diff_ids(newer[0]))
        days = (newer[0].created - base.created).days if newer[0].created and base.created else None
        return cls(base, newer, layers, days)

    @property
    def tags(self) -> tuple[Reference, ...]:
        """The base's tags; if all have moved, the one that the newer image has."""
        return self.image.tags or ((self.newer[1],) if self.newer else ())


def bases(image: Image, images: Iterable[Image]) -> list[Base]:
    """The bases of an image among `images`, the nearest first."""
    known = list(images)
    found = [each for each in known if each.id != image.id and is_base(each, image)]
    found.sort(key=lambda each: (len(each.layers), len(each.config.history)), reverse=True)
    return [Base.of(each, image, _newer(each, known)) for each in found]


def is_base(below: Image, image: Image) -> bool:
    """Whether it has the lowest layers of the image; with all of them, whether its history is shorter."""
    lower, upper = _diff_ids(below), _diff_ids(image)
    if not lower or lower != upper[: len(lower)] or below.platform != image.platform:
        return False
    if len(lower) < len(upper):
        return True
    steps, all_steps = below.config.history, image.config.history
    return len(steps) < len(all_steps) and steps == all_steps[: len(steps)]


def _newer(base: Image, images: Iterable[Image]) -> tuple[Image, Reference] | None:
    """The newest image that has a tag in a repository where the base has only a digest left: its tag has moved."""
    moved = {each.name for each in base.digests} - {each.name for each in base.tags}
    named = ((image, tag) for image in images for tag in image.tags if tag.name in moved)
    alike = [each for each in named if each[0].platform == base.platform and _is_newer(each[0], base)]
    return max(alike, key=lambda each: (each[0].created, str(each[1])), default=None)


def _is_newer(image: Image, base: Image) -> bool:
    return bool(image.created and base.created and image.created > base.created)


def _diff_ids(image: Image) -> list[Digest | None]:
    return [layer.diff_id for layer in image.layers]
