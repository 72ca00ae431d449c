"""The back end of the application's pages: it answers their questions and tells them what happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from nbdock.back.jobs import Job
from nbdock.back.listing import Listing
from nbdock.back.questions import answer
from nbdock.back.watch import watch
from nbdock.dock.dock import Dock, Settings

if TYPE_CHECKING:
    from nbdock.back.pulls import Pull
    from nbdock.back.removals import Pending

GRACE = 10.0
"""Seconds in which a removal can be undone."""

AT_ONCE = 4
"""Pulls that go on at a time; further ones wait for their turn."""

Message: TypeAlias = dict[str, Any]
Hear: TypeAlias = Callable[[Message], object]


class Backend:
    """What all pages of one store share. Make it with `backend`. Any thread may call its methods.

    A message has `about`: "store" when the store changed, else what `show` was called with. A page that joins is told
    everything that is shown.
    """

    def __init__(self, dock: Dock) -> None:
        self.dock = dock
        self.grace, self.at_once = GRACE, AT_ONCE
        self.root: Path | None = None
        """The folder whose archives pages may open; a kernel's pages open none."""
        self.listing = Listing()
        self.removals: dict[int, Pending] = {}
        self.pulls: dict[int, Pull] = {}
        self._pages: dict[object, Hear] = {}
        self._shown: dict[str, Message] = {}
        self._lock = threading.RLock()
        self._leave_watch: Callable[[], None] | None = None

    def ask(self, name: str, asked: Mapping[str, Any], job: Job) -> Any:
        """Answer a page's question, in the calling thread. Raises NbdockError. Another thread may cancel the job."""
        return answer(self, self.dock.facing(job), name, asked)

    def join(self, hear: Hear) -> Callable[[], None]:
        """Call `hear` with each message from now on, in any thread. Returns a function that ends this."""
        page = object()
        with self._lock:
            for message in self._shown.values():
                hear(message)
            self._pages[page] = hear
            if self._leave_watch is None:
                self._leave_watch = watch.follow(self.dock.store, lambda: self.tell({"about": "store"}))
        return lambda: self._left(page)

    def tell(self, message: Message) -> None:
        """Tell all pages something."""
        with self._lock:
            for hear in tuple(self._pages.values()):
                hear(message)

    def show(self, about: str, message: Message) -> None:
        """Tell all pages something that also those who join later are told, until it is taken back with `hide`."""
        with self._lock:
            self._shown[about] = told = {**message, "about": about}
            self.tell(told)

    def hide(self, about: str) -> None:
        """Tell all pages that something is no longer shown."""
        with self._lock:
            if self._shown.pop(about, None):
                self.tell({"about": about, "gone": True})

    def _left(self, page: object) -> None:
        with self._lock:
            self._pages.pop(page, None)
            if not self._pages and self._leave_watch:
                self._leave_watch()
                self._leave_watch = None


@lru_cache
def _backend(settings: Settings) -> Backend:
    return Backend(Dock(settings=settings))


def backend(dock: Dock | None = None) -> Backend:
    """The back end of a dock's settings: pages of one store share their pulls and removals."""
    return _backend((dock or Dock()).settings)
