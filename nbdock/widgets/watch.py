"""One truth: what a magic, another kernel or the terminal does to a store shows in every open widget.

One thread looks at the stores' two lists twice a second, which costs two `stat`s each; it ends with the last widget.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from nbdock.store import Store

PERIOD = 0.5


@dataclass(eq=False, slots=True)
class Follower:
    """Who wants to know. A change is told in the context that it was made in: ipykernel routes messages by it."""

    store: Store
    changed: Callable[[], None]
    seen: object
    context: contextvars.Context = field(default_factory=contextvars.copy_context)

    def look(self, state: object) -> None:
        if state != self.seen:
            self.seen = state
            with contextlib.suppress(Exception):  # a widget that cannot be drawn must not keep the others from it
                self.context.run(self.changed)


class Watch:
    """The followers of all stores."""

    def __init__(self) -> None:
        self._followers: list[Follower] = []
        self._lock = threading.Lock()
        self._left = threading.Event()

    def follow(self, store: Store, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed`, in the watching thread, whenever the store's names or containers did; returns how to stop."""
        follower = Follower(store, changed, store.state)
        with self._lock:
            self._followers.append(follower)
            if len(self._followers) == 1:
                self._left = threading.Event()
                threading.Thread(target=self._run, args=(self._left,), name="nbdock-watch", daemon=True).start()
        return lambda: self._leave(follower)

    def look(self) -> None:
        """See now whether anything changed."""
        with self._lock:
            followers = tuple(self._followers)
        states = {store: store.state for store in {follower.store for follower in followers}}
        for follower in followers:
            follower.look(states[follower.store])

    def _leave(self, follower: Follower) -> None:
        with self._lock:
            if follower in self._followers:
                self._followers.remove(follower)
                if not self._followers:
                    self._left.set()

    def _run(self, left: threading.Event) -> None:
        while not left.wait(PERIOD):
            self.look()


watch = Watch()
