"""The budget of requests and bytes, by a clock of the test's own: what is counted is turns, not time."""

from __future__ import annotations

import pytest

from nbdock.errors import RateLimited
from nbdock.registry.client import Registry
from nbdock.registry.hosts import Endpoint
from nbdock.registry.pace import Pace
from nbdock.registry.request import Request
from nbdock.registry.transport import RateLimit
from nbdock.task import Task
from tests.registry.faults import Reply, Server

HEAD = Request(Endpoint("registry.example"), "HEAD", "/v2/app/manifests/1.0")
GET = Request(Endpoint("registry.example"), "GET", "/v2/app/manifests/1.0")
BLOB = Request(Endpoint("registry.example"), "GET", "/v2/app/blobs/sha256:1")


class Clock(Task):
    """A task whose sleep makes time pass."""

    now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def paced(clock: Clock, requests: float | None = None, bytes: float | None = None, share: float = 1.0) -> Pace:
    return Pace(requests, bytes, share=share, clock=lambda: clock.now)


def test_requests_keep_to_the_budget(clock: Clock) -> None:
    pace = paced(clock, requests=10)
    for _ in range(21):
        pace.admit(HEAD, clock)
    assert clock.now == pytest.approx(2.0)
    assert pace.asked == {"registry.example": 21}


def test_bytes_keep_to_the_budget(clock: Clock) -> None:
    pace = paced(clock, requests=1e6, bytes=1000)
    for _ in range(5):
        pace.took("registry.example", 1000, clock)
    pace.admit(BLOB, clock)
    assert clock.now == pytest.approx(5.0, abs=0.01)


def test_each_registry_has_a_budget_of_its_own(clock: Clock) -> None:
    pace = paced(clock, requests=1)
    for host in ("a.example", "b.example", "c.example"):
        pace.admit(Request(Endpoint(host), "HEAD", "/v2/"), clock)
    assert clock.now == 0


def test_shares_add_up_to_the_budget(clock: Clock) -> None:
    for pace in (paced(clock, requests=10, share=0.25) for _ in range(4)):
        start = clock.now
        for _ in range(11):
            pace.admit(HEAD, clock)
        assert clock.now - start == pytest.approx(10 / 2.5)


def test_nothing_is_asked_before_a_share_is_known(clock: Clock) -> None:
    pace = paced(clock, share=0.0)

    def told(seconds: float) -> None:
        clock.now += seconds
        if clock.now > 1:
            pace.share = 1.0

    clock.sleep = told  # type: ignore[method-assign]
    pace.admit(HEAD, clock)
    assert clock.now > 1


def test_nobody_bounds_a_registry_of_this_machine(clock: Clock) -> None:
    pace = paced(clock)
    for _ in range(1000):
        pace.admit(Request(Endpoint("127.0.0.1:5000"), "HEAD", "/v2/"), clock)
    assert clock.now == 0
    for _ in range(101):
        pace.admit(HEAD, clock)
    assert clock.now == pytest.approx(2.0)


def test_a_pull_limit_is_not_used_up(clock: Clock) -> None:
    pace = paced(clock)
    pace.limited("registry.example", RateLimit(100, 11, 21600, ""))
    pace.admit(GET, clock)
    pace.limited("registry.example", RateLimit(100, 10, 21600, ""))
    with pytest.raises(RateLimited, match="10 of 100 pulls are left"):
        pace.admit(GET, clock)
    pace.admit(HEAD, clock)  # these count as no pulls
    pace.admit(BLOB, clock)


def test_a_registry_that_asks_to_wait_is_heard_by_all(server: Server, task: Task) -> None:
    heard: list[tuple[str, float]] = []
    first, second = Pace(paused=lambda host, seconds: heard.append((host, seconds))), Pace()
    server.on("GET /v2/app/tags/list", Reply(429, headers={"Retry-After": "7"}), Reply(200, b'{"tags": ["1.0"]}'))
    assert Registry().paced(first).repository(f"{server.host}/app", task).tags() == ("1.0",)
    assert heard == [(server.host, 7.0)]
    second.pause(*heard[0])
    clock = Clock()
    second.admit(Request(Endpoint(server.host), "HEAD", "/v2/"), clock)
    assert clock.now == pytest.approx(7, abs=1)


def test_a_client_without_a_pace_is_not_slowed(server: Server, task: Task) -> None:
    registry = Registry()
    registry.paced(Pace(requests=0.001)).repository(f"{server.host}/app", task)
    assert registry._transport.pace is None
