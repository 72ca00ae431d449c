"""Tables of contents, beside what the pass finds in the same layer; and those that lie."""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
import tarfile
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from nbdock.contents import chunked, listed
from nbdock.contents.chunks import Chunks
from nbdock.contents.files import SCHEMA, FileTable
from nbdock.contents.layer import walk
from nbdock.contents.listed import LISTED, is_listed
from nbdock.errors import DigestMismatch, InvalidContent
from nbdock.oci.descriptor import Descriptor
from tests.contents.test_files import info
from tests.parts.chunked import INDEX, Entry, closed, described, digest, estargz, footer

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BIG = b"".join(b"line %d\n" % number for number in range(40_000))
UNTOLD = {"offset", "content"}


def tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as made:
        made.addfile(info("usr/", tarfile.DIRTYPE, mode=0o4755))
        made.addfile(info("usr/empty"))
        made.addfile(info("usr/big", size=len(BIG)), io.BytesIO(BIG))
        made.addfile(info("usr/small", size=7, pax_headers={"SCHILY.xattr.user.note": "hi"}), io.BytesIO(b"content"))
        made.addfile(info("usr/hard", tarfile.LNKTYPE, linkname="usr/big"))
        made.addfile(info("link", tarfile.SYMTYPE, linkname="../usr"))
        made.addfile(info("null", tarfile.CHRTYPE, devmajor=1, devminor=3))
        made.addfile(info("pipe", tarfile.FIFOTYPE))
        made.addfile(info("etc/.wh.motd"))
        made.addfile(info("srv/.wh..wh..opq"))
        made.addfile(info("../climbs/"), None)
        made.addfile(info("owner", uid=1 << 40, size=3), io.BytesIO(b"abc"))
    return stream.getvalue()


def part_of(blob: bytes, asked: list[tuple[int, int]] | None = None) -> chunked.Fetch:
    def fetch(start: int, length: int) -> bytes:
        if asked is not None:
            asked.append((start, length))
        return blob[start : start + length]

    return fetch


def passed(blob: bytes) -> pa.Table:
    files = FileTable()
    assert walk([blob], files.visit) is None
    return files.table()


@pytest.mark.parametrize("size", [1 << 22, 10_000])
def test_what_is_listed_is_what_the_pass_finds(size: int) -> None:
    blob, index = estargz(tar(), size)
    table, known = chunked.listing(described(blob, index), part_of(blob)), passed(blob)
    table.validate(full=True)
    assert table.schema == LISTED and is_listed(table.select(["path"])) and not is_listed(known)
    for name in set(SCHEMA.names) - {*UNTOLD, "mtime"}:
        assert table[name].to_pylist() == known[name].to_pylist(), name
    assert table["mtime"].to_pylist()[:-1] == known["mtime"].to_pylist()[:-1]
    assert table["path"].to_pylist()[-1] == f"/{INDEX}"


def test_only_the_footer_and_the_table_of_contents_are_fetched() -> None:
    blob, index = estargz(tar())
    asked = list[tuple[int, int]]()
    chunked.listing(described(blob, index), part_of(blob, asked))
    start = int(blob[-35:-19], 16)
    assert asked == [(len(blob) - 51, 51), (start, len(blob) - 51 - start)]


@pytest.mark.parametrize("size", [1 << 22, 10_000])
def test_a_file_is_read_by_its_chunks_alone(size: int) -> None:
    blob, index = estargz(tar(), size)
    table = chunked.listing(described(blob, index), part_of(blob))
    paths = table["path"].to_pylist()
    for path, content in {"/usr/big": BIG, "/usr/small": b"content", "/owner": b"abc", "/usr/empty": b""}.items():
        row, asked = paths.index(path), list[tuple[int, int]]()
        chunks = table["chunks"][row].as_py()
        assert b"".join(Chunks(table, [row], part_of(blob, asked)).file(row)) == content
        assert sum(length for _, length in asked) == sum(each["end"] - each["start"] for each in chunks)
        assert len(asked) == (1 if content else 0)
    assert len(table["chunks"][paths.index("/usr/big")].as_py()) == -(-len(BIG) // size)


def test_files_that_are_near_are_fetched_at_once() -> None:
    blob, index = estargz(tar())
    table, asked = chunked.listing(described(blob, index), part_of(blob)), list[tuple[int, int]]()
    rows = [row for row, size in enumerate(table["size_bytes"].to_pylist()) if size and table["chunks"][row].as_py()]
    reader = Chunks(table, rows, part_of(blob, asked))
    assert [b"".join(reader.file(row)) for row in rows][:3] == [BIG, b"content", b"abc"]
    assert len(asked) == 1


def test_a_table_of_contents_is_a_file_of_its_image() -> None:
    blob, index = estargz(tar())
    table = chunked.listing(described(blob, index), part_of(blob))
    row = table.num_rows - 1
    assert digest(b"".join(Chunks(table, [row], part_of(blob)).file(row))) == index


@pytest.mark.parametrize("at", [3, -1])
def test_wrong_bytes_never_come_whole(at: int) -> None:
    """Whether they cannot be decompressed or are others."""
    blob, index = estargz(tar(), 10_000)
    other, _ = estargz(tar().replace(b"line 39999", b"line 00000"), 10_000)
    table = chunked.listing(described(blob, index), part_of(blob))
    row = table["path"].to_pylist().index("/usr/big")
    chunk = table["chunks"][row].as_py()[-1]
    spoiled = blob[: chunk["start"]] + bytes(9) + blob[chunk["start"] + 9 :] if at > 0 else other
    found = b""
    with pytest.raises(DigestMismatch, match="/usr/big is not what its layer's table of contents says") as raised:
        for data in Chunks(table, [row], part_of(spoiled)).file(row):
            found += data
    assert found != BIG and len(found) < len(BIG) and "pull" in raised.value.hint


def test_a_blob_that_breaks_off_is_no_endless_wait() -> None:
    blob, index = estargz(tar())
    table = chunked.listing(described(blob, index), part_of(blob))
    with pytest.raises(DigestMismatch, match="breaks off"):
        list(Chunks(table, [row := table["path"].to_pylist().index("/owner")], part_of(b"")).file(row))


# Tables of contents that lie


def test_a_layer_without_annotations_is_not_asked_for_one() -> None:
    blob, _ = estargz(tar())
    assert not chunked.told(Descriptor.of("application/vnd.oci.image.layer.v1.tar+gzip", blob))


def test_a_table_of_contents_has_the_digest_that_the_manifest_has() -> None:
    blob, _ = estargz(tar())
    with pytest.raises(DigestMismatch, match=r"the table of contents is sha256:.*, and the manifest has sha256:"):
        chunked.listing(described(blob, digest(b"another")), part_of(blob))
    with pytest.raises(InvalidContent, match="'nonsense' is no digest"):
        chunked.listing(described(blob, "nonsense"), part_of(blob))


@pytest.mark.parametrize("end", [b"", footer(0), footer(1 << 40), footer(5), footer(0)[:30] + bytes(21), bytes(51)])
def test_a_blob_that_does_not_end_as_an_estargz_is_refused(end: bytes) -> None:
    blob = b"\x1f\x8b" + bytes(600) + end
    with pytest.raises(InvalidContent):
        chunked.listing(described(blob, digest(b"")), part_of(blob))


def zstd_chunked(position: str = "", **changes: Any) -> tuple[Descriptor, bytes]:
    """A table of contents where zstd:chunked has it, in a layer that has nothing else."""
    content = json.dumps({"version": 1, "entries": []} | changes).encode()
    raw = zstd.compress(content)
    blob = bytes(100) + raw + bytes(72)
    name = "io.github.containers.zstd-chunked.manifest"
    told = {f"{name}-checksum": digest(raw), f"{name}-position": position or f"100:{len(raw)}:{len(content)}:1"}
    return replace(Descriptor.of("application/vnd.oci.image.layer.v1.tar+zstd", blob), annotations=told), blob


def test_where_the_one_of_zstd_chunked_is_stands_in_its_annotations() -> None:
    layer, blob = zstd_chunked(entries=[{"type": "dir", "name": "etc/", "mode": 0o755}])
    assert chunked.told(layer)
    assert chunked.listing(layer, part_of(blob))["path"].to_pylist() == ["/etc"]


@pytest.mark.parametrize(
    "position",
    ["1", "100:10:10", "100:10:10:2", "-1:10:10:1", "100:0:0:1", "100:9999:10:1", "0:10:99999999999:1", "9" * 30],
)
def test_a_place_where_it_cannot_be_is_refused(position: str) -> None:
    layer, blob = zstd_chunked(position)
    with pytest.raises(InvalidContent, match="it cannot be at"):
        chunked.listing(layer, part_of(blob))


def test_more_than_it_says_is_not_unpacked() -> None:
    layer, blob = zstd_chunked()
    told = {name: re.sub(":[0-9]+:1$", ":9:1", text) for name, text in layer.annotations.items()}
    with pytest.raises(InvalidContent, match="longer than it may be"):
        chunked.listing(replace(layer, annotations=told), part_of(blob))


@pytest.mark.parametrize(
    "contents", [[], {}, {"version": 2, "entries": []}, {"version": 1, "entries": [1]}, {"version": 1, "entries": {}}]
)
def test_other_documents_are_refused(contents: object) -> None:
    blob, index = closed(b"", contents)
    with pytest.raises(InvalidContent):
        chunked.listing(described(blob, index), part_of(blob))


def test_a_document_of_too_many_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunked, "_MOST_VALUES", 50)
    blob, index = estargz(tar())
    with pytest.raises(InvalidContent, match="more than 50 values"):
        chunked.listing(described(blob, index), part_of(blob))


FILE: Entry = {
    "type": "reg",
    "name": "a",
    "size": 6,
    "offset": 100,
    "digest": digest(b"x"),
    "chunkDigest": digest(b"x"),
}
FIRST: Entry = FILE | {"chunkSize": 2}
NEXT: Entry = {"type": "chunk", "name": "a", "offset": 200, "chunkOffset": 2, "chunkDigest": digest(b"y")}
LIES: dict[str, list[Entry]] = {
    "a chunk alone": [NEXT],
    "a chunk of another file": [FIRST, NEXT | {"name": "b"}],
    "a chunk of a folder": [{"type": "dir", "name": "a"}, NEXT],
    "an unknown type": [{"type": "door", "name": "a"}],
    "no type": [{"name": "a"}],
    "a type that is no text": [{"type": 1, "name": "a"}],
    "a hole": [FIRST, NEXT | {"chunkOffset": 3}],
    "chunks that overlap in the file": [FIRST, NEXT | {"chunkOffset": 1}],
    "chunks that are too few": [FIRST],
    "chunks that are too long": [FIRST, NEXT | {"chunkSize": 5}],
    "a chunk without end": [FILE | {"size": 1 << 70}],
    "a size below zero": [FILE | {"size": -1}],
    "an offset below zero": [FILE | {"offset": -1}],
    "an offset outside": [FILE | {"offset": 1000}],
    "an offset in the table of contents": [FILE | {"offset": 5000}],
    "chunks that overlap in the blob": [FIRST, NEXT | {"offset": 50}],
    "files that overlap in the blob": [FILE, FILE | {"name": "b", "offset": 99}],
    "files of a petabyte": [FILE | {"size": 1 << 51}],
    "no digest": [FILE | {"digest": "", "chunkDigest": ""}],
    "a digest of another kind": [FILE | {"digest": f"sha512:{'0' * 128}"}],
    "a digest that is none": [FILE | {"digest": "sha256:x"}],
    "a mode that is no number": [FILE | {"mode": "0644"}],
    "an owner that is too large": [FILE | {"uid": 1 << 64}],
    "an attribute that is no base64": [FILE | {"xattrs": {"user.x": "é"}}],
}


@pytest.mark.parametrize("entries", LIES.values(), ids=LIES)
def test_lies_are_refused(entries: list[Entry]) -> None:
    with pytest.raises(InvalidContent):
        listed.table(entries, 1000)


def test_what_may_be_said_twice() -> None:
    """As in a tar, the last entry of a path counts; and files may be compressed together."""
    together = [FILE, FILE | {"name": "b", "innerOffset": 6}]
    table = listed.table([*together, FILE | {"offset": 300}, {"type": "symlink", "name": "l", "linkName": "l"}], 1000)
    assert table["path"].to_pylist() == ["/a", "/b", "/a", "/l"]
    assert [[(each["start"], each["end"], each["skip"]) for each in row] for row in table["chunks"].to_pylist()] == [
        [(100, 300, 0)],
        [(100, 300, 6)],
        [(300, 1000, 0)],
        [],
    ]


def test_names_are_made_safe() -> None:
    entries = [{"type": "dir", "name": name} for name in ("../../etc", "a\x1b[31m", "\ud800", "./", "")]
    assert listed.table(entries, 0)["path"].to_pylist() == ["/etc", "/a\\x1b[31m", "/\\xed\\xa0\\x80", "/", "/"]


def test_no_more_than_the_size_of_a_file_comes_out() -> None:
    bomb = gzip.compress(bytes(50 << 20))
    entry = FILE | {"offset": 0, "size": 10, "digest": digest(bytes(10)), "chunkDigest": ""}
    table = listed.table([entry], len(bomb))
    assert b"".join(Chunks(table, [0], part_of(bomb)).file(0)) == bytes(10)
