"""The watch over stores: pages show what a cell, another kernel or a terminal changes."""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Callable

from nbdock.back.jobs import start
from nbdock.store import Store

PERIOD = 0.5
"""Seconds between two looks at a store."""


class Watch:
    """Tells pages when their store changes, whether by a cell, another kernel or a terminal.

    One thread compares the state of every store twice a second (two `stat` calls each). It ends with the last follower.
    """

    def __init__(self) -> None:
        self._followers: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def follow(self, store: Store, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` in the watching thread, in this context, when the store's names or containers change.

        Returns a function that ends this.
        """
        context, seen = contextvars.copy_context(), store.state

        def check() -> None:
            nonlocal seen
            before, seen = seen, store.state
            if seen != before:
                with contextlib.suppress(Exception):  # a page that fails must not keep the others from being updated
                    context.run(changed)

        def leave() -> None:
            with self._lock, contextlib.suppress(ValueError):
                self._followers.remove(check)
                if not self._followers:
                    self._ended.set()

        with self._lock:
            self._followers.append(check)
            if len(self._followers) == 1:
                self._ended = ended = threading.Event()
                start(lambda: self._run(ended), "nbdock-watch")
        return leave

    def check(self) -> None:
        for check in tuple(self._followers):
            check()

    def _run(self, ended: threading.Event) -> None:
        while not ended.wait(PERIOD):
            self.check()


watch = Watch()
"""The watch of this process."""
