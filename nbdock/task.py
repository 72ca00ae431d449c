"""A task: a command's work in threads, its progress, and its cancellation.

Worker threads call `tell`, `check` and `closing`; the thread that waits for them renders the progress (`pump`), so that
workers never touch widgets. Any thread may call `cancel`.
"""

from __future__ import annotations

import contextlib
import contextvars
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar, cast

from nbdock.errors import Cancelled, Interrupted
from nbdock.oci.descriptor import Descriptor


class State(StrEnum):
    """The state of a layer, in docker's words where docker has it."""

    PULLING = "Pulling fs layer"
    VERIFYING = "Verifying Checksum"
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
    ELSEWHERE = "Skipped foreign layer"
    READING = "Reading"
    READ = "Read"
    LOADING = "Loading layer"
    LOADED = "Loaded layer"
    SAVING = "Saving"
    SAVED = "Saved"


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of one blob: `done` of `total` bytes. `detail` completes the state ("in 4 seconds")."""

    descriptor: Descriptor
    state: State
    done: int = 0
    total: int = 0
    detail: str = ""

    @property
    def text(self) -> str:
        """The state as docker prints it."""
        return f"{self.state} {self.detail}".rstrip()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of many things are done, for work on more blobs than anyone would watch one by one."""

    what: str
    done: int
    total: int


Listener = Callable[[Progress], object]
Note = Callable[[str], object]
S = TypeVar("S")
T = TypeVar("T")

_KEPT = "downloaded data is kept: run the command again to resume"
REPORT_EVERY = 0.1
"""Seconds between two reports of one blob: each wakes the thread that renders them."""
_GRACE = 0.5
_AHEAD = 4
_LONG_WAIT = 3.0


class Task:
    """Shared by all threads that work on one command. The listener, if any, is called with its progress, and `note`
    with lines for the user, such as one for each wait that takes long.

    The waiting thread calls `draw` at least ten times a second, even without progress, so that a shown rate can fall,
    and `count` with each tally.
    """

    def __init__(self, listener: Listener | None = None, note: Note | None = None) -> None:
        self.draw: Callable[[], object] | None = None
        self.count: Callable[[Tally], object] | None = None
        self._listener, self._note = listener, note
        self._waits: dict[object, tuple[float, str]] = {}
        self._noted: set[str] = set()
        self._progress: queue.SimpleQueue[Progress | Tally | str | None] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._cause: BaseException | None = None
        self._closers: set[Callable[[], object]] = set()
        self._lock = threading.Lock()

    @property
    def cancelled(self) -> bool:
        return self._ended.is_set()

    def tell(self, progress: Progress | Tally) -> None:
        """Report progress. Any thread."""
        self._progress.put(progress)

    def note(self, line: str) -> None:
        """Tell the user something, once. Any thread."""
        self._progress.put(line)

    def wake(self) -> None:
        """Make `pump` return at once. Any thread."""
        self._progress.put(None)

    def check(self) -> None:
        """Raise Cancelled if the task is cancelled. Called for each chunk of a stream."""
        if self.cancelled:
            raise Cancelled("cancelled", hint=_KEPT)

    def watched(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same chunks, until the task is cancelled. Raises Cancelled."""
        for chunk in chunks:
            self.check()
            yield chunk

    def telling(
        self, blob: Descriptor, chunks: Iterable[bytes], moving: State, moved: State, done: int = 0
    ) -> Iterator[bytes]:
        """The same chunks of a blob, of which `done` bytes came before, with progress. Raises Cancelled."""
        due = 0.0
        for chunk in self.watched(chunks):
            yield chunk
            done += len(chunk)
            if done != blob.size and time.monotonic() >= due:
                self.tell(Progress(blob, moving, done, blob.size))
                due = time.monotonic() + REPORT_EVERY
        self.tell(Progress(blob, moved, done, blob.size))

    def ahead(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same chunks, which another thread makes, a few of them before they are wanted. Raises what that does."""
        made: queue.Queue[bytes | BaseException | None] = queue.Queue(_AHEAD)
        is_unwanted = threading.Event()

        def put(item: bytes | BaseException | None) -> None:
            while not (is_unwanted.is_set() or self.cancelled):
                with contextlib.suppress(queue.Full):
                    made.put(item, timeout=REPORT_EVERY)
                    return

        def make() -> None:
            try:
                for chunk in chunks:
                    put(chunk)
                    if is_unwanted.is_set() or self.cancelled:
                        return
            except BaseException as error:
                put(error)
            put(None)

        here = contextvars.copy_context()
        try:
            threading.Thread(target=here.run, args=(make,), name="nbdock", daemon=True).start()
        except RuntimeError:  # no thread can be started, as in Pyodide
            yield from self.watched(chunks)
            return
        try:
            yield from self._made(made)
        finally:
            is_unwanted.set()

    def _made(self, made: queue.Queue[bytes | BaseException | None]) -> Iterator[bytes]:
        while True:
            self.check()
            with contextlib.suppress(queue.Empty):
                item = made.get(timeout=REPORT_EVERY)
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item

    def sleep(self, seconds: float) -> None:
        """Sleep until the time is over or the task is cancelled. Raises Cancelled."""
        self._ended.wait(seconds)
        self.check()

    @contextlib.contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Within this context the thread waits for `what`, which the user is told if it takes long."""
        wait = object()
        self._waits[wait] = (time.monotonic() + _LONG_WAIT, what)
        try:
            yield
        finally:
            self._waits.pop(wait, None)

    @contextlib.contextmanager
    def closing(self, close: Callable[[], object]) -> Iterator[None]:
        """Within this context `cancel` calls `close`, to close a socket that a thread may be blocked on."""
        with self._lock:
            self._closers.add(close)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._closers.discard(close)

    def cancel(self, cause: BaseException | None = None) -> None:
        """Cancel the task: each of its threads raises Cancelled at its next check. The task itself raises the first
        `cause`, or Cancelled without one; errors that follow from closed sockets are ignored."""
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
        """Do the work in a thread and render its progress in this one; return or raise what the work does.

        An interrupt cancels the task and raises Interrupted at once, even if a server does not respond.
        """
        outcome = _Outcome(work, done=self.wake, failed=self.cancel)
        interrupted = False
        try:
            with raising_interrupts():
                outcome.begin()
                while not outcome.ended.is_set():
                    self.pump(0.1)
                    self._note_waits()
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
        """Do `work` on every item, `jobs` at a time, and return the results in order. The first error cancels the task
        and is raised."""
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
        for outcome in outcomes[1:]:
            outcome.begin()
        for outcome in outcomes[:1]:  # one job needs no further thread
            outcome.run()
        for outcome in outcomes:
            outcome.ended.wait()
        if self.cancelled:
            raise self._end
        return cast("list[T]", results)

    @contextlib.contextmanager
    def part(self) -> Iterator[Task]:
        """A task for one of several jobs: it may fail without ending the others, and is cancelled with this task."""
        part = Task()
        part._progress, part._waits = self._progress, self._waits
        with self.closing(part.cancel):
            yield part

    def pump(self, timeout: float) -> None:
        """Pass progress to the listener, waiting up to `timeout` seconds for the first. Only the waiting thread."""
        with contextlib.suppress(queue.Empty):
            self._hear(self._progress.get(timeout=timeout))
            while True:
                self._hear(self._progress.get_nowait())

    def _note_waits(self) -> None:
        now = time.monotonic()
        for wait, (due, what) in list(self._waits.items()):
            if due <= now:
                self._waits.pop(wait, None)
                self.note(f"Waiting for {what}. Interrupt to stop.")

    @property
    def _end(self) -> BaseException:
        return self._cause or Cancelled("cancelled", hint=_KEPT)

    def _hear(self, told: Progress | Tally | str | None) -> None:
        if isinstance(told, Progress):
            if self._listener:
                self._listener(told)
        elif isinstance(told, Tally):
            if self.count:
                self.count(told)
        elif told and self._note and told not in self._noted:
            self._noted.add(told)
            self._note(told)


@contextlib.contextmanager
def raising_interrupts() -> Iterator[None]:
    """Within this context SIGINT raises KeyboardInterrupt, also in a cell with `await`, where ipykernel installs a
    callback that cannot run while a command waits. Only the main thread may change handlers."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)


def in_thread(work: Callable[[], object]) -> None:
    """Do the work in a daemon thread, which does not keep the interpreter from exiting.

    Where no thread can be started, as in Pyodide, the work is done before this returns.
    """
    with contextlib.suppress(RuntimeError):
        threading.Thread(target=work, name="nbdock", daemon=True).start()
        return
    work()


class _Outcome(Generic[T]):
    """The result of work in a thread."""

    def __init__(
        self, work: Callable[[], T], done: Callable[[], None], failed: Callable[[BaseException], None]
    ) -> None:
        self.ended = threading.Event()
        self.failed = False
        self._value: T | None = None
        self._work, self._done, self._fail = work, done, failed

    def begin(self) -> None:
        here = contextvars.copy_context()
        in_thread(lambda: here.run(self.run))

    @property
    def result(self) -> T:
        return cast(T, self._value)

    def run(self) -> None:
        """Do the work in this thread."""
        try:
            self._value = self._work()
        except BaseException as error:
            self.failed = True
            self._fail(error)
        finally:
            self.ended.set()
            self._done()
