"""Files that a user gives to be read: a path, `-` for standard input, or a binary file that is open."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

from nbdock.dock.dock import Dock
from nbdock.errors import IntegrityError, UsageError

_CHUNK = 1 << 20
STDIN = Path("-")
"""Standard input."""


@runtime_checkable
class Readable(Protocol):
    """A binary file that is open."""

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end."""
        ...


Input: TypeAlias = Path | Readable


def shown(given: Input) -> str:
    """How messages name it."""
    return "standard input" if given == STDIN else str(given) if isinstance(given, Path) else "the file"


@contextlib.contextmanager
def opened(dock: Dock, given: Input) -> Iterator[Iterator[bytes]]:
    """The content, in chunks. A file that the caller opened stays open. Raises UsageError."""
    with contextlib.ExitStack() as stack:
        file = given
        if isinstance(file, Path):
            file = _stdin(dock) if file == STDIN else stack.enter_context(_open(file))
        yield _chunks(file, shown(given))


@contextlib.contextmanager
def blamed_on_file() -> Iterator[None]:
    """Within this context what is wrong is wrong in an archive: pulling again would not help."""
    try:
        yield
    except IntegrityError as error:
        if error.hint == error.remedy:
            error.hint = "save the image again: the archive is damaged, or someone changed it"
        raise


@contextlib.contextmanager
def _open(path: Path) -> Iterator[Readable]:
    if path.is_dir():
        raise UsageError(f"cannot read {path}: it is a folder", hint=f"tar -C {path} -c . | nbdock import -")
    try:
        file = open(path, "rb", buffering=0)  # noqa: SIM115 (closed below)
    except OSError as error:
        raise _unreadable(str(path), error) from None
    with file:
        yield file


def _stdin(dock: Dock) -> Readable:
    file = dock.console.stdin()
    if file is None:
        raise UsageError("nothing is piped into standard input", hint="name a file, or pipe one in a terminal")
    return file


def _chunks(file: Readable, name: str) -> Iterator[bytes]:
    while True:
        try:
            chunk = file.read(_CHUNK)
        except (OSError, ValueError) as error:
            raise _unreadable(name, error) from None
        if not isinstance(chunk, bytes):
            raise UsageError(f"cannot read {name}: it is no binary file", hint='open it with "rb"')
        if not chunk:
            return
        yield chunk


def _unreadable(name: str, error: OSError | ValueError) -> UsageError:
    reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
    return UsageError(f"cannot read {name}: {reason}", hint="name a file that can be read")
