"""A dock of the test's own, with the samples in its store."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nbdock.api import Dock, copy
from nbdock.demo import SAMPLES
from nbdock.dock.console import Console
from nbdock.frames.schema import Table
from nbdock.oci.platform import Platform
from nbdock.store import Store

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
