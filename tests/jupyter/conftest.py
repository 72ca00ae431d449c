"""A shell, and a kernel, of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from tests.jupyter.kernel import Kernel


@pytest.fixture
def shell(home: Path) -> Iterator[InteractiveShell]:
    """A real shell with nbdock in it, as a terminal's `ipython` has it."""
    config = Config()
    config.HistoryManager.enabled = False
    made = InteractiveShell.instance(config=config)
    made.run_cell("%load_ext nbdock")
    yield made
    InteractiveShell.clear_instance()


@pytest.fixture
def kernel(home: Path) -> Iterator[Kernel]:
    """A real kernel over ZMQ with nbdock in it."""
    with Kernel.started() as running:
        running.run("%load_ext nbdock")
        yield running
