"""What names need (OCI image spec: index → manifest → config and layers), and what a removal of names would free."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, Manifest
from nbdock.places import Image, Name, Removed

if TYPE_CHECKING:
    from nbdock.store.catalog import Images

Row = tuple[Removed, Sequence[str]]
Read = Callable[[Descriptor], Manifest | Index | None]


def content(name: Name, read: Read) -> Iterator[Descriptor]:
    """All that the name needs, parents before children. Where `read` returns None, children are left out."""
    if not name.all_platforms and name.image != name.target:
        yield name.target
    yield from below(name.target if name.all_platforms else name.image, read)


def chain_ids(diff_ids: Iterable[Digest]) -> list[Digest]:
    """The id of each layer together with all below it (OCI image spec, config.md, "Layer ChainID")."""
    ids: list[Digest] = []
    for diff_id in diff_ids:
        ids.append(_above(ids[-1], diff_id) if ids else diff_id)
    return ids


@lru_cache(1 << 16)
def _above(chain_id: Digest, diff_id: Digest) -> Digest:
    return Digest.of(f"{chain_id} {diff_id}".encode())


@dataclass(frozen=True, slots=True)
class Plan:
    """A removal of `names`, after which `remaining` are left; `images` are the images of both.

    `below` are the manifests that names of the base point to: their images stay, whatever is removed above it. `needs`
    returns the digests that a name needs, `size` the bytes on disk of a digest.
    """

    names: tuple[Name, ...]
    remaining: tuple[Name, ...]
    images: Images
    needs: Callable[[Name], tuple[str, ...]]
    size: Callable[[Digest], int]
    below: Set[Digest] = frozenset()

    def items(self, orphans: Iterable[Digest] = ()) -> tuple[Removed, ...]:
        """Names, images, layers and other content, each with what it frees; and those of `orphans` that no name needs.

        Content that several rows have is freed by the last of them: a layer's blob by the layer; manifest, config and
        index by the image, or if the image stays by the last name that pointed to them.
        """
        freed = dict.fromkeys(self.freed())
        rows = [*self._untagged(), *self._deleted()]
        last = {text: number for number, (_, has) in enumerate(rows) for text in has if text in freed}
        shares: list[dict[Digest, int]] = [{} for _ in rows]
        for text, number in last.items():
            shares[number] |= self._sized(Digest.parse(text))
        rest = [Digest.parse(text) for text in freed if text not in last]
        return (
            *(replace(row, freed=share) for (row, _), share in zip(rows, shares, strict=True)),
            *(Removed("content", digest, self._sized(digest)) for digest in (*rest, *self._unneeded(orphans, freed))),
        )

    def freed(self) -> list[str]:
        """The digests of what the names need and nothing else does, parents before children."""
        wanted = dict.fromkeys(text for name in self.names for text in self.needs(name))
        kept = set(wanted).intersection(chain.from_iterable(map(self.needs, self.remaining)))
        return [text for text in wanted if text not in kept]

    def _sized(self, digest: Digest) -> dict[Digest, int]:
        return {digest: self.size(digest)}

    def _unneeded(self, orphans: Iterable[Digest], freed: Mapping[str, None]) -> Iterator[Digest]:
        found = {str(digest): digest for digest in orphans}
        needed = set(found).intersection(chain.from_iterable(map(self.needs, self.remaining)))
        return (digest for text, digest in found.items() if text not in needed and text not in freed)

    def _untagged(self) -> Iterator[Row]:
        for name in self.names:
            if name.reference:
                image = self.images.of(name)
                row = Removed(
                    "name", name.reference, created=image.created if image else None, pulled_at=name.pulled_at
                )
                yield row, self.needs(name)

    def _deleted(self) -> Iterator[Row]:
        removed = set(self.names)
        found = dict.fromkeys(filter(None, map(self.images.of, self.names)))
        gone = (image for image in found if removed.issuperset(image.names))
        deleted = [image for image in gone if image.descriptor.digest not in self.below]
        for image in sorted(deleted, key=lambda image: str(image.id)):
            row = Removed("image", image.id, created=image.created, pulled_at=image.pulled_at)
            yield row, [text for name in image.names for text in self.needs(name)]
        kept = self._kept_chains(deleted)
        for image in deleted:
            yield from _layers(image, kept)

    def _kept_chains(self, deleted: Sequence[Image]) -> set[Digest]:
        """Chain ids of the remaining images that share their lowest layer with a deleted one."""
        deleted_ids = {image.id for image in deleted}
        lowest = {image.lowest_diff_id for image in deleted}
        alike = (image for image in self.images if image.lowest_diff_id in lowest) if deleted else ()
        return {chain_id for image in alike if image.id not in deleted_ids for chain_id in _chain(image)}


def _layers(image: Image, kept: set[Digest]) -> Iterator[Row]:
    """The image's layers whose chain ids are not in `kept`, topmost first; adds them to `kept`."""
    for layer, chain_id in reversed(list(zip(image.layers, _chain(image), strict=False))):
        if chain_id not in kept:
            kept.add(chain_id)
            digest = layer.descriptor.digest
            row = Removed("layer", digest, image_id=image.id, diff_id=layer.diff_id, chain_id=chain_id)
            yield row, (str(digest),)


def _chain(image: Image) -> list[Digest]:
    return chain_ids(layer.diff_id for layer in image.layers if layer.diff_id)


def below(top: Descriptor, read: Read) -> Iterator[Descriptor]:
    """The top and all below it, parents before children.

    Each digest once, however many indexes share it, and without recursion: a layout may nest as deep as it likes.
    """
    seen: set[tuple[Digest, bool]] = set()
    reached: list[Descriptor] = []
    waiting = [(top, False)]
    while waiting:
        descriptor, is_reached = waiting.pop()
        is_manifest = descriptor == top or media.is_manifest(descriptor.media_type)
        if is_reached:
            reached.append(descriptor)
        elif (descriptor.digest, is_manifest) not in seen:
            seen.add((descriptor.digest, is_manifest))
            manifest = read(descriptor) if is_manifest else None
            waiting += [(descriptor, True), *((child, False) for child in (manifest.children if manifest else ()))]
    return reversed(reached)
