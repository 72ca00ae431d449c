"""One piece of work under way: what it tells of its progress, and how it is ended.

Worker threads call `tell`, `check` and `closing`; the one thread that waits renders what was told (`pump`), so that
widgets are never touched from a worker. `cancel` may come from any thread.
"""

from __future__ import annotations

import contextlib
import contextvars
import queue
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar, cast

from nbdock.errors import Cancelled, Interrupted
from nbdock.oci.descriptor import Descriptor


class State(StrEnum):
    """Docker's own words for where a layer is."""

    PULLING = "Pulling fs layer"
    DOWNLOADING = "Downloading"
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


Listener = Callable[[Progress], object]
S = TypeVar("S")
T = TypeVar("T")

_KEPT = "what was downloaded is kept: the same command goes on from there"
_GRACE = 0.5


class Task:
    """Shared by everything that works on one command: `Task(listener)`, or `Task()` where nobody watches.

    `draw` is called by the waiting thread ten times a second and more, also where nothing was told: then a rate falls.
    """

    def __init__(self, listener: Listener | None = None) -> None:
        self.draw: Callable[[], object] | None = None
        self._listener = listener
        self._told: queue.SimpleQueue[Progress | None] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._cause: BaseException | None = None
        self._closers: set[Callable[[], object]] = set()
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
        if self.cancelled:
            raise Cancelled("cancelled", hint=_KEPT)

    def sleep(self, seconds: float) -> None:
        """Wait, but not past the end of the task. Raises Cancelled."""
        self._ended.wait(seconds)
        self.check()

    @contextlib.contextmanager
    def closing(self, close: Callable[[], object]) -> Iterator[None]:
        """While inside, `cancel` calls `close` (it shuts a socket, so that a silent server cannot hold a thread)."""
        with self._lock:
            self._closers.add(close)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._closers.discard(close)

    def cancel(self, cause: BaseException | None = None) -> None:
        """End it: every thread of it raises Cancelled at its next piece. The task itself raises what ended it first:
        `cause`, or Cancelled where there is none, and not what comes of sockets that were shut."""
        with self._lock:
            if not self._ended.is_set():
                self._cause = cause
                self._ended.set()
            closers = tuple(self._closers)
        for close in closers:
            with contextlib.suppress(Exception):
                close()
        self.wake()

    def run(self, work: Callable[[], T]) -> T:
        """Do the work in a thread while this one hears what is told; returns or raises what it does.

        An interrupt cancels the task and is raised as Interrupted, without waiting for a server that went silent.
        """
        outcome = _Outcome(work, done=self.wake, failed=self.cancel)
        interrupted = False
        try:
            with raising_interrupts():
                outcome.begin()
                while not outcome.ended.is_set():
                    self.pump(0.1)
                    if self.draw:
                        self.draw()
        except KeyboardInterrupt:
            interrupted = True
        finally:
            if not outcome.ended.is_set():
                self.cancel()
                outcome.ended.wait(_GRACE)
        self.pump(0)
        if interrupted:
            raise Interrupted("interrupted", hint=_KEPT)
        if outcome.failed:
            raise self._end
        return outcome.result

    def spread(self, work: Callable[[S], T], items: Iterable[S], jobs: int) -> list[T]:
        """`work` on every item, `jobs` at once, results in order. The first error ends the task and is raised."""
        waiting = list(items)
        results: list[T | None] = [None] * len(waiting)
        turns = iter(range(len(waiting)))
        taking = threading.Lock()

        def serve() -> None:
            while not self.cancelled:
                with taking:
                    turn = next(turns, None)
                if turn is None:
                    return
                results[turn] = work(waiting[turn])

        outcomes = [_Outcome(serve, done=self.wake, failed=self.cancel) for _ in range(min(jobs, len(waiting)))]
        for outcome in outcomes:
            outcome.begin()
        for outcome in outcomes:
            outcome.ended.wait()
        if self.cancelled:
            raise self._end
        return cast("list[T]", results)

    @contextlib.contextmanager
    def part(self) -> Iterator[Task]:
        """A task for a part of the work, which may fail without ending the rest; it is cancelled with the whole."""
        part = Task()
        part._told = self._told
        with self.closing(part.cancel):
            yield part

    def pump(self, timeout: float) -> None:
        """Give the listener what was told, waiting `timeout` seconds at most for the first. Only the waiting thread."""
        with contextlib.suppress(queue.Empty):
            self._hear(self._told.get(timeout=timeout))
            while True:
                self._hear(self._told.get_nowait())

    @property
    def _end(self) -> BaseException:
        return self._cause or Cancelled("cancelled", hint=_KEPT)

    def _hear(self, progress: Progress | None) -> None:
        if progress is not None and self._listener is not None:
            self._listener(progress)


@contextlib.contextmanager
def raising_interrupts() -> Iterator[None]:
    """While inside, SIGINT raises KeyboardInterrupt, in a cell with `await` too: there ipykernel puts a callback in
    its place that cannot run while a command waits. Only the main thread may change handlers."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)


class _Outcome(Generic[T]):
    """Work in a daemon thread, which never keeps the interpreter from ending, and what came of it."""

    def __init__(
        self, work: Callable[[], T], done: Callable[[], None], failed: Callable[[BaseException], None]
    ) -> None:
        self.ended = threading.Event()
        self.failed = False
        self._value: T | None = None
        self._work, self._done, self._fail = work, done, failed

    def begin(self) -> None:
        here = contextvars.copy_context()
        threading.Thread(target=here.run, args=(self._run,), name="nbdock", daemon=True).start()

    @property
    def result(self) -> T:
        return cast(T, self._value)

    def _run(self) -> None:
        try:
            self._value = self._work()
        except BaseException as error:
            self.failed = True
            self._fail(error)
        finally:
            self.ended.set()
            self._done()
