"""What a surface (notebook, terminal, widget) offers to a command: words, progress, questions."""

from __future__ import annotations

import contextlib

from nbdock.task import Listener, Task


class Console:
    """The silent one, for Python callers: says nothing, shows nothing, can answer nothing."""

    shows_widgets = True

    def say(self, line: str) -> None:
        """A line of docker's output that no frame holds (`Status: …`)."""

    def echo(self, *lines: str) -> None:
        """Lines that say all that the returned frame says (`Untagged: …`): for surfaces that print instead of it."""

    def show(self, result: object) -> None:
        """What a command did before it failed: a frame that nobody gets to return."""

    def warn(self, line: str) -> None:
        """A line that is no output: a warning, a remark on spelling."""

    def stay(self) -> bool:
        """Wait for the user to end what a command began, and True then; False where it may go on without one."""
        return False

    def watching(self) -> contextlib.AbstractContextManager[Listener | None]:
        """Shows the progress of one command while inside."""
        return contextlib.nullcontext()

    def started(self, task: Task) -> None:
        """What needs the network began: for surfaces with a button that cancels."""

    def ask(self, question: str, plan: object) -> bool | None:
        """Show the plan (a frame) and ask yes or no; None, with nothing shown, where nobody can answer."""
        return None

    def read(self, prompt: str) -> str | None:
        """A line of text; None where nobody can answer."""
        return None

    def read_secret(self, prompt: str) -> str | None:
        """A line that is not shown; None where nobody can answer."""
        return None

    def read_stdin(self) -> str | None:
        """All that is piped in; None where nothing can be."""
        return None
