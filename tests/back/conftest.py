"""The application without pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nbdock.back.backend import Backend, backend
from nbdock.back.jobs import Job
from tests.parts.stocked import bring, dock, gated, large

__all__ = ["bring", "dock", "gated", "large"]


@pytest.fixture
def back(home: object) -> Iterator[Backend]:
    """The back end of the test's own store; a removal can be undone for an hour."""
    made = backend()
    made.grace = 3600
    yield made
    for pending in tuple(made.removals.values()):
        pending.timer.cancel()


@pytest.fixture
def ask(back: Backend) -> Callable[..., Any]:
    return lambda question, /, **asked: back.ask(question, asked, Job())


@pytest.fixture
def told(back: Backend) -> Iterator[list[dict[str, Any]]]:
    """What a page is told."""
    heard: list[dict[str, Any]] = []
    leave = back.join(heard.append)
    yield heard
    leave()
