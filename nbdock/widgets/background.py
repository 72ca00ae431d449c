"""Work in background threads: the commands that buttons start, and the watch over stores."""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from nbdock.dock.console import Console
from nbdock.errors import NbdockError
from nbdock.store import Store
from nbdock.task import Listener, Task

PERIOD = 0.5
"""Seconds between two looks at a store."""

T = TypeVar("T")


def start(work: Callable[[], object], name: str) -> threading.Thread:
    """Run `work` in a daemon thread with the caller's context, by which ipykernel routes the messages of widgets."""
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(work,), name=name, daemon=True)
    thread.start()
    return thread


class Job(Console):
    """A command in a background thread that can be cancelled, and the console that it talks to.

    Parameters
    ----------
    listener
        Called with the progress of the command.
    draw
        Called at least ten times a second while the command waits for a registry. Both are called in the job's thread.

    Attributes
    ----------
    lines
        The lines that the command printed, warnings included.
    """

    def __init__(self, listener: Listener | None = None, draw: Callable[[], object] | None = None) -> None:
        self.lines: list[str] = []
        self._listener, self._draw = listener, draw
        self._task: Task | None = None
        self._cancelled = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled.is_set()

    def start(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[NbdockError], object],
        delay: float = 0.0,
    ) -> None:
        """Run `work` in the background after `delay` seconds, then call `done` with its result or `failed`."""
        self._thread = start(partial(self._run, work, done, failed, delay), "nbdock-job")

    def cancel(self) -> None:
        """Cancel the command; one that has not started yet never does. Safe to call from any thread."""
        self._cancelled.set()
        if self._task:
            self._task.cancel()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the job, at most `timeout` seconds."""
        if self._thread:
            self._thread.join(timeout)

    def _run(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[NbdockError], object],
        delay: float,
    ) -> None:
        if delay and self._cancelled.wait(delay):
            return
        try:
            result = work()
        except NbdockError as error:
            failed(error)
        else:
            done(result)

    # The console

    def started(self, task: Task) -> None:
        self._task, task.draw = task, self._draw
        if self.cancelled:
            task.cancel()

    def say(self, line: str) -> None:
        self.lines.append(line)

    def warn(self, line: str) -> None:
        self.lines.append(line)

    def watching(self) -> contextlib.AbstractContextManager[Listener | None]:
        return contextlib.nullcontext(self._listener)


@dataclass(eq=False, slots=True)
class Follower:
    """A callback for changes of a store, called in the context of whoever asked for it."""

    store: Store
    changed: Callable[[], None]
    seen: object
    context: contextvars.Context = field(default_factory=contextvars.copy_context)

    def check(self, state: object) -> None:
        """Call back if the store's state is another than last time."""
        if state != self.seen:
            self.seen = state
            with contextlib.suppress(Exception):  # a widget that fails must not keep the others from being updated
                self.context.run(self.changed)


class Watch:
    """Tells followers when a store changes, whether by a cell, another kernel or a terminal.

    One thread compares the state of each store twice a second, at the cost of two `stat` calls. It ends with the last
    follower.
    """

    def __init__(self) -> None:
        self._followers: list[Follower] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def follow(self, store: Store, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` in the watching thread when the store's names or containers change.

        Returns a function that ends this.
        """
        follower = Follower(store, changed, store.state)
        with self._lock:
            self._followers.append(follower)
            if len(self._followers) == 1:
                self._ended = threading.Event()
                start(partial(self._run, self._ended), "nbdock-watch")
        return partial(self._leave, follower)

    def check(self) -> None:
        """Check all stores now."""
        with self._lock:
            followers = tuple(self._followers)
        states = {store: store.state for store in {follower.store for follower in followers}}
        for follower in followers:
            follower.check(states[follower.store])

    def _leave(self, follower: Follower) -> None:
        with self._lock:
            if follower in self._followers:
                self._followers.remove(follower)
                if not self._followers:
                    self._ended.set()

    def _run(self, ended: threading.Event) -> None:
        while not ended.wait(PERIOD):
            self.check()


watch = Watch()
"""The watch of this process."""
