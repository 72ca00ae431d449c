"""The terminal: `nbdock pull httpd`, or `python -m nbdock pull httpd`, with docker's exit codes."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from nbdock import progress
from nbdock.commands import table
from nbdock.dock.console import Console
from nbdock.dock.dock import Dock
from nbdock.errors import Interrupted, NbdockError
from nbdock.frames.schema import Table
from nbdock.grammar import Invocation, Text
from nbdock.task import raising_interrupts
from nbdock.widgets import command as _ui  # noqa: F401 (it adds `ui` to the table)

DEBUG = "--debug"


class Terminal(Console):
    """The console of a terminal: docker's lines on standard output; progress, warnings and errors on standard error."""

    shows_widgets = False

    def __init__(self) -> None:
        self.told = False
        """Whether docker's lines were printed in place of the result."""

    def say(self, line: str) -> None:
        self.echo(line)

    def echo(self, *lines: str) -> None:
        for line in lines:
            print(line, flush=True)
        self.told = True

    def show(self, result: object) -> None:
        if not self.told:
            _show(result)

    def warn(self, line: str) -> None:
        _note(f"{progress.CLEAR}{line}" if sys.stderr.isatty() else line)

    def stay(self) -> bool:
        with contextlib.suppress(KeyboardInterrupt), raising_interrupts():
            while True:
                time.sleep(3600)
        return True

    def watching(self) -> progress.View:
        return progress.Redrawn(sys.stderr) if sys.stderr.isatty() else progress.Lines(_note)

    def ask(self, question: str, plan: object) -> bool | None:
        if not sys.stdin.isatty():
            return None
        _show(plan)
        self.told = True
        return (self.read(f"{question} [y/N] ") or "").strip().lower() in ("y", "yes")

    def read(self, prompt: str) -> str | None:
        return _typed(input, prompt)

    def binary_output(self) -> BinaryIO | None:
        self.told = True
        buffer = getattr(sys.stdout, "buffer", None)
        return getattr(buffer, "raw", buffer)  # what fails does so at once, not when Python ends

    def read_secret(self, prompt: str) -> str | None:
        from getpass import getpass

        return _typed(getpass, prompt)


def main(given: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit code: 0, that of the error, 130 if interrupted, 141 if the output is closed."""
    words = list(sys.argv[1:] if given is None else given)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as standard error: `…` in a locale that has none
    try:
        code = _run([word for word in words if word != DEBUG], debug=DEBUG in words)
        print(end="", flush=True)  # where standard output is closed, Python has none
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more when it ends
        return 141
    return code


def _run(words: Sequence[str], debug: bool) -> int:
    try:
        return _execute(words)
    except (NbdockError, Interrupted) as error:
        _report(error, debug)
        return error.exit_code
    except KeyboardInterrupt:
        return Interrupted.exit_code


def _execute(words: Sequence[str]) -> int:
    call, terminal = table.read(words, "nbdock"), Terminal()
    result = call(Dock(console=terminal)) if isinstance(call, Invocation) else call
    if isinstance(result, Text) or not terminal.told:
        _show(result)
    return int(isinstance(result, Table) and result.failed)


def _show(result: Any) -> None:
    """A table with docker's headings; text as it is."""
    if result is not None:
        print(result.text() if isinstance(result, Table) else result)


def _report(error: NbdockError | Interrupted, debug: bool) -> None:
    if debug:
        import traceback

        traceback.print_exception(error)
    _note(f"Error: {error}")
    if error.hint:
        _note(f"  {error.hint}")


def _note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _typed(read: Callable[[str], str], prompt: str) -> str | None:
    """The line that the user types, "" at the end of input; None if standard input is not a terminal."""
    if not sys.stdin.isatty():
        return None
    try:
        return read(prompt)
    except EOFError:
        print()
        return ""


if __name__ == "__main__":
    sys.exit(main())
