"""Another program, run to its end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nbdock.errors import Refused, UsageError


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None) -> None:
    """Run it in the folder. Raises UsageError where there is no such program, Refused where it fails."""
    try:
        child = subprocess.Popen(command, env={**os.environ, **environment}, cwd=folder)  # noqa: S603
    except OSError as error:
        raise UsageError(f"cannot run {command[0]}: {error.strerror}") from None
    with _its_own_signals(child):
        code = child.wait()
    if code:
        raise Refused(f"{Path(command[0]).name} ended with {code}")


@contextlib.contextmanager
def _its_own_signals(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """The terminal sends Ctrl-C to the child as well, which may ask what is meant by it. To be ended ends the child."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: child.terminate()),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
