"""Engines that are asked, real or misbehaving."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from nbdock.engines.address import Address
from nbdock.engines.client import Engine
from nbdock.task import Task
from tests.parts.engines import Podman
from tests.registry.faults import Server


@pytest.fixture
def server() -> Iterator[Server]:
    """An engine that does to order what no good one does."""
    with Server() as running:
        yield running


@pytest.fixture
def engine(server: Server) -> Engine:
    """The client of `server`."""
    return Engine("docker", Address(host=server.host), Task())


@pytest.fixture
def at() -> Callable[[Podman], Engine]:
    """The client of a real engine."""
    return lambda podman: Engine("podman", Address(socket=str(podman.socket)), Task())
