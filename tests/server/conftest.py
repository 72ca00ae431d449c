"""A writable server and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nbdock.server import Options, Server
from nbdock.store import Store
from tests.server.parts import no_upstream


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "served")


@pytest.fixture
def server(store: Store) -> Iterator[Server]:
    running = Server(store, Options(port=0, writable=True), no_upstream)
    yield running
    running.stop()


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url) as client:
        yield client


@pytest.fixture
def readonly(store: Store, server: Server) -> Iterator[httpx.Client]:
    """A client of a read-only server of the same store."""
    running = Server(store, Options(port=0), no_upstream)
    with httpx.Client(base_url=running.url) as client:
        yield client
    running.stop()
