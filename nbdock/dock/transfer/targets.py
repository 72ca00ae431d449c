"""Files of this machine that commands write: each in one step, and what goes wrong is one line."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, runtime_checkable

from nbdock import regular
from nbdock.errors import Refused, UsageError


@runtime_checkable
class Writable(Protocol):
    """A binary file to write to. `write` may take only a part, and returns its length."""

    def write(self, data: bytes, /) -> int | None: ...


def check(target: Path, flag: str = "-o") -> None:
    """Raises UsageError, in docker's words if it has any, for what no file can take the place of."""
    if "\0" in str(target):
        raise UsageError(f"invalid output path: {str(target)!r}", hint=f"{flag} takes the name of a file")
    if not target.parent.is_dir():
        message = f'invalid output path: directory "{target.parent}" does not exist'
        raise UsageError(message, hint="make it first, or choose another folder")
    if target.exists() and (oddity := regular.odd(target.stat())):
        raise UsageError(f'invalid output path: "{target}" is {oddity}', hint=f"{flag} takes the name of a file")


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A new path beside the target, which takes the target's place at the end: what is cut short leaves nothing."""
    new = target.with_name(f".{os.urandom(16).hex()}")
    try:
        yield new
        os.replace(new, target)
    finally:
        new.unlink(missing_ok=True)


@contextlib.contextmanager
def telling(target: Path | str) -> Iterator[None]:
    """Within this context an OSError becomes a Refused that names the file, or else the target. A reader that has gone
    is told as it is: a terminal ends quietly."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        where, reason = error.filename2 or error.filename or target, os.strerror(error.errno or 0)
        raise Refused(f"cannot write {where}: {reason}", hint="choose another folder") from error
