"""A command in a thread of its own: the kernel stays usable, and it can be ended."""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

from nbdock.dock.console import Console
from nbdock.errors import NbdockError
from nbdock.task import Listener, Task

T = TypeVar("T")


class Job(Console):
    """One command, and the console that it talks to. `lines` is what it said.

    `listener` hears its progress, and `draw` shows it: both in the thread that waits for the work.
    """

    def __init__(self, listener: Listener | None = None, draw: Callable[[], object] | None = None) -> None:
        self.lines: list[str] = []
        self._listener, self._draw = listener, draw
        self._task: Task | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def cancelled(self) -> bool:
        return self._ended.is_set()

    def start(
        self,
        work: Callable[[], T],
        answered: Callable[[T], None],
        failed: Callable[[NbdockError], None],
        after: float = 0.0,
    ) -> None:
        """Do the work, in `after` seconds, and give its result, or why there is none, to one of the two.

        The thread carries the caller's context: by it ipykernel knows where messages of widgets go.
        """
        here = contextvars.copy_context()
        run = (self._run, work, answered, failed, after)
        self._thread = threading.Thread(target=here.run, args=run, name="nbdock-job", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """End it. What waits is never begun; what came is kept. Any thread."""
        self._ended.set()
        if self._task:
            self._task.cancel()

    def join(self, timeout: float | None = None) -> None:
        """Wait until it is done, `timeout` seconds at most."""
        if self._thread:
            self._thread.join(timeout)

    def _run(
        self,
        work: Callable[[], T],
        answered: Callable[[T], None],
        failed: Callable[[NbdockError], None],
        after: float,
    ) -> None:
        if after and self._ended.wait(after):
            return
        try:
            result = work()
        except NbdockError as error:
            failed(error)
        else:
            answered(result)

    # The console

    def started(self, task: Task) -> None:
        self._task, task.draw = task, self._draw
        if self._ended.is_set():
            task.cancel()

    def say(self, line: str) -> None:
        self.lines.append(line)

    def warn(self, line: str) -> None:
        self.lines.append(line)

    def watching(self) -> contextlib.AbstractContextManager[Listener | None]:
        return contextlib.nullcontext(self._listener)
