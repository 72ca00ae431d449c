"""One piece of work under way: what it tells of its progress, and how it is ended.

Worker threads call `tell`, `check` and `closing`; the one thread that waits renders what was told (`pump`), so that
widgets are never touched from a worker. `cancel` may come from any thread.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from nbdock.errors import Cancelled
from nbdock.oci.descriptor import Descriptor


class State(StrEnum):
    """Docker's own words for where a layer is."""

    PULLING = "Pulling fs layer"
    WAITING = "Waiting"
    DOWNLOADING = "Downloading"
    VERIFYING = "Verifying Checksum"
    DOWNLOADED = "Download complete"
    PULLED = "Pull complete"
    EXISTS = "Already exists"
    RETRYING = "Retrying"
    PREPARING = "Preparing"
    PUSHING = "Pushing"
    PUSHED = "Pushed"
    MOUNTED = "Mounted from"
    LAYER_EXISTS = "Layer already exists"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where one descriptor is: `done` of `total` bytes. `detail` completes the state ("in 4 seconds")."""

    descriptor: Descriptor
    state: State
    done: int = 0
    total: int = 0
    detail: str = ""

    @property
    def text(self) -> str:
        """The state as docker prints it."""
        return f"{self.state} {self.detail}".rstrip()


Listener = Callable[[Progress], None]


class Task:
    """Shared by everything that works on one command: `Task(listener)`, or `Task()` where nobody watches."""

    def __init__(self, listener: Listener | None = None) -> None:
        self._listener = listener
        self._told: queue.SimpleQueue[Progress | None] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._closers: set[Callable[[], None]] = set()
        self._lock = threading.Lock()

    @property
    def cancelled(self) -> bool:
        return self._ended.is_set()

    def tell(self, progress: Progress) -> None:
        """Say where a layer is. Any thread."""
        self._told.put(progress)

    def wake(self) -> None:
        """Let `pump` return at once. Any thread."""
        self._told.put(None)

    def check(self) -> None:
        """Raises Cancelled once the task is. Called for each piece of a stream."""
        if self._ended.is_set():
            raise Cancelled("cancelled", hint="what was downloaded is kept: the same command goes on from there")

    def sleep(self, seconds: float) -> None:
        """Wait, but not past the end of the task. Raises Cancelled."""
        self._ended.wait(seconds)
        self.check()

    @contextlib.contextmanager
    def closing(self, close: Callable[[], None]) -> Iterator[None]:
        """While inside, `cancel` calls `close` (it shuts a socket, so that a silent server cannot hold a thread)."""
        with self._lock:
            self._closers.add(close)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._closers.discard(close)

    def cancel(self) -> None:
        """End it: every thread of it raises Cancelled at its next piece."""
        self._ended.set()
        with self._lock:
            closers = tuple(self._closers)
        for close in closers:
            with contextlib.suppress(Exception):
                close()
        self.wake()

    def pump(self, timeout: float) -> None:
        """Give the listener what was told, waiting `timeout` seconds at most for the first. Only the waiting thread."""
        with contextlib.suppress(queue.Empty):
            self._hear(self._told.get(timeout=timeout))
            while True:
                self._hear(self._told.get_nowait())

    def _hear(self, progress: Progress | None) -> None:
        if progress is not None and self._listener is not None:
            self._listener(progress)
