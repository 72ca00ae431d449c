"""Decompress layers and archives chunk by chunk, in bounded memory (gzip, RFC 1952; zstd, RFC 8878; bzip2; xz)."""

from __future__ import annotations

import bz2
import lzma
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Protocol

from nbdock.errors import InvalidContent

try:
    from isal import isal_zlib as zlib
except ImportError:
    import zlib  # type: ignore[no-redef]

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CHUNK = 1 << 20
_SLICE = 1 << 18
_MAX_STREAMS = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b\x08"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"
_BZIP2_MAGIC = b"BZh"
_XZ_MAGIC = b"\xfd7zX"
_MAGIC_LENGTH = 4
_MAX_XZ_MEMORY = 1 << 28
_MAX_HEADER = 1 << 17


class Inflater:
    """Decompresses a stream: gzip members or zstd frames that follow one another; anything else passes through.

    The first bytes decide which, as in docker and containerd: media types are not always right. An empty stream is an
    empty layer (moby#18170). Of an `archive` bzip2 and xz are decompressed too, which no layer may be.
    """

    def __init__(self, archive: bool = False) -> None:
        self._detect = detect_archive if archive else detect
        self._open: Callable[[], _Stream] | None = None
        self._stream: _Stream = _Plain()
        self._streams = 0
        self._head = b""

    @property
    def is_plain(self) -> bool:
        """Whether the stream is not compressed, judging by the bytes so far."""
        return isinstance(self._stream, _Plain)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The decompressed bytes, in chunks of at most CHUNK bytes. Raises InvalidContent."""
        # A decoder copies what follows the end of its member: slices keep that short if there are many short members.
        for start in range(0, len(chunk), _SLICE):
            yield from self._inflate(chunk[start : start + _SLICE])

    def finish(self) -> None:
        """Raises InvalidContent if the last member or frame is incomplete."""
        if self._head or not self._stream.eof:
            raise InvalidContent("unexpected EOF")

    def _inflate(self, data: bytes) -> Iterator[bytes]:
        if self._open is None:
            data = self._head = self._head + data
            if len(data) < _MAGIC_LENGTH:
                return
            self._open, self._head = _STREAMS[self._detect(data)], b""
            self._stream = self._open()
        while data:
            # Anything after the end must be another member or frame, even zeros, as in Go's gzip.
            if self._stream.eof:
                self._streams += not self.is_plain
                if self._streams > _MAX_STREAMS:
                    raise InvalidContent(f"more than {_MAX_STREAMS} compressed members or frames")
                self._stream = self._open()
            yield from _inflated(self._stream, data)
            data = self._stream.unused_data


def detect(head: bytes) -> str:
    """The compression by the first 4 bytes: `gzip`, `zstd` or ""."""
    if head.startswith(_GZIP_MAGIC):
        return "gzip"
    skippable = head[1:4] == _ZSTD_SKIPPABLE and head[0] & 0xF0 == 0x50
    return "zstd" if skippable or head.startswith(_ZSTD_MAGIC) else ""


def detect_archive(head: bytes) -> str:
    """The same for an archive, which may also be `bzip2` or `xz`."""
    if head.startswith(_BZIP2_MAGIC):
        return "bzip2"
    return "xz" if head.startswith(_XZ_MAGIC) else detect(head)


def as_layer(archive: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks of an archive as a layer may have them: bzip2 and xz are inflated. Raises InvalidContent."""
    chunks, head = iter(archive), b""
    while len(head) < _MAGIC_LENGTH and (chunk := next(chunks, b"")):
        head += chunk
    whole = chain((head,), chunks)
    yield from whole if detect_archive(head) == detect(head) else inflated(whole, archive=True)


def inflated(chunks: Iterable[bytes], archive: bool = False) -> Iterator[bytes]:
    """The decompressed stream, of an `archive` as `Inflater` has it. Raises InvalidContent."""
    inflater = Inflater(archive)
    for chunk in chunks:
        yield from inflater.feed(chunk)
    inflater.finish()


class _Stream(Protocol):
    """One member or frame, with the interface of ZstdDecompressor."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Plain:
    """No compression: every slice is a stream of its own."""

    eof = needs_input = True
    unused_data = b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return data


class _Gzip:
    """One gzip member. Waits for the complete header: ISA-L cannot resume in the middle of one."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)
        self._begun = False
        self._rest = b""

    @property
    def eof(self) -> bool:
        return bool(self._member.eof)

    @property
    def needs_input(self) -> bool:
        return not (self._begun and self._rest)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._member.unused_data)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        data = self._rest + data if self._rest else data
        self._begun = self._begun or _has_header(data)
        if not self._begun:
            self._rest = data
            return b""
        chunk: bytes = self._member.decompress(data, max_length)
        self._rest = self._member.unconsumed_tail
        return chunk


def _xz() -> _Stream:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MAX_XZ_MEMORY)


_STREAMS: dict[str, Callable[[], _Stream]] = {
    "": _Plain,
    "gzip": _Gzip,
    "zstd": zstd.ZstdDecompressor,
    "bzip2": bz2.BZ2Decompressor,
    "xz": _xz,
}


def _inflated(stream: _Stream, data: bytes) -> Iterator[bytes]:
    while True:
        try:
            chunk = stream.decompress(data, CHUNK)
        except (zlib.error, zstd.ZstdError, lzma.LZMAError, OSError) as error:  # type: ignore[misc]
            raise InvalidContent(f"invalid compressed data: {error}") from None
        if chunk:
            yield chunk
        if stream.eof or stream.needs_input:
            return
        data = b""


def _has_header(data: bytes) -> bool:
    """Whether the gzip header is complete (RFC 1952, 2.3). Whether it is valid is left to the decoder."""
    if len(data) < 10:
        return False
    flags, end = data[3], 10
    if flags & 4:
        end += 2 + int.from_bytes(data[10:12], "little")
    for text in (8, 16):
        if flags & text:
            end = data.find(0, end) + 1 or _MAX_HEADER
    if flags & 2:
        end += 2
    return len(data) >= min(end, _MAX_HEADER)
