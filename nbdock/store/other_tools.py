"""What other tools write into an `index.json`: which entries are images of their own, which image an index means."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, is_attestation
from nbdock.oci.platform import Platform
from nbdock.places import Name
from nbdock.reading import MAX_DEPTH
from nbdock.store.removal import Read, below, content

Has = Callable[[Descriptor], bool]


def images(names: tuple[Name, ...], read: Read) -> Iterator[Name]:
    """The names without those of referrers, and without entries that only list again what an index has."""
    indexes = [name for name in names if name.all_platforms]
    parts = {each.digest for name in indexes for each in content(name, read) if each != name.target}
    for name in names:
        is_part = name.target.digest in parts and not name.bare_tag
        if name.reference or not (is_part or name.is_of_referrers):
            yield name


def meant(index: Descriptor, read: Read, has: Has) -> tuple[Descriptor | None, tuple[Platform, ...]]:
    """The image that an index stands for on this machine, and the platforms that it, and the indexes in it, name."""
    found = (each.platform for each in below(index, read) if not is_attestation(each))
    return _chosen(index, read, has), tuple(dict.fromkeys(filter(None, found)))


def _chosen(index: Descriptor, read: Read, has: Has) -> Descriptor | None:
    """The image for this machine, or else the first one that the store has; None if it has none of them."""
    seen: set[Digest] = set()

    def first(descriptor: Descriptor, depth: int) -> Descriptor | None:
        if descriptor.digest in seen or depth > MAX_DEPTH:
            return None
        seen.add(descriptor.digest)
        if descriptor.media_type not in media.INDEXES:
            return descriptor if has(descriptor) else None
        found = read(descriptor)
        children = (*found.candidates(Platform.host()), *found.images) if isinstance(found, Index) else ()
        return next(filter(None, (first(child, depth + 1) for child in children)), None)

    return first(index, 0)
