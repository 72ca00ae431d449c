import gzip
import hashlib
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

from nbdock.contents.header import Entry
from nbdock.contents.inflate import zstd
from nbdock.contents.layer import Pass, Readers, no_readers
from nbdock.contents.tar import Taker, Walk
from nbdock.errors import InvalidContent
from nbdock.oci.digest import Digest
from nbdock.places import LayerFacts

from .tars import END, checksummed, header, member, padded, pax

TAR = member(b"one", b"1" * 1000) + header(b"two", flag=b"2", link=b"one") + member(b"three", b"3") + END
FACTS = LayerFacts(Digest.of(TAR), size=1000 + len("one") + 1, tar_size=len(TAR), entries=3)
ENTRIES = [("one", b"1" * 1000), ("two", b""), ("three", b"3")]
COMPRESS = {"": bytes, "+gzip": gzip.compress, "+zstd": zstd.compress}


def read(stream: Iterable[bytes], readers: Readers = no_readers, **algorithms: str) -> LayerFacts:
    """What a pass finds. Raises InvalidContent."""
    reading, digest = Pass(readers, **algorithms), hashlib.new(algorithms.get("verified_by", "sha256"))
    for chunk in stream:
        reading.feed(chunk)
        digest.update(chunk)
    facts = reading.finish(Digest(digest.name, digest.hexdigest()))
    assert (facts is None) == (reading.error is not None)
    if reading.error:
        raise reading.error
    assert facts
    return facts


def chunks(blob: bytes, size: int = 1 << 18) -> Iterator[bytes]:
    return (blob[start : start + size] for start in range(0, len(blob), size))


class Collector:
    """A reader that keeps every entry with its content, as one that makes a table of files would."""

    def __init__(self) -> None:
        self.found: list[tuple[str, bytearray]] = []
        self.facts: LayerFacts | None = None

    def visit(self, entry: Entry) -> Taker:
        content = bytearray()
        self.found.append((entry.path.decode().rstrip("/"), content))
        return content.extend

    def finish(self, facts: LayerFacts) -> None:
        self.facts = facts


@pytest.mark.parametrize("size", [1, 100, 1 << 18])
@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_right_layer_passes_and_is_measured(suffix: str, size: int) -> None:
    assert read(chunks(COMPRESS[suffix](TAR), size)) == FACTS


@pytest.mark.parametrize("suffix", COMPRESS)
def test_further_readers_read_along(suffix: str) -> None:
    made = [Collector(), Collector()]
    assert read(chunks(COMPRESS[suffix](TAR), 100), lambda: made) == FACTS
    assert [(reader.found, reader.facts) for reader in made] == [(ENTRIES, FACTS)] * 2


@pytest.mark.parametrize(
    "blob", [b"<html>" * 100, gzip.compress(TAR)[:-1], gzip.compress(TAR[:700])], ids=["page", "cut", "cut tar"]
)
def test_further_readers_are_not_told_of_what_is_no_layer(blob: bytes) -> None:
    reader = Collector()
    with pytest.raises(InvalidContent):
        read([blob], lambda: [reader])
    assert reader.facts is None


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("verified_by", ["sha256", "sha512"])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_diff_id_may_be_of_another_algorithm_than_the_digest(suffix: str, verified_by: str, algorithm: str) -> None:
    facts = read([COMPRESS[suffix](TAR)], verified_by=verified_by, algorithm=algorithm)
    assert facts.diff_id == Digest(algorithm, hashlib.new(algorithm, TAR).hexdigest())


def test_an_empty_layer_has_no_sizes() -> None:
    assert read([]) == LayerFacts(Digest.of(b""), 0, 0, 0)


def test_a_layer_that_is_no_tar_is_refused() -> None:
    with pytest.raises(InvalidContent, match="archive/tar: invalid tar header"):
        read([gzip.compress(b"<html>" * 100)])


def test_a_tar_that_is_cut_is_refused() -> None:
    with pytest.raises(InvalidContent, match="unexpected EOF"):
        read([gzip.compress(TAR[:700])])


@pytest.mark.parametrize("suffix", ["+gzip", "+zstd"])
def test_every_truncation_of_a_layer_is_refused(suffix: str) -> None:
    blob = COMPRESS[suffix](TAR)
    assert read([blob[:0]]).diff_id != FACTS.diff_id
    for length in range(1, len(blob)):
        with pytest.raises(InvalidContent):
            read([blob[:length]])


def test_what_follows_a_layer_must_be_compressed_too() -> None:
    with pytest.raises(InvalidContent):
        read([gzip.compress(TAR), b"garbage" * 2])


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


def peak_of(stream: Iterator[bytes]) -> tuple[LayerFacts, int]:
    tracemalloc.start()
    facts = read(stream)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return facts, peak


def test_a_gibibyte_of_zeros_costs_no_memory() -> None:
    facts, peak = peak_of(bomb([bytes(1 << 20)], 1 << 10))
    assert (facts.size, facts.tar_size, facts.entries) == (0, 1 << 30, 0)
    assert peak < 8 << 20


def test_a_bomb_of_headers_costs_no_memory() -> None:
    facts, peak = peak_of(bomb([header(b"n" * 100, flag=b"5")] * 1000, 30))
    assert (facts.size, facts.tar_size, facts.entries) == (0, 512 * 30_000, 30_000)
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
        with suppress(InvalidContent):
            read(chunks(bytes(blob), 1000))


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
