"""What images share on disk, and which of them to delete to free so many bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nbdock import human
from nbdock.errors import UsageError
from nbdock.oci.digest import Digest

if TYPE_CHECKING:
    from nbdock.places import Image
    from nbdock.store import Store

EXACT = 20
"""Up to so many images every choice is looked at."""


class Sharing:
    """The content of images on the disk of a store.

    A choice of images is a number, with a bit for each.
    """

    def __init__(self, store: Store, images: Sequence[Image]) -> None:
        self.images = images
        self._bits = {image: 1 << number for number, image in enumerate(images)}
        self._sizes = {image: store.sizes(image.names) for image in images}
        own = {name for image in images for name in image.names}
        kept = store.sizes(name for name in store.names() if name not in own)
        users = Counter[Digest]()
        for image, sizes in self._sizes.items():
            users.update(dict.fromkeys(sizes.keys() - kept.keys(), self._bits[image]))
        every = {digest: size for sizes in self._sizes.values() for digest, size in sizes.items()}
        self._needed_by = Counter[int]()
        """Bytes that just these images need, and nothing else does."""
        for digest, choice in users.items():
            self._needed_by[choice] += every[digest]

    def common(self, one: Image, other: Image) -> int:
        """Bytes that both need; of an image and itself, all of its bytes."""
        sizes = self._sizes[one]
        return sum(sizes[digest] for digest in sizes.keys() & self._sizes[other].keys())

    def freed(self, images: Iterable[Image]) -> int:
        """Bytes that deleting these images really frees: what no other needs."""
        return _within(sum({self._bits[image] for image in images}), self._needed_by)

    def freed_by_two(self, one: Image, other: Image) -> int:
        """The same of two images, or of one and itself, without looking at all others."""
        a, b = self._bits[one], self._bits[other]
        return sum(self._needed_by[choice] for choice in {a, b, a | b})

    def fewest(self, wanted: int) -> tuple[Image, ...]:
        """The fewest images whose deletion frees `wanted` bytes, and of such choices the one that frees least.

        A good guess for more than EXACT images. Raises UsageError if all of them together free less.
        """
        most = self._needed_by.total()
        if most < wanted:
            raise UsageError(
                f"deleting all of these images frees {human.size(most)}, not {human.size(wanted)}",
                hint="free less, or let go of the images that containers use first, with container rm",
            )
        choice = self._exact(wanted) if len(self.images) <= EXACT else self._guess(wanted)
        return tuple(image for image, bit in self._bits.items() if choice & bit)

    def _exact(self, wanted: int) -> int:
        """A choice frees what its subsets free: summed bit by bit, for every choice at once."""
        import numpy as np

        freed = np.zeros(1 << len(self.images), np.int64)
        for choice, size in self._needed_by.items():
            freed[choice] = size
        for bit in self._bits.values():
            without_and_with = freed.reshape(-1, 2, bit)
            without_and_with[:, 1] += without_and_with[:, 0]
        enough = np.flatnonzero(freed >= wanted)
        counts = sum((enough & bit != 0).astype(np.int8) for bit in self._bits.values())
        fewest = enough[counts == np.min(counts)]
        return int(fewest[np.argmin(freed[fewest])])

    def _guess(self, wanted: int) -> int:
        """Again and again all images that need the same content, where that frees most for each image; then those
        without which it is enough stay."""
        choice, rest, left = 0, Counter(self._needed_by), wanted
        while left > 0:
            best = max(rest, key=lambda group: _within(group, rest) / group.bit_count())
            choice, left = choice | best, left - _within(best, rest)
            rest = _without(best, rest)
        for bit in sorted(self._bits.values(), key=lambda bit: self._needed_by[bit]):
            if choice & bit and _within(choice & ~bit, self._needed_by) >= wanted:
                choice &= ~bit
        return choice


def _within(choice: int, needed_by: Counter[int]) -> int:
    """Bytes that nothing but these images needs."""
    if choice.bit_count() == 1:
        return needed_by[choice]
    return sum(size for users, size in needed_by.items() if not users & ~choice)


def _without(choice: int, needed_by: Counter[int]) -> Counter[int]:
    """The same content once these images are gone."""
    rest = Counter[int]()
    for users, size in needed_by.items():
        if users & ~choice:
            rest[users & ~choice] += size
    return rest
