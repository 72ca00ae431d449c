"""Whose turn it is to send a blob: what several copies in this process want at once is sent once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from weakref import WeakValueDictionary

from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.task import Progress, Task

_LOOK_EVERY = 0.1


class Turn:
    """One blob. The copy whose turn it is sends it; the others wait, and report the progress of that one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._progress: Progress | None = None

    def tell(self, task: Task, progress: Progress) -> None:
        """Report progress to the task, and to those of the copies that wait."""
        self._progress = progress
        task.tell(progress)

    @contextlib.contextmanager
    def taken(self, task: Task) -> Iterator[None]:
        """Wait for the turn, and have it within this context. Raises Cancelled."""
        told = None
        while not self._lock.acquire(timeout=_LOOK_EVERY):
            task.check()
            progress = self._progress
            if progress and progress is not told:
                task.tell(progress)
            told = progress
        try:
            yield
        finally:
            self._progress = None
            self._lock.release()


class Turns:
    """The blobs that are on their way to one destination."""

    def __init__(self) -> None:
        self._by_digest: WeakValueDictionary[Digest, Turn] = WeakValueDictionary()
        self._lock = threading.Lock()

    def of(self, blob: Descriptor) -> Turn:
        """The same turn for all who want a blob at the same time."""
        with self._lock:
            return self._by_digest.setdefault(blob.digest, Turn())
