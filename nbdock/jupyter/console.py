"""The console of a command in a notebook: printed lines, progress, and the front end's own input box."""

from __future__ import annotations

import contextlib
import getpass
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from IPython.display import display

from nbdock import progress
from nbdock.dock.console import Console
from nbdock.frames.schema import Table
from nbdock.progress import View
from nbdock.widgets.bars import Bars

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

Watching = contextlib.AbstractContextManager[View | None]


class NotebookConsole(Console):
    """Prints to the cell. `style` is the kind of progress: bars, text, none, or auto.

    "auto" is bars if the front end has an input box. Programs that run notebooks unattended (nbconvert, papermill,
    nbval) have none: they get plain lines.
    """

    def __init__(self, shell: InteractiveShell, style: str = "auto") -> None:
        self._shell = shell
        self._style = style

    @property
    def _kernel(self) -> Any:
        """The kernel; None in a terminal."""
        return getattr(self._shell, "kernel", None)

    @property
    def shows_widgets(self) -> bool:  # type: ignore[override]
        return self._kernel is not None

    @property
    def _answers(self) -> bool:
        """Whether the user can answer: the front end has an input box, or standard input is a terminal."""
        return bool(self._kernel._allow_stdin) if self._kernel else sys.stdin.isatty()

    def say(self, line: str) -> None:
        print(line)

    def show(self, result: object) -> None:
        display(_shown(result))  # type: ignore[no-untyped-call]

    def warn(self, line: str) -> None:
        print(line)  # standard error would be shown out of order

    def watching(self) -> Watching:
        style = self._style if self._style != "auto" else "bars" if self._kernel and self._answers else "text"
        if style == "none":
            return contextlib.nullcontext()
        if style == "bars":
            return Bars()
        return progress.Redrawn(sys.stderr) if sys.stderr.isatty() else progress.Lines(print)

    def ask(self, question: str, plan: object) -> bool | None:
        if not self._answers:
            return None
        display(_shown(plan))  # type: ignore[no-untyped-call]
        return (self.read(f"{question} [y/N] ") or "").strip().lower() in ("y", "yes")

    def read(self, prompt: str) -> str | None:
        return self._answer(input, prompt)

    def read_secret(self, prompt: str) -> str | None:
        return self._answer(getpass.getpass, prompt)

    def stdin(self) -> None:
        return None

    def read_stdin(self) -> str | None:
        return None

    def _answer(self, read: Callable[[str], str], prompt: str) -> str | None:
        with contextlib.suppress(EOFError):
            return read(prompt) if self._answers else None
        return None


def _shown(result: object) -> object:
    return result.frame() if isinstance(result, Table) else result
