"""The file table of a layer, beside what tarfile and b3sum's own library say of the same tar."""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from blake3 import blake3

from nbdock.contents.files import SCHEMA, FileTable
from nbdock.contents.tar import Walk
from nbdock.errors import InvalidContent

from .tars import END, header, member, padded, pax

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
DEEP = "/".join(["a-folder-with-a-long-name"] * 5)


def rows(tar: bytes, size: int = 1 << 20) -> list[dict[str, Any]]:
    files = FileTable()
    walk = Walk(files.visit)
    for start in range(0, len(tar), size):
        walk.feed(tar[start : start + size])
    walk.finish()
    table = files.table()
    assert table.schema == SCHEMA
    table.validate(full=True)
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def one(tar: bytes) -> dict[str, Any]:
    (row,) = rows(tar + END)
    return row


def info(name: str, kind: bytes = tarfile.REGTYPE, **fields: Any) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type = kind
    for field, value in {"mode": 0o640, "uid": 1000, "gid": 100, "mtime": 1_700_000_000, **fields}.items():
        setattr(made, field, value)
    return made


def packed(form: int) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as tar:
        tar.addfile(info("usr/", tarfile.DIRTYPE, mode=0o4755))
        tar.addfile(info(f"{DEEP}/file", size=7), io.BytesIO(b"content"))
        tar.addfile(info("empty"))
        tar.addfile(info("big", size=100_000), io.BytesIO(bytes(range(250)) * 400))
        tar.addfile(info("link", tarfile.SYMTYPE, linkname="../usr"))
        tar.addfile(info("hard", tarfile.LNKTYPE, linkname="big"))
        tar.addfile(info("null", tarfile.CHRTYPE, devmajor=1, devminor=3))
        tar.addfile(info("disk", tarfile.BLKTYPE, devmajor=8, devminor=1))
        tar.addfile(info("pipe", tarfile.FIFOTYPE))
        if form != tarfile.USTAR_FORMAT:
            tar.addfile(info("owner", uid=1 << 40, gid=1 << 30))
    return stream.getvalue()


@pytest.mark.parametrize("size", [333, 512, 1 << 20])
@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_rows_are_what_tarfile_finds(form: int, size: int) -> None:
    tar = packed(form)
    types = dict(zip((b"0", b"1", b"2", b"3", b"4", b"5", b"6"), SCHEMA_TYPES, strict=True))
    with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
        for row, member_ in zip(rows(tar, size), opened, strict=True):
            assert row["path"] == "/" + member_.name
            assert row["type"] == types[member_.type]
            assert (row["mode"], row["uid"], row["gid"]) == (member_.mode, member_.uid, member_.gid)
            assert row["mtime"] == datetime.fromtimestamp(int(member_.mtime), UTC)
            assert row["offset"] == member_.offset_data
            assert row["size_bytes"] == (len(member_.linkname) if member_.issym() else member_.size)
            content = opened.extractfile(member_) if member_.isreg() else None
            assert row["content"] == (blake3(content.read()).digest() if content else None)


SCHEMA_TYPES = ("file", "hardlink", "symlink", "char", "block", "directory", "fifo")


def test_links_and_devices_say_where_they_lead() -> None:
    found = {row["path"]: row for row in rows(packed(tarfile.PAX_FORMAT))}
    assert (found["/link"]["link"], found["/hard"]["link"], found["/usr"]["link"]) == ("../usr", "/big", None)
    assert (found["/null"]["device"], found["/disk"]["device"], found["/usr"]["device"]) == ("1:3", "8:1", None)


@pytest.mark.parametrize(
    ("name", "path", "is_told"),
    [
        (b"a", "/a", True),
        (b"./a/b", "/a/b", True),
        (b"/a//b/./c/", "/a/b/c", True),
        (b"./", "/", True),
        (b"...", "/...", True),
        (b"a.", "/a.", True),
        ("사과/배".encode(), "/사과/배", True),
        (b"../../etc/passwd", "/etc/passwd", False),
        (b"a/../../b", "/b", False),
        (b"a\x1b[2J", "/a\\x1b[2J", False),
        ("a\u202eb".encode(), "/a\\u202eb", False),
        (b"a\xff", "/a\\xff", False),
    ],
)
def test_paths_are_absolute_and_safe_to_print(name: bytes, path: str, is_told: bool) -> None:
    row = one(member(name))
    assert (row["path"], row["raw_name"]) == (path, None if is_told else name)


@pytest.mark.parametrize(
    ("name", "kind", "hides"),
    [
        (b"etc/.wh.motd", "whiteout", "/etc/motd"),
        (b".wh.etc", "whiteout", "/etc"),
        (b"etc/.wh..wh..opq", "opaque", "/etc"),
        (b".wh..wh..opq", "opaque", "/"),
        (b".wh..wh.plnk", "whiteout", None),
        (b"etc/.wh.", "whiteout", None),
        (b"etc/.wh...", "whiteout", None),
    ],
)
def test_whiteouts_say_what_they_hide(name: bytes, kind: str, hides: str | None) -> None:
    row = one(member(name, b"a claim"))
    assert (row["type"], row["hides"], row["size_bytes"], row["content"]) == (kind, hides, 0, None)


def test_records_of_pax_headers_count() -> None:
    capability = {b"SCHILY.xattr.security.capability": b"\x01\x00\x00\x02"}
    extended = {b"path": b"renamed", b"mtime": b"1700000000.25", **capability}
    row = one(pax(extended) + member(b"short", b"12"))
    assert (row["path"], row["size_bytes"]) == ("/renamed", 2)
    assert row["mtime"] == datetime(2023, 11, 14, 22, 13, 20, 250_000, UTC)
    assert row["xattrs"] == "security.capability=0x01000002"


def test_odd_fields_cost_themselves() -> None:
    row = one(header(b"odd", mtime=b"\x80" + bytes(3) + b"\xff" * 8, uid=b"nobody\0\0"))
    assert (row["mtime"], row["uid"]) == (None, 0)


def test_many_entries_are_decoded_in_parts() -> None:
    tar = b"".join(member(b"%d" % number) for number in range(20_000)) + END
    assert [row["path"] for row in rows(tar)] == [f"/{number}" for number in range(20_000)]


def test_a_tar_that_breaks_gives_what_came_before() -> None:
    files = FileTable()
    walk = Walk(files.visit)
    with pytest.raises(InvalidContent):
        walk.feed(member(b"first", b"1") + padded(b"no header"))
    assert files.table()["path"].to_pylist() == ["/first"]


def test_an_empty_layer_has_an_empty_table() -> None:
    assert FileTable().table().equals(pa.Table.from_batches([], SCHEMA))
