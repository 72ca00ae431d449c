"""The disk usage of images. Shared content is counted once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest

if TYPE_CHECKING:
    from nbdock.places import Image

Has = Callable[[Descriptor], bool]
"""Whether the content is on the disk of the store."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes on disk of what one image needs: `shared` with other images, `unique` to it."""

    image: Image
    shared: int
    unique: int

    @property
    def size(self) -> int:
        """All of its bytes."""
        return self.shared + self.unique


def usage(images: Iterable[Image], has: Has) -> tuple[Usage, ...]:
    """The disk usage of each image, split into shared and unique content."""
    needed = {image: _content(image, has) for image in images}
    users = Counter(digest for content in needed.values() for digest in content)
    return tuple(
        Usage(
            image,
            sum(size for digest, size in content.items() if users[digest] > 1),
            sum(size for digest, size in content.items() if users[digest] == 1),
        )
        for image, content in needed.items()
    )


def total(images: Iterable[Image], has: Has) -> int:
    """Bytes on disk of all images together."""
    return sum({digest: size for image in images for digest, size in _content(image, has).items()}.values())


def sharers(images: Iterable[Image]) -> dict[Digest, list[Image]]:
    """The images that have a layer, by the layer's digest."""
    found: dict[Digest, list[Image]] = defaultdict(list)
    for image in images:
        for digest in dict.fromkeys(layer.descriptor.digest for layer in image.layers):
            found[digest].append(image)
    return dict(found)


def _content(image: Image, has: Has) -> dict[Digest, int]:
    manifests = (descriptor for name in image.names for descriptor in (name.target, name.image))
    everything = (*manifests, *image.manifest.children)
    return {each.digest: each.size for each in everything if has(each)}
