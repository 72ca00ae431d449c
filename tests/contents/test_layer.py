import gzip
import io
import random
import struct
import tarfile
import tracemalloc
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress

import pytest
from isal import isal_zlib

from nbdock.contents.inflate import zstd
from nbdock.contents.layer import LayerCheck, checked
from nbdock.contents.tar import Walk
from nbdock.errors import DigestMismatch, IntegrityError, InvalidContent
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.places import Unpacked

from .tars import END, checksummed, header, member, padded, pax

TAR = member(b"one", b"1" * 1000) + header(b"two", flag=b"2", link=b"one") + member(b"three", b"3") + END
UNPACKED = Unpacked(Digest.of(TAR), files=1000 + len("one") + 1, tar=len(TAR), entries=3)
COMPRESS = {"": bytes, "+gzip": gzip.compress, "+zstd": zstd.compress}


def check_of(blob: bytes, diff_id: Digest | None = None, suffix: str = "+gzip", **more: object) -> LayerCheck:
    return LayerCheck(Descriptor.of(media.OCI_LAYER + suffix, blob), diff_id, **more)  # type: ignore[arg-type]


def chunks(blob: bytes, size: int = 1 << 18) -> Iterator[bytes]:
    return (blob[start : start + size] for start in range(0, len(blob), size))


class Collector:
    """A reader that keeps what it is fed, as a later file table would."""

    def __init__(self) -> None:
        self.tar = b""
        self.finished = False

    def feed(self, piece: bytes) -> None:
        self.tar += piece

    def finish(self) -> None:
        self.finished = True


@pytest.mark.parametrize("size", [1, 100, 1 << 18])
@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_right_layer_passes_and_is_measured(suffix: str, size: int) -> None:
    blob = COMPRESS[suffix](TAR)
    check = check_of(blob, Digest.of(TAR), suffix)
    assert b"".join(checked(chunks(blob, size), check)) == blob
    assert check.unpacked == UNPACKED


def test_a_further_reader_reads_along() -> None:
    blob, reader, paths = gzip.compress(TAR), Collector(), list[bytes]()
    check = check_of(blob, Digest.of(TAR), readers=[reader, Walk(lambda entry: paths.append(entry.path))])
    assert list(checked([blob], check)) == [blob]
    assert (reader.tar, reader.finished, paths) == (TAR, True, [b"one", b"two", b"three"])


@pytest.mark.parametrize("suffix", COMPRESS)
def test_another_diff_id_is_refused_before_the_end_is_reached(suffix: str) -> None:
    blob, other = COMPRESS[suffix](TAR), Digest.of(b"other")
    passed: list[bytes] = []
    with pytest.raises(DigestMismatch) as refusal:
        passed.extend(checked(chunks(blob, 100), check_of(blob, other, suffix)))
    assert refusal.value.expected == str(other)
    assert refusal.value.actual == str(Digest.of(TAR))
    assert str(refusal.value).startswith(f"layer verification failed for {Digest.of(blob)}")
    assert refusal.value.hint


def test_the_digest_of_a_compressed_layer_is_not_its_diff_id() -> None:
    blob = gzip.compress(TAR)
    with pytest.raises(DigestMismatch):
        list(checked([blob], check_of(blob, Digest.of(blob))))


def test_a_diff_id_may_be_a_sha512() -> None:
    blob, right = gzip.compress(TAR), Digest("sha512", "0" * 128).same(TAR)
    assert list(checked([blob], check_of(blob, right)))


def test_without_a_diff_id_the_layer_is_still_measured() -> None:
    check = check_of(gzip.compress(TAR))
    assert list(checked([gzip.compress(TAR)], check))
    assert check.unpacked == UNPACKED


def test_an_empty_layer_has_no_sizes() -> None:
    check = check_of(b"", Digest.of(b""))
    assert list(checked([], check)) == []
    assert check.unpacked == Unpacked(Digest.of(b""), 0, 0, 0)


def test_a_layer_that_is_no_tar_is_refused_though_its_diff_id_is_right() -> None:
    with pytest.raises(InvalidContent, match=r"failed to extract layer sha256:\w+: archive/tar: invalid tar header"):
        blob = gzip.compress(b"<html>" * 100)
        list(checked([blob], check_of(blob, Digest.of(b"<html>" * 100))))


def test_a_tar_that_is_cut_is_refused_though_its_diff_id_is_right() -> None:
    with pytest.raises(InvalidContent, match="unexpected EOF"):
        blob = gzip.compress(TAR[:700])
        list(checked([blob], check_of(blob, Digest.of(TAR[:700]))))


@pytest.mark.parametrize("suffix", ["+gzip", "+zstd"])
def test_every_truncation_of_a_layer_is_refused(suffix: str) -> None:
    blob = COMPRESS[suffix](TAR)
    for length in range(len(blob)):
        with pytest.raises(IntegrityError):
            list(checked([blob[:length]], check_of(blob, Digest.of(TAR), suffix)))


def test_a_bad_chunk_is_not_passed_on() -> None:
    passed: list[bytes] = []
    with pytest.raises(InvalidContent):
        passed.extend(checked([gzip.compress(TAR), b"garbage" * 2], check_of(b"")))
    assert passed == [gzip.compress(TAR)]


def bomb(blocks: Iterable[bytes], repeat: int) -> Iterator[bytes]:
    """One gzip member that holds the blocks, over and over."""
    content = b"".join(blocks)
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = deflater.compress(content) + deflater.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    yield b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    for _ in range(repeat):
        checksum = isal_zlib.crc32(content, checksum)
        yield block
    yield deflater.flush() + struct.pack("<II", checksum, len(content) * repeat)


def peak_of(stream: Iterator[bytes]) -> tuple[Unpacked, int]:
    check = check_of(b"")
    tracemalloc.start()
    for _ in checked(stream, check):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return check.unpacked, peak


def test_a_gibibyte_of_zeros_costs_no_memory() -> None:
    unpacked, peak = peak_of(bomb([bytes(1 << 20)], 1 << 10))
    assert (unpacked.files, unpacked.tar, unpacked.entries) == (0, 1 << 30, 0)
    assert peak < 8 << 20


def test_a_bomb_of_headers_costs_no_memory() -> None:
    unpacked, peak = peak_of(bomb([header(b"n" * 100, flag=b"5")] * 1000, 30))
    assert (unpacked.files, unpacked.tar, unpacked.entries) == (0, 512 * 30_000, 30_000)
    assert peak < 8 << 20


def test_a_bomb_of_extended_headers_costs_no_memory() -> None:
    long = pax({b"path": b"p" * 1_000_000})
    _, peak = peak_of(bomb([long, long, member(b"file")], 10))
    assert peak < 16 << 20


@pytest.fixture(scope="module")
def varied() -> bytes:
    """A tar with a header of every sort."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "all"}) as archive:
        info = tarfile.TarInfo("ä" * 80)
        info.size, info.mtime = 700, 1.5
        archive.addfile(info, io.BytesIO(b"x" * 700))
    gnu = member(b"", b"l" * 200 + b"\0", b"L") + member(b"", b"k" * 200 + b"\0", b"K") + header(flag=b"2")
    sparse = header(b"s", 5, b"S", magic=b"ustar  \0", tail=bytes(137) + b"\1" + b"00000100000\0") + bytes(512)
    pax_sparse = pax({b"GNU.sparse.realsize": b"9999", b"uid": b"5", b"size": b"3"})
    return sparse + padded(b"holes") + gnu + pax_sparse + header(size=1) + padded(b"abc") + stream.getvalue()


def test_flipped_bits_raise_nothing_but_integrity_errors(varied: bytes) -> None:
    chance = random.Random(2)
    for number in range(3000):
        suffix = ("", "+gzip", "+zstd")[number % 3]
        blob = bytearray(COMPRESS[suffix](varied))
        for _ in range(chance.randint(1, 4)):
            blob[chance.randrange(len(blob))] ^= 1 << chance.randrange(8)
        with suppress(IntegrityError):
            list(checked(chunks(bytes(blob), 1000), check_of(bytes(blob), Digest.of(varied), suffix)))


def test_flipped_bits_in_a_tar_of_right_checksums_never_break_the_walk(varied: bytes) -> None:
    chance = random.Random(3)
    for _ in range(3000):
        tar = bytearray(varied)
        start = 512 * chance.randrange(len(tar) // 512)
        for _ in range(chance.randint(1, 3)):
            tar[start + chance.randrange(512)] = chance.choice(b"\0\xff\x80 059gxLKS12=\n")
        tar[start : start + 512] = checksummed(bytes(tar[start : start + 512]))
        walk = Walk(read_all_fields)
        with suppress(InvalidContent):
            walk.feed(bytes(tar))
            walk.finish()


def read_all_fields(entry: object) -> None:
    for name in ("path", "linkname", "mode", "uid", "gid", "mtime"):
        getattr(entry, name)
