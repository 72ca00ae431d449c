"""Which images have a layer in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from nbdock.oci.digest import Digest
from nbdock.places import Image


def sharers(images: Iterable[Image]) -> dict[Digest, list[Image]]:
    """By the digest of each layer, the images that have it."""
    found: dict[Digest, list[Image]] = defaultdict(list)
    for image in images:
        for digest in dict.fromkeys(layer.descriptor.digest for layer in image.layers):
            found[digest].append(image)
    return dict(found)
