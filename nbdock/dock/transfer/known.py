"""A repository of which the store may have much already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from nbdock.errors import ImageNotFound, NbdockError
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.reference import Reference

if TYPE_CHECKING:
    from nbdock.registry.repository import Repository
    from nbdock.store import Store


class Known:
    """The repository as a source, except that what the store has is read there.

    An image that is up to date costs one request, for the headers of its manifest, which Docker Hub does not count.
    """

    def __init__(self, repository: Repository, store: Store) -> None:
        self._repository, self._store = repository, store

    def resolve(self, reference: Reference, /) -> Descriptor:
        """What the registry resolves the name to; fetched, unless the store has the same under this name."""
        known = None
        with suppress(ImageNotFound):
            known = self._store.resolve(reference)
        return self._repository.resolve(reference, read=True, known=known)

    def open(self, descriptor: Descriptor, start: int = 0, /) -> Iterator[bytes]:
        """The content from byte `start` on. Raises BlobNotFound, RegistryError."""
        place = self._store if self._store.has(descriptor) else self._repository
        return place.open(descriptor, start)

    def skip(self, failed: NbdockError, /) -> bool:
        """Go on at the next host of the repository. False if there is none."""
        return self._repository.skip(failed)
