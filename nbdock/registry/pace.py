"""How fast registries are asked: a budget of requests and bytes a second for each, and what they ask for themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from nbdock.errors import RateLimited
from nbdock.registry.hosts import is_loopback

if TYPE_CHECKING:
    from nbdock.registry.request import Request
    from nbdock.registry.transport import RateLimit
    from nbdock.task import Task

_PUBLIC = 50.0
"""Requests a second to a registry that is not on this machine, if nobody says how many."""
_RESERVE = 10
"""The share of a pull limit that is left alone: a tenth."""
_TOLD = 0.05


class Pace:
    """The pace of one process, for any number of threads.

    Parameters
    ----------
    requests, bytes
        The budget of each registry, a second; None for no bound, except that registries elsewhere are asked 50 times a
        second at most.
    share
        The part of the budget that this process has; nothing is asked while it is 0.
    paused
        Called with a host and seconds when the host asks to wait: others that ask it should too.
    """

    def __init__(
        self,
        requests: float | None = None,
        bytes: float | None = None,
        *,
        share: float = 1.0,
        paused: Callable[[str, float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.share = share
        self.asked: dict[str, int] = {}
        """The number of requests to each host."""
        self._requests, self._bytes, self._paused, self._clock = requests, bytes, paused, clock
        self._free: dict[tuple[str, str], float] = {}
        self._limits: dict[str, RateLimit] = {}
        self._lock = threading.Lock()

    def admit(self, request: Request, task: Task) -> None:
        """Wait for the request's turn. Raises RateLimited rather than use up a pull limit, Cancelled."""
        host = request.endpoint.host
        if request.method == "GET" and "/manifests/" in request.target:
            self._check(host)
        rate = self._requests or (None if is_loopback(host) else _PUBLIC)
        self._wait("requests", host, 1, rate, task)
        self._wait("bytes", host, 0, self._bytes, task)
        with self._lock:
            self.asked[host] = self.asked.get(host, 0) + 1

    def took(self, host: str, count: int, task: Task) -> None:
        """So many bytes have come: wait as long as they should have taken. Raises Cancelled."""
        self._wait("bytes", host, count, self._bytes, task)

    def pause(self, host: str, seconds: float) -> None:
        """Ask the host nothing for so long."""
        with self._lock:
            self._free["requests", host] = max(self._free.get(("requests", host), 0.0), self._clock() + seconds)

    def refused(self, host: str, retry_after: float | None) -> None:
        """The host asks to wait, which everybody hears."""
        if retry_after:
            self.pause(host, retry_after)
            if self._paused:
                self._paused(host, retry_after)

    def limited(self, host: str, limit: RateLimit) -> None:
        """The host says how many pulls are left."""
        self._limits[host] = limit

    def _check(self, host: str) -> None:
        limit = self._limits.get(host)
        if limit and limit.remaining * _RESERVE <= limit.limit:
            message = f"{limit.remaining} of {limit.limit} pulls are left at {host}, and are not used up"
            hint = "go on when the registry counts anew, or log in for a higher limit"
            raise RateLimited(message, host=host, hint=hint)

    def _wait(self, lane: str, host: str, amount: int, rate: float | None, task: Task) -> None:
        """Take the next turn of a lane, which then is taken for as long as the amount takes."""
        while not self.share:
            task.sleep(_TOLD)
        with self._lock:
            now, key = self._clock(), (lane, host)
            turn = max(now, self._free.get(key, 0.0))
            self._free[key] = turn + (amount / (rate * self.share) if rate else 0.0)
        if turn > now:
            task.sleep(turn - now)
