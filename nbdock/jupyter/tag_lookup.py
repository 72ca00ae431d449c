"""The tags of repositories, for TAB: looked up in the background, so that a key press never waits for a registry."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable

from nbdock.errors import NbdockError

MOST = 10_000


class RemoteTags:
    """What is known of each repository's tags; `look_up` asks its registry."""

    def __init__(self, look_up: Callable[[str], Iterable[str]]) -> None:
        self._look_up = look_up
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, repository: str) -> tuple[str, ...]:
        """What is known now. The first time that is nothing, and the look-up begins."""
        if repository not in self._known:
            self._known[repository] = ()
            threading.Thread(target=self._learn, args=(repository,), name="nbdock-tags", daemon=True).start()
        return self._known.get(repository, ())

    def _learn(self, repository: str) -> None:
        with contextlib.suppress(NbdockError):
            self._known[repository] = tuple(sorted(self._look_up(repository)))[:MOST]
            return
        del self._known[repository]  # the next key press asks again
