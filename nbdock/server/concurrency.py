"""Blocking work beside the event loop, and tasks that several requests share."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


async def run_in_thread(function: Callable[[], T]) -> T:
    """Run a function in a new daemon thread and return its result.

    For requests to other registries, which may hang: unlike `asyncio.to_thread` it takes no thread from the pool that
    reads the disk, and a thread that hangs does not keep the process alive.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def set_result(value: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error:
            future.set_exception(error)
        else:
            future.set_result(value)  # type: ignore[arg-type]

    def run() -> None:
        value, failure = None, None
        try:
            value = function()
        except BaseException as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(set_result, value, failure)

    threading.Thread(target=run, name="nbdock-upstream", daemon=True).start()
    return await future


class SingleFlight(Generic[T]):
    """Run one task per key; waiters share its result, and a cancelled waiter does not cancel it."""

    def __init__(self) -> None:
        self._tasks: dict[Hashable, asyncio.Task[T]] = {}

    async def run(self, key: Hashable, function: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Start the task of this key, or join the one that is running, and return its result."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(function())
            task.add_done_callback(lambda done: self._remove(key, done))
        return await asyncio.shield(task)

    def _remove(self, key: Hashable, done: asyncio.Task[T]) -> None:
        del self._tasks[key]
        if not done.cancelled():
            done.exception()  # marks it as retrieved: every waiter may have been cancelled
