"""One header of a tar: its 512 bytes and the records of extended headers (POSIX ustar and pax, GNU tar).

Read as Go's archive/tar does, with which docker unpacks layers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from zlib import adler32

from nbdock.errors import InvalidContent

BLOCK = 512
GLOBAL, PAX, GNU_PATH, GNU_LINK, GNU_SPARSE, _CONTIGUOUS, _V7_FILE = b"gxLKS7\0"

_NAME, _PREFIX, _LINK_NAME = slice(0, 100), slice(345, 500), slice(157, 257)
_MODE, _UID, _GID = slice(100, 108), slice(108, 116), slice(116, 124)
_SIZE, _MTIME, _CHECKSUM = slice(124, 136), slice(136, 148), slice(148, 156)
_TYPE, _UNPACKED = 156, slice(483, 495)
_MAJOR, _MINOR = slice(329, 337), slice(337, 345)
_MAGIC, _USTAR, _GNU = slice(257, 263), b"ustar\0", b"ustar "

_RECORD = re.compile(rb"([0-9]{1,7}) ([^=]+)=")
_USED = frozenset(b"path linkpath size uid gid mtime GNU.sparse.name GNU.sparse.size GNU.sparse.realsize".split())
XATTR = b"SCHILY.xattr."
_DECIMAL = re.compile(rb"-?[0-9]{1,19}")
_SECONDS = re.compile(rb"-?[0-9]{1,19}(?:\.[0-9]*)?")

Records = Mapping[bytes, bytes]


class Kind(StrEnum):
    """The kind of an entry in the file system."""

    FILE = "file"
    LINK = "hard link"
    SYMLINK = "symlink"
    CHARACTER = "character device"
    BLOCK = "block device"
    DIRECTORY = "directory"
    FIFO = "fifo"


_KINDS: dict[int, Kind] = dict(zip(b"0123456", Kind, strict=True))
_FILE = Kind.FILE
_KINDS.update(dict.fromkeys((GNU_SPARSE, _CONTIGUOUS, _V7_FILE), Kind.FILE))


@dataclass(slots=True)  # frozen would be slower, and a layer has many entries
class Entry:
    """One entry of a tar. `size` is the unpacked size of a file in bytes; 0 for anything else.

    The other fields are parsed on access and raise InvalidContent if they are malformed. Names are bytes, as on Linux.
    """

    kind: Kind
    size: int
    path: bytes
    header: bytes = field(repr=False)
    records: Records = field(repr=False)
    offset: int = 0
    """Where its content begins in the tar."""

    @property
    def linkname(self) -> bytes:
        """A symlink's target as written, or the path of a hard link's other name."""
        return self.records.get(b"linkpath") or text(self.header[_LINK_NAME])

    @property
    def mode(self) -> int:
        return _number(self.header[_MODE])

    @property
    def uid(self) -> int:
        return _number(self.header[_UID], self.records.get(b"uid"))

    @property
    def gid(self) -> int:
        return _number(self.header[_GID], self.records.get(b"gid"))

    @property
    def device(self) -> tuple[int, int]:
        """The major and minor number of a device."""
        return _number(self.header[_MAJOR]), _number(self.header[_MINOR])

    @property
    def is_sparse(self) -> bool:
        """Whether the tar has only the parts between the holes."""
        if self.header[_TYPE] == GNU_SPARSE:
            return True
        return bool(self.records) and any(name.startswith(b"GNU.sparse.") for name in self.records)

    @property
    def mtime(self) -> float:
        """Seconds since 1970, UTC."""
        told = self.records.get(b"mtime")
        return _seconds(told) if told else _number(self.header[_MTIME])


def verify(header: bytes) -> int:
    """The type flag of a header. Raises InvalidContent if its checksum is wrong.

    The checksum is the sum of the bytes with blanks in its own field; old tars summed signed bytes. The lower half of
    Adler-32 is one plus that sum, modulo 65521, which 256 bytes cannot exceed.
    """
    start, middle, end = header[:148], header[156:400], header[400:]
    sums = (adler32(start) & 0xFFFF) + (adler32(middle) & 0xFFFF) + (adler32(end) & 0xFFFF) - 3
    told, total = _number(header[_CHECKSUM]), sums + 8 * ord(" ")
    if told != total and told != total - 256 * sum(byte > 127 for byte in start + middle + end):
        raise _invalid()
    return header[_TYPE]


def entry(header: bytes, records: Records) -> tuple[Entry, int]:
    """The entry, and the length of its content in the tar. Raises InvalidContent."""
    path = _path(header, records)
    kind = _kind(header, path)
    if kind is not _FILE:
        return Entry(kind, 0, path, header, records), 0
    stored = size(header, records.get(b"size"))
    return Entry(kind, _unpacked(header, records, stored), path, header, records), stored


def size(header: bytes, told: bytes | None = None) -> int:
    """The length of the content by the header or by its record. Raises InvalidContent."""
    return _natural(_number(header[_SIZE], told))


def pax_records(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The records that an Entry uses. Records without a value are ignored, as in Go. Raises InvalidContent."""
    start = 0
    while start < len(body):
        match = _RECORD.match(body, start)
        end = start + int(match[1]) if match else 0
        if match is None or not match.end() < end <= len(body) or body[end - 1 : end] != b"\n":
            raise _invalid()
        value = body[match.end() : end - 1]
        if value and (match[2] in _USED or match[2].startswith(XATTR)):
            if b"\0" in value and match[2] in _USED:  # an attribute's value may be binary
                raise _invalid()
            yield match[2], value
        start = end


def text(content: bytes) -> bytes:
    """The field up to its first zero byte."""
    return content.partition(b"\0")[0]


def _kind(header: bytes, path: bytes) -> Kind:
    flag = header[_TYPE]
    if flag == _V7_FILE and path.endswith(b"/"):
        return Kind.DIRECTORY
    kind = _KINDS.get(flag)
    if kind is None:
        raise InvalidContent(f"unhandled tar header type {flag}")
    return kind


def _path(header: bytes, records: Records) -> bytes:
    told = records and (records.get(b"GNU.sparse.name") or records.get(b"path"))
    if told:
        return told
    name = text(header[_NAME])
    prefix = text(header[_PREFIX]) if header[_MAGIC] == _USTAR else b""
    return prefix + b"/" + name if prefix else name


def _unpacked(header: bytes, records: Records, stored: int) -> int:
    """The size of a file, holes included."""
    if header[_TYPE] == GNU_SPARSE:
        if header[_MAGIC] != _GNU:
            raise _invalid()
        return _natural(_number(header[_UNPACKED]))
    told = records and (records.get(b"GNU.sparse.size") or records.get(b"GNU.sparse.realsize"))
    return _natural(_decimal(told)) if told else stored


def _number(digits: bytes, told: bytes | None = None) -> int:
    """A number from its record, else from the header: octal digits or GNU's base 256."""
    if told is not None:
        return _decimal(told)
    octal = digits.strip(b" \0")
    if not octal.isdigit():
        return _odd_number(digits)
    try:
        return int(octal, 8)
    except ValueError:
        raise _invalid() from None


def _odd_number(field: bytes) -> int:
    """Base 256 in two's complement if the first bit is set, else digits up to a zero byte; an empty field is 0."""
    if field[0] & 0x80:
        bits = 8 * len(field) - 1
        value = int.from_bytes(field, "big") - (1 << bits)
        return _bounded(value - (1 << bits) if value >> bits - 1 else value)
    digits = text(field.strip(b" \0"))
    if digits.strip(b"01234567"):
        raise _invalid()
    return int(digits or b"0", 8)


def _decimal(told: bytes) -> int:
    if not _DECIMAL.fullmatch(told):
        raise _invalid()
    return _bounded(int(told))


def _seconds(told: bytes) -> float:
    if not _SECONDS.fullmatch(told):
        raise _invalid()
    return float(told[:30])


def _natural(value: int) -> int:
    if value < 0:
        raise _invalid()
    return value


def _bounded(value: int) -> int:
    if not -(1 << 63) <= value < 1 << 63:
        raise _invalid()
    return value


def _invalid() -> InvalidContent:
    return InvalidContent("archive/tar: invalid tar header")
