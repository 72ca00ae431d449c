"""Where in a Dockerfile a mistake is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from nbdock.errors import DockerfileError, UsageError
from nbdock.human import excerpt


class _Placed(Protocol):
    """What has a place in a Dockerfile: an instruction."""

    @property
    def line(self) -> int: ...

    @property
    def source(self) -> str: ...


def located(problem: str, line: int, source: str, hint: str) -> DockerfileError:
    """The mistake in this line: `Dockerfile:3: RUNN make: unknown instruction: RUNN`."""
    return DockerfileError(f"Dockerfile:{line}: {excerpt(source)}: {problem}", line=line, hint=hint)


@contextmanager
def at(place: _Placed) -> Iterator[None]:
    """Say of a UsageError which line of the Dockerfile it is about, unless it says so itself."""
    try:
        yield
    except DockerfileError:
        raise
    except UsageError as error:
        raise located(str(error), place.line, place.source, error.hint) from error
