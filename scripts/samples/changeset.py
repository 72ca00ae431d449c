"""Changesets: the files that an instruction adds, changes and removes, as a tar (OCI image spec, layer.md).

The tar headers are written here field by field, because the output of tarfile may change with Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import PurePosixPath

from scripts.samples.filler import Filler, draws

_BLOCK = 512
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"


class Kind(StrEnum):
    """The type flag of a tar header."""

    FILE = "0"
    HARD_LINK = "1"
    SYMLINK = "2"
    DIRECTORY = "5"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a layer. `path` is ASCII, at most 100 characters, with no slash at either end."""

    path: str
    kind: Kind
    mode: int
    content: bytes | Filler = b""
    target: str = ""
    owner: int = 0

    def tar(self, time: int) -> bytes:
        """The header and the content, padded to whole blocks."""
        content = bytes(self.content)
        return self._header(len(content), time) + content + bytes(-len(content) % _BLOCK)

    def _header(self, size: int, time: int) -> bytes:
        """POSIX ustar. Owners are numbers without names, as in the layers that BuildKit writes."""
        path = f"{self.path}/" if self.kind is Kind.DIRECTORY else self.path
        before = b"".join(
            (
                _text(path, 100),
                *(_octal(number, 8) for number in (self.mode, self.owner, self.owner)),
                *(_octal(number, 12) for number in (size, time)),
            )
        )
        after = self.kind.encode() + _text(self.target, 100) + b"ustar\00000" + bytes(64) + _octal(0, 8) * 2
        checksum = sum(before) + 8 * ord(" ") + sum(after)
        return (before + b"%06o\0 " % checksum + after).ljust(_BLOCK, b"\0")


@dataclass(frozen=True, slots=True)
class Changeset:
    """The entries of one layer, in order. All of them were modified at `time` (seconds since 1970, UTC)."""

    entries: tuple[Entry, ...]
    time: int

    def tar(self) -> bytes:
        """The uncompressed layer. Missing parent directories are added, owned by root, with mode 755."""
        blocks = (entry.tar(self.time) for entry in _with_parents(self.entries))
        return b"".join((*blocks, bytes(2 * _BLOCK)))


def file(path: str, content: bytes | str | Filler, mode: int = 0o644, owner: int = 0) -> Entry:
    """A regular file. `owner` is the number of its user and of its group."""
    return Entry(path, Kind.FILE, mode, content.encode() if isinstance(content, str) else content, owner=owner)


def directory(path: str, mode: int = 0o755, owner: int = 0) -> Entry:
    """A directory."""
    return Entry(path, Kind.DIRECTORY, mode, owner=owner)


def symlink(path: str, target: str) -> Entry:
    """A symbolic link."""
    return Entry(path, Kind.SYMLINK, 0o777, target=target)


def hard_link(path: str, target: str, mode: int = 0o755) -> Entry:
    """Another name for `target`, a file of the same layer."""
    return Entry(path, Kind.HARD_LINK, mode, target=target)


def whiteout(path: str) -> Entry:
    """Remove the file or directory that lower layers have at `path`."""
    removed = PurePosixPath(path)
    return file(str(removed.with_name(_WHITEOUT + removed.name)), b"")


def opaque(path: str) -> Entry:
    """Remove what lower layers have in the directory `path`, but not the directory."""
    return file(f"{path}/{_OPAQUE}", b"")


def directories(root: str, names: str) -> tuple[Entry, ...]:
    """A directory for each of the space-separated names."""
    return tuple(directory(f"{root}/{name}") for name in names.split())


def files(root: str, names: str, size: int, mode: int = 0o644, owner: int = 0, edition: str = "") -> tuple[Entry, ...]:
    """A file of filler for each of the names, together about `size` bytes; each `edition` has a text of its own."""
    paths = [f"{root}/{name}" for name in names.split()]
    weights = [1 + number % 9 for number in islice(draws(root), len(paths))]
    sizes = (size * weight // sum(weights) for weight in weights)
    return tuple(
        file(path, Filler(f"{path} {edition}".rstrip(), share), mode, owner)
        for path, share in zip(paths, sizes, strict=True)
    )


def programs(root: str, names: str, size: int, edition: str = "") -> tuple[Entry, ...]:
    """Like `files`, but executable."""
    return files(root, names, size, mode=0o755, edition=edition)


def symlinks(root: str, target: str, names: str) -> tuple[Entry, ...]:
    """A symbolic link to `target` for each of the names."""
    return tuple(symlink(f"{root}/{name}", target) for name in names.split())


def hard_links(root: str, target: str, names: str) -> tuple[Entry, ...]:
    """A hard link to `target`, a program of the same directory, for each of the names."""
    return tuple(hard_link(f"{root}/{name}", f"{root}/{target}") for name in names.split())


def _with_parents(entries: Iterable[Entry]) -> Iterator[Entry]:
    named: set[str] = set()
    for entry in entries:
        for parent in reversed(PurePosixPath(entry.path).parents[:-1]):
            if str(parent) not in named:
                named.add(str(parent))
                yield directory(str(parent))
        named.add(entry.path)
        yield entry


def _text(value: str, width: int) -> bytes:
    return value.encode("ascii").ljust(width, b"\0")


def _octal(value: int, width: int) -> bytes:
    return b"%0*o\0" % (width - 1, value)
