"""A misbehaving registry, a client, and a task that does not wait."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbdock.registry.client import Registry
from nbdock.registry.credentials import Credentials
from nbdock.registry.hosts import Hosts
from nbdock.registry.transport import Transport
from nbdock.task import Progress, Task
from tests.parts import certificates
from tests.parts.certificates import Certificate
from tests.registry.faults import Server


class Impatient(Task):
    """Takes no time to wait, and keeps what it was told and how long it should have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Progress] = []
        self.slept: list[float] = []

    def tell(self, progress: Progress) -> None:
        self.told.append(progress)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.check()


@pytest.fixture
def task() -> Impatient:
    return Impatient()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def authority(tmp_path: Path) -> Certificate:
    return certificates.authority(tmp_path)


@pytest.fixture
def secure_server(authority: Certificate) -> Iterator[Server]:
    """The same over TLS, for who has `trust` in it."""
    own = certificates.loopback(authority.key.parent, authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)
    with Server(context) as running:
        yield running


@pytest.fixture
def trust(authority: Certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.certificate))


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    return Credentials(tmp_path / "docker" / "config.json")


@pytest.fixture
def client(credentials: Credentials) -> Registry:
    return Registry(Hosts(), credentials, timeout=20)


@pytest.fixture
def transport() -> Transport:
    return Transport(None, timeout=20)
