import gzip
import zlib

import pytest

from scripts.samples.deflate import compress
from scripts.samples.filler import Filler

NOISE = bytes(Filler("noise", 100_001))
LINE = b"sixteen letters."
CONTENTS = [
    b"",
    b"a",
    bytes(range(256)),
    LINE * 2,
    LINE * 17,
    LINE * 16 + b"more",
    bytes(1024),
    bytes(100_000),
    NOISE,
    NOISE[:32_752] + NOISE[:32_752],
    NOISE[:32_768] + NOISE[:32_768],
    NOISE[:32_784] + NOISE[:32_784],
]


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: f"{len(content)} bytes")
def test_gzip_reads_what_was_written(content: bytes) -> None:
    assert gzip.decompress(compress(content)) == content


@pytest.mark.parametrize("length", range(16, 272, 16))
@pytest.mark.parametrize("distance", [16, 32, 240, 256, 272, 4096, 4112, 32_752, 32_768])
def test_a_match_has_every_length_and_distance(length: int, distance: int) -> None:
    numbers = b"".join(b"%016d" % number for number in range(distance // 16))
    content = numbers + (numbers * 17)[:length] + b"."
    assert gzip.decompress(compress(content)) == content
    assert len(compress(content)) < len(numbers) + 60


def test_the_compressed_bytes_are_pinned() -> None:
    packed = compress(LINE * 3 + b"and more")
    assert (
        packed.hex() == "1f8b08000000000000ff2bceac28494dcd53c8492d29492d2ad623c44fcc4b51c8cd2f4a05006f441c5938000000"
    )


def test_it_is_one_member_with_nothing_after_it() -> None:
    reader = zlib.decompressobj(31)
    reader.decompress(compress(NOISE))
    assert reader.eof and not reader.unused_data


def test_what_repeats_shrinks() -> None:
    assert len(compress(bytes(100_000))) < 2_000
    assert len(compress(LINE * 1000)) < 500


def test_filler_shrinks_as_real_layers_do() -> None:
    assert 0.3 < len(compress(NOISE)) / len(NOISE) < 0.5
