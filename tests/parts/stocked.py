"""Fixtures for those who show images: samples in the store, and registries behind a gate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbdock.api import Dock, copy
from nbdock.demo import SAMPLES
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.store import Store
from tests.parts.gate import Gate, gate, push_large
from tests.parts.mirror import mirror
from tests.parts.registries import Registry

LINUX = Platform("linux", "amd64")


@pytest.fixture
def bring(home: Path) -> Callable[..., None]:
    """Copies samples into the user's own store."""
    samples = Store(SAMPLES)

    def bring(*names: str) -> None:
        store = Dock().store
        for name in map(Reference.parse, names):
            copy(samples, store, name, platform=LINUX)

    return bring


@pytest.fixture
def dock(bring: Callable[..., None]) -> Dock:
    """Holds httpd:2.4 (httpd:latest too), httpd:2.2, which shares layers with it, and busybox."""
    bring("httpd:2.4", "httpd:latest", "httpd:2.2", "busybox:latest")
    return Dock()


@pytest.fixture
def gated(registry: Registry, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """`httpd` and the others behind a gate, which is open."""
    with gate(registry) as made:
        made.opened.set()
        monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(mirror(made, home / "registries.conf")))
        yield made


@pytest.fixture
def large(empty_registry: Registry, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """`large:1` behind a gate, which is closed."""
    push_large(empty_registry)
    with gate(empty_registry) as made:
        monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(mirror(made, home / "registries.conf")))
        yield made
