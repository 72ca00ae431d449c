"""A removal in two steps, for those who may change their mind."""

from __future__ import annotations

import threading

from nbdock.places import Name, Removal
from nbdock.store import Store


class Deletion:
    """Names that are gone, while their bytes are still there: until `sweep` frees those, `undo` brings the names back.

    Both happen once, whichever comes first, from any thread.
    """

    def __init__(self, store: Store, names: tuple[Name, ...], removal: Removal) -> None:
        self.removal = removal
        self._store, self._names = store, names
        self._open = threading.Lock()
        store.untag(names)

    def sweep(self) -> int | None:
        """The bytes freed: what another process named meanwhile stays. None where it is swept or undone already."""
        return self._store.discard(self.removal.blobs) if self._open.acquire(blocking=False) else None

    def undo(self) -> tuple[Name, ...]:
        """The names that are back: all but those that stand for something else by now. Raises BlobNotFound."""
        return self._store.restore(self._names) if self._open.acquire(blocking=False) else ()
