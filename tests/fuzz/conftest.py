"""How long to look: a fixed number of the same examples, or for `scripts/fuzz` so many seconds of other ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from time import monotonic

import pytest
from hypothesis import HealthCheck, settings

SECONDS = float(os.environ.get("NBDOCK_FUZZ_SECONDS", 0))

settings.register_profile(
    "nbdock",
    derandomize=not SECONDS,
    database=None,
    max_examples=1000 if SECONDS else 200,
    deadline=timedelta(seconds=10),  # for one example: what takes so long has no bound
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
settings.load_profile("nbdock")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    end = monotonic() + SECONDS
    yield
    while monotonic() < end:
        item.runtest()
