"""Layers: compressed streams, tars and their records; and bodies that were coded once more."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from nbdock.contents.header import Entry
from nbdock.contents.inflate import Inflater, as_layer
from nbdock.contents.layer import Pass
from nbdock.contents.tar import Sizes, Walk
from nbdock.http import coding
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from tests.contents.tars import END, checksummed, header, member, pax
from tests.fuzz.strategies import chunked, own_errors, spliced

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SIZES = st.lists(st.integers(1, 700), min_size=1, max_size=4)
RECORDS = pax({b"path": b"x" * 200, b"linkpath": b"y", b"size": b"7", b"mtime": b"1.5", b"GNU.sparse.realsize": b"9"})
TARS = (
    member(b"etc/passwd", b"root") + header(b"bin/sh", flag=b"2", link=b"busybox") + END,
    RECORDS + member(b"file", b"content") + pax({b"comment": b"x"}, b"g") + member(b"gone/.wh.x") + END,
    member(b"././@LongLink", b"z" * 200, b"L") + member(b"long", b"content") + END,
    header(b"sparse", flag=b"S", magic=b"ustar  \0", tail=b"\0" * 138 + b"00000001000\0") + END,
)
STREAMS = (gzip.compress(TARS[0]), gzip.compress(TARS[1]) + gzip.compress(b""), zstd.compress(TARS[2]), TARS[3])


@st.composite
def tars(draw: st.DrawFn) -> bytes:
    """A tar with right checksums and something wrong."""
    broken = draw(spliced(*TARS))
    blocks = [broken[start : start + 512] for start in range(0, len(broken), 512)]
    mended = draw(st.lists(st.integers(0, len(blocks)), max_size=3))
    return b"".join(checksummed(each) if number in mended and any(each) else each for number, each in enumerate(blocks))


@given(tars(), SIZES)
def test_tars(tar: bytes, sizes: list[int]) -> None:
    assert outcome(chunked(tar, sizes)) == outcome([tar])


@given(spliced(*STREAMS), SIZES)
def test_layers(blob: bytes, sizes: list[int]) -> None:
    once, again = Pass(), Pass()
    once.feed(blob)
    for chunk in chunked(blob, sizes):
        again.feed(chunk)
    assert once.finish(Digest.of(blob)) == again.finish(Digest.of(blob))


@given(spliced(*STREAMS), SIZES)
def test_compressed_streams(blob: bytes, sizes: list[int]) -> None:
    inflater, size = Inflater(), 0
    with own_errors():
        for chunk in chunked(blob, sizes):
            for data in inflater.feed(chunk):
                assert len(data) <= 1 << 20
                size += len(data)
        inflater.finish()


@given(spliced(bz2.compress(TARS[0]), lzma.compress(TARS[1])), SIZES)
def test_archives(blob: bytes, sizes: list[int]) -> None:
    with own_errors():
        assert all(len(data) <= 1 << 20 for data in as_layer(chunked(blob, sizes)))


@given(st.binary(max_size=2000), st.sampled_from(("gzip", "zstd", "")), SIZES)
def test_what_was_compressed_comes_back(content: bytes, kind: str, sizes: list[int]) -> None:
    blob = {"gzip": gzip.compress, "zstd": zstd.compress, "": lambda raw: b"tar:" + raw}[kind](content)
    inflater = Inflater()
    found = b"".join(data for chunk in chunked(blob, sizes) for data in inflater.feed(chunk))
    inflater.finish()
    assert found.removeprefix(b"tar:" if not kind else b"") == content


@given(
    spliced(*STREAMS, gzip.compress(STREAMS[0])),
    SIZES,
    st.sampled_from(("gzip", "zstd", "gzip, br", "aws-chunked", "")),
)
def test_bodies_that_are_coded(body: bytes, sizes: list[int], named: str) -> None:
    headers = {"content-encoding": named}
    layer = Descriptor.of(f"{media.OCI_LAYER}+gzip", body)
    for undone in (coding.undone, lambda *given: coding.content(layer, *given)):
        with own_errors():
            b"".join(undone(headers, chunked(body, sizes)))


def outcome(chunks: Iterator[bytes] | list[bytes]) -> tuple[list[tuple[object, ...]], int]:
    """What is found in a tar, up to where it is wrong."""
    found, counted = list[tuple[object, ...]](), Sizes()
    walk = Walk(counted.add, lambda entry: found.append(facts(entry)))
    with own_errors():
        for chunk in chunks:
            walk.feed(chunk)
        walk.finish()
    return found, counted.size


def facts(entry: Entry) -> tuple[object, ...]:
    read = [entry.kind, entry.size, entry.path, entry.linkname]
    for name in ("mode", "uid", "gid", "mtime"):
        with own_errors():
            read.append(getattr(entry, name))
    return tuple(read)
