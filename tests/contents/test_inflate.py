import bz2
import gzip
import io
import lzma
import random
import struct
import subprocess
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import pytest

from nbdock.contents import inflate
from nbdock.contents.inflate import CHUNK, Inflater, as_layer, detect
from nbdock.errors import InvalidContent

from .tars import member

CONTENT = b"".join(b"line %d of a layer\n" % number for number in range(2000))


@pytest.fixture(params=["isal", "zlib"], autouse=True)
def decoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test runs with ISA-L, and as on machines that have no wheel of it."""
    if request.param == "zlib":
        monkeypatch.setattr(inflate, "zlib", zlib)


def inflated(stream: bytes, step: int = 1 << 18) -> bytes:
    inflater = Inflater()
    pieces = [piece for start in range(0, len(stream), step) for piece in inflater.feed(stream[start : start + step])]
    inflater.finish()
    assert all(0 < len(piece) <= CHUNK for piece in pieces)
    return b"".join(pieces)


def zstd(content: bytes, *options: str) -> bytes:
    return subprocess.run(["zstd", "-c", *options], input=content, capture_output=True, check=True).stdout


def bomb(size: int) -> Iterator[bytes]:
    """One gzip member of as many zero bytes."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = deflater.compress(bytes(1 << 20)) + deflater.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    yield b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    for _ in range(size >> 20):
        checksum = zlib.crc32(bytes(1 << 20), checksum)
    yield block * (size >> 20)
    yield deflater.flush() + struct.pack("<II", checksum, size)


@pytest.mark.parametrize("step", [1, 7, 1 << 18])
@pytest.mark.parametrize("compression", ["gzip", "zstd", ""])
def test_a_stream_inflates_however_it_is_cut(compression: str, step: int) -> None:
    stream = {"gzip": gzip.compress, "zstd": zstd, "": bytes}[compression](CONTENT)
    assert inflated(stream, step) == CONTENT


def test_gzip_members_follow_one_another_as_in_estargz() -> None:
    members = [gzip.compress(CONTENT[start : start + 100]) for start in range(0, len(CONTENT), 100)]
    assert inflated(b"".join(members) + gzip.compress(b"")) == CONTENT


def test_zstd_frames_follow_one_another_and_skippable_ones_are_skipped() -> None:
    skippable = struct.pack("<II", 0x184D2A5E, 5) + b"index"
    stream = skippable + zstd(CONTENT[:100]) + zstd(CONTENT[100:], "--no-check") + skippable
    assert inflated(stream) == inflated(stream, 1) == CONTENT


@pytest.mark.parametrize("flags", range(32))
def test_a_gzip_header_with_every_field_may_come_byte_by_byte(flags: int) -> None:
    stream = with_header(flags, CONTENT)
    assert inflated(stream) == inflated(stream, step=1) == inflated(stream + stream, step=9)[: len(CONTENT)] == CONTENT


def with_header(flags: int, content: bytes) -> bytes:
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\xff"
    head += b"\x06\0SG\x02\0ab" if flags & 4 else b""
    head += b"layer.tar\0" if flags & 8 else b""
    head += b"a comment\0" if flags & 16 else b""
    head += struct.pack("<H", zlib.crc32(head) & 0xFFFF) if flags & 2 else b""
    return head + deflater.compress(content) + deflater.flush() + struct.pack("<II", zlib.crc32(content), len(content))


def test_the_first_bytes_decide() -> None:
    plain = member(b"file", CONTENT)
    assert inflated(plain, 1) == inflated(plain) == plain
    assert inflated(gzip.compress(CONTENT)) == inflated(zstd(CONTENT)) == CONTENT
    assert inflated(gzip.compress(gzip.compress(CONTENT))) == gzip.compress(CONTENT)


def test_compressions_are_told_by_their_magic() -> None:
    assert detect(gzip.compress(b"")) == "gzip"
    assert detect(zstd(b"")) == detect(struct.pack("<II", 0x184D2A50, 0)) == "zstd"
    assert detect(member()) == detect(b"") == ""


def test_no_bytes_at_all_are_an_empty_layer() -> None:
    assert inflated(b"") == b""


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_every_truncation_is_refused(compression: str) -> None:
    stream = gzip.compress(CONTENT) + gzip.compress(b"more") if compression == "gzip" else zstd(CONTENT)
    ends = {0, len(stream), len(gzip.compress(CONTENT)) if compression == "gzip" else 0}
    for length in set(range(len(stream))) - ends:
        with pytest.raises(InvalidContent, match="unexpected EOF"):
            inflated(stream[:length])


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
@pytest.mark.parametrize("garbage", [b"\0", bytes(512), b"garbage", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"])
def test_trailing_garbage_is_refused(compression: str, garbage: bytes) -> None:
    stream = (gzip.compress if compression == "gzip" else zstd)(CONTENT) + garbage
    for step in (1, 1 << 18):
        with pytest.raises(InvalidContent):
            inflated(stream, step)


def test_a_wrong_checksum_or_length_is_refused() -> None:
    stream = gzip.compress(CONTENT)
    for position in range(len(stream) - 8, len(stream)):
        with pytest.raises(InvalidContent, match="invalid compressed data"):
            inflated(stream[:position] + bytes([stream[position] ^ 1]) + stream[position + 1 :])


def test_a_gzip_header_without_end_is_refused() -> None:
    inflater = Inflater()
    with pytest.raises(InvalidContent):
        for _ in range(1 << 10):
            list(inflater.feed(b"\x1f\x8b\x08\x08" + b"n" * 1020))
        inflater.finish()
    assert len(inflater._stream._rest) < 1 << 18  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_nothing_is_lost_where_a_piece_is_full(compression: str, size: int) -> None:
    for content in (bytes(size), random.Random(size).randbytes(size)):
        stream = gzip.compress(content, 1) if compression == "gzip" else zstd(content)
        assert inflated(stream) == content
        assert inflated(stream, 1 << 10) == content


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_bomb_costs_no_memory(compression: str) -> None:
    chunks = list(bomb(1 << 27)) if compression == "gzip" else [zstd(bytes(1 << 27))]
    inflater = Inflater()
    tracemalloc.start()
    total = sum(len(piece) for chunk in chunks for piece in inflater.feed(chunk))
    inflater.finish()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 1 << 27
    assert peak < 4 * CHUNK


def test_many_short_members_cost_no_more_than_long_ones() -> None:
    stream = io.BytesIO()
    for _ in range(20_000):
        stream.write(gzip.compress(b"x"))
    assert inflated(stream.getvalue()) == b"x" * 20_000


@pytest.mark.parametrize("packed", [gzip.compress(b"x", mtime=0), zstd(b"x")], ids=["gzip", "zstd"])
def test_the_number_of_members_has_a_bound(packed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbdock.contents.inflate._MAX_STREAMS", 100)
    assert inflated(packed * 101) == b"x" * 101
    with pytest.raises(InvalidContent, match="more than 100 compressed members"):
        inflated(packed * 102)
    assert inflated(b"x" * 1000, step=1) == b"x" * 1000


Compress = Callable[[bytes], bytes]
of_archives = pytest.mark.parametrize("compress", [bz2.compress, lzma.compress], ids=["bzip2", "xz"])


@of_archives
def test_an_archive_is_inflated_where_no_layer_is_compressed_like_it(compress: Compress) -> None:
    stream = compress(CONTENT) + compress(b"more")
    for step in (1, 7, len(stream)):
        assert b"".join(as_layer(cut(stream, step))) == CONTENT + b"more"
    assert inflated(stream) == stream


def test_what_a_layer_may_be_compressed_with_stays() -> None:
    for stream in (gzip.compress(CONTENT), zstd(CONTENT), member(b"file", CONTENT), b""):
        assert b"".join(as_layer(cut(stream, 3))) == stream


@of_archives
def test_a_damaged_archive_is_refused(compress: Compress) -> None:
    stream = compress(CONTENT)
    for damaged in (*(stream[:length] for length in range(4, len(stream))), stream + b"garbage"):
        with pytest.raises(InvalidContent):
            list(as_layer([damaged]))


@of_archives
def test_an_archive_that_is_a_bomb_costs_no_memory(compress: Compress) -> None:
    stream = compress(bytes(1 << 26))
    tracemalloc.start()
    assert sum(map(len, as_layer([stream]))) == 1 << 26
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * CHUNK


def cut(stream: bytes, step: int) -> Iterator[bytes]:
    return (stream[start : start + step] for start in range(0, len(stream), step))
