"""A shell, and a kernel, of the test's own."""

from __future__ import annotations

import os
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


@pytest.fixture(scope="session")
def _kernel() -> Iterator[Kernel]:
    with Kernel.started() as running:
        yield running


@pytest.fixture
def kernel(home: Path, _kernel: Kernel) -> Kernel:
    """A real kernel over ZMQ with nbdock in it, in the test's own home."""
    environment = f"import os\nos.environ.clear()\nos.environ.update({dict(os.environ)!r})"
    _kernel.run(f"%reset -f\n{environment}\n%reload_ext nbdock\n%config ImageMagics.progress = 'auto'")
    return _kernel
