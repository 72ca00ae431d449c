"""What the pages of a Jupyter server share: the back ends that answer them, and the threads in which they do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from nbdock.back.backend import Backend

T = TypeVar("T")
_MOST = 16
"""Questions that are answered at once; others wait."""


class Desk:
    """`root` is the folder that the file browser shows; `activity` is where the server reads that it is not idle."""

    def __init__(self, root: Path, activity: MutableMapping[str, datetime]) -> None:
        self._root, self._activity = root, activity
        self._backends: set[Backend] = set()
        self._lock = threading.Lock()
        self._room = asyncio.Semaphore(_MOST)

    async def run(self, work: Callable[[], T]) -> T:
        """Work in a daemon thread, which unlike a pool's never keeps the server from ending."""
        found: Future[T] = Future()

        def run() -> None:
            try:
                found.set_result(work())
            except BaseException as error:
                found.set_exception(error)

        async with self._room:
            threading.Thread(target=run, name="nbdock-question", daemon=True).start()
            return await asyncio.wrap_future(found)

    def backend(self, store: str, platform: str, at_once: str) -> Backend:
        """The back end of a store, the user's own by default, with so many pulls at a time.

        Imports what it needs: not in the server's thread.

        Raises UsageError.
        """
        from nbdock.back.backend import backend
        from nbdock.dock.dock import Dock, Settings
        from nbdock.oci.platform import Platform

        settings = Settings.read()
        if platform:
            settings = replace(settings, platform=Platform.parse(platform))
        found = backend(Dock(store or None, settings=settings))
        with self._lock:
            if found not in self._backends:
                self._backends.add(found)
                found.root = self._root
                found.join(self._heard)
        if at_once.isdecimal():
            found.at_once = min(max(int(at_once[:9]), 1), _MOST)
        return found

    def _heard(self, message: dict[str, Any]) -> None:
        """A server in the middle of a pull is not idle, even if nobody looks on: JupyterHub must not stop it."""
        if message.get("state") in ("waiting", "pulling"):
            self._activity["nbdock"] = datetime.now(UTC)


class Page:
    """One open page. Of each thing only the newest state waits for it: a slow network makes it less smooth, never late.

    Only `tell` may be called in any thread.
    """

    def __init__(self, write: Callable[[str], Awaitable[object]]) -> None:
        self._write = write
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[tuple[str, bool], dict[str, Any]] = {}
        self._writing: asyncio.Task[None] | None = None

    def tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the server has ended
            self._loop.call_soon_threadsafe(self._add, message)

    def _add(self, message: dict[str, Any]) -> None:
        key = (message["about"], bool(message.get("gone")))  # what became of something is told before it is gone
        self._waiting.pop(key, None)
        self._waiting[key] = message
        if self._writing is None:
            self._writing = self._loop.create_task(self._run())

    async def _run(self) -> None:
        with contextlib.suppress(Exception):  # the page is gone
            while self._waiting:
                await self._write(json.dumps(self._waiting.pop(next(iter(self._waiting)))))
        self._writing = None
