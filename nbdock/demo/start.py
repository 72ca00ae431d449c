"""What `nbdock demo` does."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from importlib import import_module

from nbdock.demo import child, notebooks
from nbdock.demo.session import Session, session
from nbdock.dock.dock import Dock

_COPIES = "The images are samples, the notebooks copies; both are gone when this ends, and nothing of yours is touched."


def start(dock: Dock, command: Sequence[str], check: bool, hub: bool) -> None:
    """Begin a session and do in it what is asked for: run a command, check the notebooks or open the first of them.

    Raises Refused where that fails, ModuleNotFoundError where what it takes is not installed.
    """
    with session(dock, hub) as running:
        if command:
            child.run(command, running.environment())
        elif check:
            _check(dock, running)
        else:
            _open(dock, running)


def _check(dock: Dock, running: Session) -> None:
    from nbdock.demo.check import check

    check(notebooks.all(), running, dock.console.say)


def _open(dock: Dock, running: Session) -> None:
    import_module("jupyterlab")  # where it is missing, that is said here and not by the child
    copies = running.folder / "notebooks"
    shutil.copytree(notebooks.folder(), copies)
    dock.console.say(_COPIES)
    child.run([sys.executable, "-m", "jupyterlab", notebooks.all()[0].name], running.environment(), copies)
