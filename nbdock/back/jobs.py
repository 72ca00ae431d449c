"""Work in background threads: the commands that a page of the application starts."""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from nbdock.dock.console import Console
from nbdock.dock.dock import Dock
from nbdock.errors import NbdockError
from nbdock.progress import View
from nbdock.task import Task

T = TypeVar("T")
Failed = Callable[[NbdockError], object]


def start(work: Callable[[], object], name: str) -> threading.Thread:
    """Run `work` in a daemon thread with the caller's context, by which ipykernel routes the messages of widgets."""
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(work,), name=name, daemon=True)
    thread.start()
    return thread


class Job(Console):
    """A command in a background thread that can be cancelled, and its console: `lines` are what the command printed.
    The thread shows the progress in `view`."""

    def __init__(self, view: View | None = None) -> None:
        self.lines: list[str] = []
        self._view = view
        self._task: Task | None = None
        self._cancelled = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def start(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Failed,
        delay: float = 0.0,
        waiting: Callable[[float], object] = lambda _: None,
    ) -> None:
        """Run `work` in the background after `delay` seconds, then call `done` with its result or `failed`.

        Until then, `waiting` is called every second with the seconds left.
        """

        def run() -> None:
            if not self._waits(delay, waiting):
                return
            try:
                result = work()
            except NbdockError as error:
                failed(error)
            else:
                done(result)

        self._thread = start(run, "nbdock-job")

    def _waits(self, delay: float, waiting: Callable[[float], object]) -> bool:
        """Whether nothing cancelled it during the delay."""
        end = time.monotonic() + delay
        while (left := end - time.monotonic()) > 0:
            waiting(left)
            if self._cancelled.wait(min(left, 1.0)):
                return False
        return True

    def cancel(self) -> None:
        """Cancel the command; one that still waits for its delay never starts. Any thread."""
        self._cancelled.set()
        if self._task:
            self._task.cancel()

    @property
    def running(self) -> bool:
        """Whether the command has neither ended nor been cancelled."""
        return self._thread is not None and self._thread.is_alive() and not self.cancelled

    def join(self, timeout: float | None = None) -> None:
        if self._thread:
            self._thread.join(timeout)

    def started(self, task: Task) -> None:
        self._task = task
        if self.cancelled:
            task.cancel()

    def say(self, line: str) -> None:
        self.lines.append(line)

    warn = say

    def watching(self) -> contextlib.AbstractContextManager[View | None]:
        return self._view or contextlib.nullcontext()


def said(dock: Dock) -> list[str]:
    """What a question's commands printed so far."""
    return list(dock.console.lines) if isinstance(dock.console, Job) else []
