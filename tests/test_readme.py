"""The README is true: its Python runs on the samples, and what it points to is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbdock.api import Dock, table
from nbdock.demo.session import Session, session
from nbdock.grammar import Call

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
TYPED = re.findall(r"`nbdock ([a-z][^`]*)`", README) + re.findall(r"^nbdock ([^#\n]+)", README, re.MULTILINE)


@pytest.fixture(scope="module")
def running() -> Iterator[Session]:
    with session(Dock()) as begun:
        yield begun


@pytest.fixture
def shell(running: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InteractiveShell:
    for name, value in running.environment(tmp_path.name).items():
        monkeypatch.setenv(name, value)
    return InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))


@pytest.mark.parametrize("block", BLOCKS, ids=["tour", "python"])
def test_its_python_runs(block: str, shell: InteractiveShell) -> None:
    shell.run_cell(block).raise_error()


def test_the_tour_is_of_ten_lines() -> None:
    assert len(BLOCKS[0].splitlines()) - BLOCKS[0].count("\n\n") - len(["%load_ext nbdock", "import nbdock"]) == 10


@pytest.mark.parametrize("line", TYPED)
def test_its_terminal_lines_are_commands(line: str) -> None:
    assert isinstance(table.read(line.split(), "nbdock"), Call)


@pytest.mark.parametrize("path", re.findall(r"\]\((?!https?:)([^)]+)\)", README))
def test_what_it_points_to_is_there(path: str) -> None:
    assert (ROOT / path).is_file()


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 120
