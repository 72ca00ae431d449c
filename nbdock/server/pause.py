"""The pause after a registry's limit was reached, in which it is not asked again."""

from __future__ import annotations

import time
from collections.abc import Callable

from nbdock.errors import RateLimited

_PAUSE = 60.0
"""Seconds, where the registry does not say."""
_LONGEST = 6 * 60 * 60.0


class Pause:
    """Remembers that a registry refused, in its own words, and until when it is not asked again."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._until, self._words, self._host = 0.0, "", ""

    def begin(self, error: RateLimited) -> None:
        """Begin the pause that the registry asks for."""
        after = _PAUSE if error.retry_after is None else min(error.retry_after, _LONGEST)
        self._until, self._words, self._host = self._now() + after, str(error), error.host

    def check(self) -> None:
        """Raises RateLimited during the pause: the registry's words, and when it is asked again."""
        left = self._until - self._now()
        if left > 0:
            words = f"{self._words}; this cache asks {self._host} again in {left:.0f} seconds"
            raise RateLimited(words, host=self._host, retry_after=left)
