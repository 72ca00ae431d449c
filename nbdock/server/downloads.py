"""Downloads from other registries, which several requests share."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable, Iterator
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from nbdock.errors import StoreError
from nbdock.oci.descriptor import Descriptor
from nbdock.store import Store
from nbdock.store.blobs import CHUNK
from nbdock.store.incoming import Incoming

T = TypeVar("T")


async def run_in_thread(function: Callable[[], T]) -> T:
    """Run a function in a new daemon thread and return its result.

    For requests to other registries, which may hang: unlike `asyncio.to_thread` it takes no thread from the pool that
    reads the disk, and a thread that hangs does not keep the process alive.
    """
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # from now on a cancelled waiter does not cancel it

    def run() -> None:
        try:
            result = function()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name="nbdock-upstream", daemon=True).start()
    return await asyncio.wrap_future(future)


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


class Download:
    """A blob that is being downloaded; any number of clients read it from the growing file.

    `open` starts the download, `request` runs a function in a thread.
    """

    def __init__(
        self,
        blob: Descriptor,
        open: Callable[[], Iterator[bytes]],
        store: Store,
        request: Callable[[Callable[[], None]], Coroutine[Any, Any, None]],
    ) -> None:
        self._blob, self._open, self._store = blob, open, store
        self._content: Incoming | None = None
        self._loop = asyncio.get_running_loop()
        self._progress = asyncio.Event()
        self.task = asyncio.create_task(request(self._run))
        self.task.add_done_callback(lambda _: self._notify())

    async def chunks(self, part: range) -> AsyncIterator[bytes]:
        """The bytes `part` as they arrive; the blob's last byte only once its digest is verified.

        Raises the error that ended the download.
        """
        position = part.start
        while position < part.stop:
            progress, done = self._progress, self.task.done()
            if done:
                self.task.result()
            chunk = await self._read(position, part.stop if done else min(part.stop, self._blob.size - 1))
            position += len(chunk)
            if chunk:
                yield chunk
            elif done:
                return
            else:
                await progress.wait()

    async def _read(self, start: int, stop: int) -> bytes:
        if self._content is None:
            return b""
        try:
            return await asyncio.to_thread(self._content.read, start, min(CHUNK, stop - start))
        except StoreError:
            await asyncio.shield(self.task)  # raises why the download failed and its content was deleted
            raise

    def _run(self) -> None:
        self._content = content = self._store.incoming()
        try:
            for chunk in self._open():
                content.append(chunk)
                with contextlib.suppress(RuntimeError):  # the loop is closed
                    self._loop.call_soon_threadsafe(self._notify)
            content.keep(self._blob.digest)
        except BaseException:
            content.delete()
            raise

    def _notify(self) -> None:
        """Wake all readers."""
        self._progress.set()
        self._progress = asyncio.Event()
