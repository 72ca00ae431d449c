"""The committed outputs of the notebooks are what the samples give."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from nbdock.demo import notebooks
from nbdock.demo.session import Session, session
from nbdock.dock.dock import Dock

SANITIZE = Path(__file__).parent.parent / "sanitize.cfg"
NBVAL = ["--nbval", "--nbval-current-env", f"--nbval-sanitize-with={SANITIZE}", "--nbval-cell-timeout=120"]
ALL = notebooks.all()


@pytest.fixture(scope="module")
def running() -> Iterator[Session]:
    """One for all runs: each notebook takes away what it pulled."""
    with session(Dock()) as begun:
        yield begun


@pytest.mark.parametrize("path", ALL, ids=notebooks.title)
def test_a_notebook_is_saved_as_it_ran_from_the_top(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not any("registries.conf" in cell.source or "mirror" in cell.source for cell in cells)


@pytest.mark.slow
@pytest.mark.parametrize("order", ["sorted", "random"])
def test_the_outputs_are_the_committed_ones(running: Session, order: str) -> None:
    chosen = random.sample(ALL, len(ALL)) if order == "random" else ALL
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *NBVAL, *map(str, chosen)],
        env={**os.environ, **running.environment()},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, f"{[notebooks.title(path) for path in chosen]}\n{ended.stdout}"
