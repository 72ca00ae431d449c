"""Who does the jobs of a survey: threads of this process, or the workers of a Dask cluster. Both do the same jobs.

On a cluster, each process has a share of every registry's budget. It asks nothing before it was told its share, and
those that were there before are told of a smaller one first, so that the sum never exceeds the budget.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from nbdock.errors import UsageError
from nbdock.oci.digest import Digest
from nbdock.registry.pace import Pace
from nbdock.surveys.brief import Brief, Outcome
from nbdock.surveys.jobs import Job, failed
from nbdock.task import Task

if TYPE_CHECKING:
    from nbdock.registry.client import Registry

J = TypeVar("J", bound=Job)

_THREADS = 8
_LEAST_WAITING, _WAITING = 64, 8
"""Jobs that a cluster holds beyond those that it works on: in all, and for each of its threads."""
_LOOK = 0.5
_GATHER = 2.0
_TOPIC = "nbdock-survey"


class Crew(Protocol):
    """Does jobs, some at a time."""

    @property
    def size(self) -> int:
        """How many it does at a time."""
        ...

    def run(self, jobs: Iterable[J], hear: Callable[[J, Outcome], object], task: Task) -> None:
        """Do all jobs, begun in this order; `hear` is called for each, one after the other. Raises Cancelled."""
        ...


class Threads:
    """The threads of this process."""

    size = _THREADS

    def __init__(self, brief: Brief, registry: Registry) -> None:
        self.pace = Pace(brief.requests, brief.bytes)
        self._brief, self._registry = brief, registry.paced(self.pace)

    def run(self, jobs: Iterable[J], hear: Callable[[J, Outcome], object], task: Task) -> None:
        hearing = threading.Lock()

        def work(job: J) -> None:
            outcome = job.run(self._brief, self._registry, task)
            with hearing:
                hear(job, outcome)

        task.spread(work, jobs, self.size)


class Cluster:
    """The workers of a Dask cluster. Each has the log-ins and settings of its own environment: none is sent."""

    def __init__(self, brief: Brief, client: Any) -> None:
        if not all(hasattr(client, name) for name in ("submit", "ncores", "subscribe_topic")):
            raise UsageError(f"{client!r} is no Dask client", hint="client=distributed.Client(…)")
        if client.asynchronous:
            raise UsageError("the Dask client is asynchronous", hint="client=distributed.Client(…), with no await")
        self._brief, self._client = brief, client
        self._own = Digest.of(repr(brief).encode()).hex  # two surveys on a cluster share no job
        self._told: frozenset[str] = frozenset()
        self._news: queue.SimpleQueue[Any] = queue.SimpleQueue()

    @property
    def size(self) -> int:
        return sum(self._client.ncores().values()) or 1

    def run(self, jobs: Iterable[J], hear: Callable[[J, Outcome], object], task: Task) -> None:
        waiting, running = iter(jobs), dict[Any, J]()
        with self._listening(), task.closing(lambda: self._client.cancel(list(running))):
            while True:
                self._share()
                free = max(_LEAST_WAITING, _WAITING * self.size) - len(running)
                for job in islice(waiting, free):
                    running[self._submit(job)] = job
                if not running:
                    return
                for future in self._ended():
                    outcome = self._outcome(future, running[future], task)
                    if outcome:
                        hear(running.pop(future), outcome)
                    else:
                        future.add_done_callback(self._news.put)

    def _submit(self, job: Job) -> Any:
        future = self._client.submit(work, self._brief, job, key=f"{job.key}-{self._own}", pure=False)
        future.add_done_callback(self._news.put)
        return future

    def _ended(self) -> Iterator[Any]:
        """The futures that ended since, after what else the workers say was passed on; waits for the first a moment."""
        with suppress(queue.Empty):
            news = self._news.get(timeout=_LOOK)
            while True:
                if isinstance(news, tuple):
                    self._client.run(pause, self._brief, *news, on_error="ignore")
                else:
                    yield news
                news = self._news.get_nowait()

    def _outcome(self, future: Any, job: Job, task: Task) -> Outcome | None:
        """What a job came to; None if that was lost with its worker, and is made again. Never waits for long: whoever
        makes it may have to be told its share."""
        task.check()
        if future.status in ("lost", "pending"):
            return None
        try:
            if future.status == "finished":
                found: Outcome = future.result(timeout=_GATHER)
                return found
            error = future.exception(timeout=_GATHER) if future.status == "error" else "it was told to stop"
        except TimeoutError:
            return None
        if isinstance(error, UsageError):
            raise error
        return failed(job, self._brief, f"its worker failed: {error}")

    def _share(self) -> None:
        """Tell each process its share, if there are more or fewer of them than before."""
        there = frozenset(self._client.ncores())
        if there and there != self._told:
            for some in (there & self._told, there - self._told):
                if some:
                    given = (self._brief, 1 / len(there))
                    self._client.run(share, *given, workers=sorted(some), on_error="ignore")
            self._told = there

    @contextmanager
    def _listening(self) -> Iterator[None]:
        self._client.subscribe_topic(_TOPIC, lambda event: self._news.put(tuple(event[1])))
        try:
            yield
        finally:
            self._client.unsubscribe_topic(_TOPIC)


@contextmanager
def cluster(brief: Brief, client: Any) -> Iterator[Cluster]:
    """The workers behind a client, or behind the scheduler at an address. Raises UsageError."""
    if not isinstance(client, str):
        yield Cluster(brief, client)
        return
    try:
        from distributed import Client

        connected: Any = Client(client)  # type: ignore[no-untyped-call]
    except ImportError:
        raise UsageError("a cluster needs Dask", hint="pip install 'nbdock[survey]'") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot reach the scheduler: {error}", hint="tcp://HOST:8786, as dask prints it") from None
    with connected:
        yield Cluster(brief, connected)


class _Worker:
    """What a process of a cluster keeps between the jobs of one survey."""

    def __init__(self, brief: Brief) -> None:
        from nbdock.dock.dock import Dock

        self.pace = Pace(brief.requests, brief.bytes, share=0.0, paused=_tell)
        self.registry = Dock().registry.paced(self.pace)


_workers: dict[Brief, _Worker] = {}
_making = threading.Lock()


def _worker(brief: Brief) -> _Worker:
    with _making:
        if brief not in _workers:
            _workers[brief] = _Worker(brief)
        return _workers[brief]


def work(brief: Brief, job: Job) -> Outcome:
    """Do a job, in a process of a cluster."""
    return job.run(brief, _worker(brief).registry, Task())


def share(brief: Brief, part: float) -> None:
    """This process has so much of the budget."""
    _worker(brief).pace.share = part


def pause(brief: Brief, host: str, seconds: float) -> None:
    """A registry asked another process to wait."""
    _worker(brief).pace.pause(host, seconds)


def _tell(host: str, seconds: float) -> None:
    from distributed import get_worker

    get_worker().log_event(_TOPIC, (host, seconds))
