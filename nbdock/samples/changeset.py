"""What an instruction changes in a file system, and the tar that says so (OCI image spec, layer.md).

The headers are written here, field by field, and not by tarfile, which promises no bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from nbdock.samples.filler import Filler

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
    """One entry of a layer. `path` is ASCII, of 100 characters at most, without a slash before or after it."""

    path: str
    kind: Kind
    mode: int
    content: bytes | Filler = b""
    target: str = ""
    owner: int = 0

    def tar(self, time: int) -> bytes:
        """The header and the content, in whole blocks."""
        content = bytes(self.content)
        return self._header(len(content), time) + content + bytes(-len(content) % _BLOCK)

    def _header(self, size: int, time: int) -> bytes:
        """POSIX ustar, with no names of owners: those are numbers, as in the layers that BuildKit writes."""
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
    """The entries of one layer, in their order; `time` (seconds since 1970, UTC) is the modification time of all."""

    entries: tuple[Entry, ...]
    time: int

    def tar(self) -> bytes:
        """The uncompressed layer. Folders on the way that are not named before are root's, of mode 755."""
        blocks = (entry.tar(self.time) for entry in _with_parents(self.entries))
        return b"".join((*blocks, bytes(2 * _BLOCK)))


def file(path: str, content: bytes | str | Filler, mode: int = 0o644, owner: int = 0) -> Entry:
    """A regular file; `owner` is the number of its user and its group."""
    return Entry(path, Kind.FILE, mode, content.encode() if isinstance(content, str) else content, owner=owner)


def directory(path: str, mode: int = 0o755, owner: int = 0) -> Entry:
    return Entry(path, Kind.DIRECTORY, mode, owner=owner)


def symlink(path: str, target: str) -> Entry:
    return Entry(path, Kind.SYMLINK, 0o777, target=target)


def hard_link(path: str, target: str, mode: int = 0o755) -> Entry:
    """Another name for `target`, a file of the same layer."""
    return Entry(path, Kind.HARD_LINK, mode, target=target)


def whiteout(path: str) -> Entry:
    """What lower layers have at `path` is gone."""
    gone = PurePosixPath(path)
    return file(str(gone.with_name(_WHITEOUT + gone.name)), b"")


def opaque(path: str) -> Entry:
    """What lower layers have in the folder `path` is gone; the folder stays."""
    return file(f"{path}/{_OPAQUE}", b"")


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
