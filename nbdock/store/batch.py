"""Many images added at once: their names are written together."""

from __future__ import annotations

from collections.abc import Sequence

from nbdock.errors import BlobNotFound
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.reference import Reference
from nbdock.places import Name
from nbdock.store.store import Store


class Batch(Store):
    """A store that collects new names and writes them together; see `Store.batch`."""

    def __init__(self, store: Store) -> None:
        self.__dict__.update(store.__dict__)
        self.unnamed: dict[Reference | None, BlobNotFound] = {}
        """After the block: the references that could not be written, and what their images lack."""
        self._waiting: list[tuple[list[Name], list[Descriptor]]] = []

    def _add(self, names: Sequence[Name]) -> None:
        self._waiting.append((list(names), self._check_complete(names[0])))
        self._summarise(names[0])

    def write_names(self) -> None:
        """Name the images that are still complete; the rest becomes `unnamed`."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            with self._index.editing() as index:
                for names, needed in waiting:
                    try:
                        self._check_kept(needed)
                    except BlobNotFound as error:
                        self.unnamed[names[0].reference] = error
                    else:
                        for name in names:
                            index.put(name, self._alike)
