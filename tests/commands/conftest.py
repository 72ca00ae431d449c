"""A dock of the test's own, with the samples in its store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbdock.api import Dock, copy
from nbdock.demo import SAMPLES
from nbdock.dock.console import Console
from nbdock.frames.schema import Table
from nbdock.oci.platform import Platform
from nbdock.server import Options, Server
from nbdock.store import Store
from tests.registry.faults import Server as Faulty
from tests.server.parts import no_upstream

AMD64 = Platform("linux", "amd64")


class Recorder(Console):
    """Remembers what was said, and gives the answers it was given."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.echoed: list[str] = []
        self.shown: list[object] = []
        self.warned: list[str] = []
        self.asked: list[str] = []
        self.answer: bool | None = None
        self.typed: dict[str, str | None] = {}
        self.piped: str | None = None

    def say(self, line: str) -> None:
        self.said.append(line)

    def echo(self, *lines: str) -> None:
        self.echoed += lines

    def show(self, result: object) -> None:
        self.shown.append(result.frame() if isinstance(result, Table) else result)

    def warn(self, line: str) -> None:
        self.warned.append(line)

    def ask(self, question: str, plan: object) -> bool | None:
        self.asked.append(question)
        return self.answer

    def read(self, prompt: str) -> str | None:
        return self.typed.get(prompt)

    def read_secret(self, prompt: str) -> str | None:
        return self.typed.get(prompt)

    def read_stdin(self) -> str | None:
        return self.piped


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with every sample. Copy it before changing it."""
    root = tmp_path_factory.mktemp("samples")
    samples, store = Store(SAMPLES), Store(root)
    for name in samples.names():
        if name.reference:
            copy(samples, store, name.reference, platform=AMD64)
    return root


@pytest.fixture
def console() -> Recorder:
    return Recorder()


@pytest.fixture
def dock(sample_store: Path, tmp_path: Path, console: Recorder) -> Dock:
    shutil.copytree(sample_store, tmp_path / "store")
    return Dock(tmp_path / "store", console=console)


@pytest.fixture
def empty(tmp_path: Path, console: Recorder) -> Dock:
    """A dock with nothing in its store."""
    return Dock(tmp_path / "empty", console=console)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Server]:
    """A writable store as a registry, which lists referrers."""
    running = Server(Store(tmp_path / "served"), Options(port=0, writable=True), no_upstream)
    yield running
    running.stop()


@pytest.fixture
def liar() -> Iterator[Faulty]:
    """A registry that does to order what no good one does."""
    with Faulty() as running:
        yield running
