"""Tables of contents: of eStargz at the end of a layer, of zstd:chunked where annotations say; and their entries."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from nbdock.contents import chunked, listed
from nbdock.contents.chunks import Chunks
from nbdock.oci.descriptor import Descriptor
from tests.contents.test_chunked import part_of, tar, zstd_chunked
from tests.fuzz.strategies import changed, own_errors, spliced, texts
from tests.parts.chunked import described, digest, estargz

BLOB, INDEX = estargz(tar(), 100_000)
DIGEST = digest(b"content")
ENTRIES = [
    {"type": "dir", "name": "usr/", "mode": 0o755, "uid": 0, "gid": 0, "modtime": "2024-01-01T00:00:00Z"},
    {
        "type": "reg",
        "name": "a",
        "size": 7,
        "offset": 9,
        "endOffset": 30,
        "digest": DIGEST,
        "xattrs": {"user.x": "eA=="},
    },
    {"type": "reg", "name": "b", "size": 9, "offset": 40, "chunkSize": 4, "digest": DIGEST, "chunkDigest": DIGEST},
    {"type": "chunk", "name": "b", "offset": 50, "chunkOffset": 4, "chunkDigest": DIGEST, "innerOffset": 3},
    {"type": "reg", "name": "etc/.wh.x"},
    {"type": "symlink", "name": "l", "linkName": "a"},
    {"type": "char", "name": "n", "devMajor": 1, "devMinor": 3},
]


@given(changed({"version": 1, "entries": ENTRIES}))
def test_entries(document: object) -> None:
    with own_errors():
        read(*zstd_chunked(**document if isinstance(document, dict) else {"entries": document}))


@given(spliced(BLOB))
def test_blobs(blob: bytes) -> None:
    with own_errors():
        read(described(blob, INDEX), blob)


@given(st.lists(st.integers(0, 10**20), max_size=4).map(lambda numbers: ":".join(map(str, numbers))) | texts)
def test_positions(position: str) -> None:
    layer, blob = zstd_chunked(position or "1:1:1:1")
    with own_errors():
        read(layer, blob)


@given(texts)
def test_digests(text: str) -> None:
    with own_errors():
        read(described(BLOB, text), BLOB)
    with own_errors():
        read(replace(zstd_chunked()[0], annotations=dict.fromkeys(zstd_chunked()[0].annotations, text)), BLOB)


def read(layer: Descriptor, blob: bytes) -> None:
    """What is listed is a valid table, and none of its files is longer than it says."""
    table = chunked.listing(layer, part_of(blob))
    table.validate(full=True)
    assert table.schema == listed.LISTED
    for row, size in enumerate(table["size_bytes"].to_pylist()):
        with own_errors():
            if size < 1 << 20 and table["type"][row].as_py() == "file":
                assert sum(map(len, Chunks(table, [row], part_of(blob)).file(row))) == size
