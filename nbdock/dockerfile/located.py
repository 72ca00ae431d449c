"""Where in a Dockerfile a mistake is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from nbdock.errors import DockerfileError, UsageError
from nbdock.human import excerpt

_PASSWORD = re.compile(r"//[^/?#\s@]*@")


class _Placed(Protocol):
    """What has a place in a Dockerfile: an instruction."""

    @property
    def line(self) -> int: ...

    @property
    def source(self) -> str: ...


def cited(source: str) -> str:
    """A line of a Dockerfile for a message: short, safe to print, and without the passwords of URLs."""
    return excerpt(_PASSWORD.sub("//***@", source))


def located(problem: str, line: int, source: str, hint: str) -> DockerfileError:
    """The mistake in this line: `Dockerfile:3: RUNN make: unknown instruction: RUNN`."""
    return DockerfileError(f"Dockerfile:{line}: {cited(source)}: {problem}", line=line, hint=hint)


@contextmanager
def at(place: _Placed) -> Iterator[None]:
    """Say of a UsageError which line of the Dockerfile it is about, unless it says so itself."""
    try:
        yield
    except DockerfileError:
        raise
    except UsageError as error:
        raise located(str(error), place.line, place.source, error.hint) from error
