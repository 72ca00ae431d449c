"""Where an image is, in the words of containers/image, which skopeo and podman use (containers-transports(5))."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Self

from nbdock.errors import UsageError

Where = Literal["store", "docker", "docker-archive", "oci-archive", "oci", "docker-daemon", "podman"]

_PREFIXES: dict[str, Where] = {
    "docker://": "docker",
    "docker-archive:": "docker-archive",
    "oci-archive:": "oci-archive",
    "oci:": "oci",
    "docker-daemon:": "docker-daemon",
    "podman:": "podman",
    "store:": "store",
}
_IN_FILES = ("docker-archive", "oci-archive", "oci")


@dataclass(frozen=True, slots=True)
class Location:
    """A place, the `path` of its file or folder if it is one, and the `name` of an image there, which may be "".

    Examples
    --------
    >>> from nbdock.oci.location import Location
    >>> Location.parse("docker-archive:app.tar:app:1.0", exists=lambda path: path == "app.tar")
    Location(where='docker-archive', path='app.tar', name='app:1.0')
    """

    where: Where
    path: str = ""
    name: str = ""

    @classmethod
    def parse(cls, text: str, exists: Callable[[str], bool]) -> Self | None:
        """The location that a text says; None if it does not say where.

        The path ends at the first colon before which something `exists`, or else at the first. Raises UsageError.
        """
        prefix = next((each for each in _PREFIXES if text.startswith(each)), None)
        if prefix is None:
            return None
        where, rest = _PREFIXES[prefix], text.removeprefix(prefix)
        if where not in _IN_FILES:
            return cls(where, name=rest)
        path, name = split(rest, exists)
        if not path:
            raise UsageError(f"{text} names no file", hint=f"write {prefix}FILE or {prefix}FILE:NAME")
        return cls(where, path, name)

    @property
    def is_engine(self) -> bool:
        """Whether it is in an engine."""
        return self.where in ("docker-daemon", "podman")

    @property
    def engine(self) -> Literal["docker", "podman"]:
        """The engine that it is in."""
        return "podman" if self.where == "podman" else "docker"

    @property
    def named(self) -> str:
        """The name. Raises UsageError if there is none, which only a list of images does without."""
        if not self.name:
            raise UsageError(f"{self} names no image", hint=f"`ls {self}` lists those of the engine")
        return self.name

    def __str__(self) -> str:
        prefix = next(each for each, where in _PREFIXES.items() if where == self.where)
        return prefix + (f"{self.path}:{self.name}" if self.path and self.name else self.path or self.name)


def split(text: str, exists: Callable[[str], bool]) -> tuple[str, str]:
    """The path and the name of `PATH[:NAME]`."""
    ends = [number for number, each in enumerate(text) if each == ":"]
    if not ends or exists(text):
        return text, ""
    end = next((each for each in ends if exists(text[:each])), ends[0])
    return text[:end], text[end + 1 :]
