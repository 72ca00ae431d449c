"""The console of a command: how a surface (notebook, terminal, widget) shows its lines, progress and questions."""

from __future__ import annotations

import contextlib
import sys
from typing import BinaryIO

from nbdock.progress import View
from nbdock.task import Task


class Console:
    """The console of Python callers: it prints nothing and answers no questions."""

    shows_widgets = True
    """Whether the surface can show widgets."""

    def say(self, line: str) -> None:
        """Print a line of docker's output that is not in the returned frame (`Status: …`)."""

    def echo(self, *lines: str) -> None:
        """Print docker's lines that repeat the returned frame (`Untagged: …`), on surfaces that show no frames."""

    def show(self, result: object) -> None:
        """Show the result of a command that fails for some of its arguments, and therefore raises."""

    def warn(self, line: str) -> None:
        """Print a warning."""

    def stay(self) -> bool:
        """Wait until the user ends a server, and return True; False if it runs in the background."""
        return False

    def watching(self) -> contextlib.AbstractContextManager[View | None]:
        """What shows the progress of a command, as a context."""
        return contextlib.nullcontext()

    def started(self, task: Task) -> None:
        """Called when work on the network starts, for surfaces that can cancel it."""

    def ask(self, question: str, plan: object) -> bool | None:
        """Show a plan and ask yes or no. Returns None, without showing the plan, if nobody can answer."""
        return None

    def read(self, prompt: str) -> str | None:
        """Read a line of text; None if nobody can answer."""
        return None

    def read_secret(self, prompt: str) -> str | None:
        """Read a line that is not shown; None if nobody can answer."""
        return None

    def stdin(self) -> BinaryIO | None:
        """Standard input; None if it is a terminal."""
        return None if sys.stdin is None or sys.stdin.isatty() else getattr(sys.stdin, "buffer", None)

    def binary_output(self) -> BinaryIO | None:
        """Standard output, for a command that writes bytes there in place of its result; None if there is none."""
        return None

    def read_stdin(self) -> str | None:
        """All of standard input; None if it is a terminal."""
        return None if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
