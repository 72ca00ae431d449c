import io
import os
import stat
import subprocess
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from nbdock.contents.tar import Entry, Kind, Sizes, Walk
from nbdock.errors import InvalidContent

from .tars import END, header, member, padded, pax, record

KINDS = {
    tarfile.REGTYPE: Kind.FILE,
    tarfile.AREGTYPE: Kind.FILE,
    tarfile.GNUTYPE_SPARSE: Kind.FILE,
    tarfile.LNKTYPE: Kind.LINK,
    tarfile.SYMTYPE: Kind.SYMLINK,
    tarfile.DIRTYPE: Kind.DIRECTORY,
}


def walked(tar: bytes, step: int = 1 << 20) -> list[Entry]:
    entries: list[Entry] = []
    walk = Walk(entries.append)
    for start in range(0, len(tar), step):
        walk.feed(tar[start : start + step])
    walk.finish()
    return entries


def paths(tar: bytes) -> list[bytes]:
    return [entry.path for entry in walked(tar)]


def sizes(tar: bytes) -> Sizes:
    counted = Sizes()
    for entry in walked(tar):
        counted.add(entry)
    return counted


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A bit of everything; names and links of more than 100 bytes in `long`."""
    root = tmp_path / "tree"
    (root / "folder").mkdir(parents=True)
    (root / "folder" / "empty").touch()
    (root / "folder" / "one").write_bytes(b"1")
    (root / "block").write_bytes(b"b" * 512)
    (root / "more").write_bytes(b"m" * 513)
    (root / "again").hardlink_to(root / "more")
    (root / "link").symlink_to("folder/nowhere")
    os.utime(root / "block", (0, 1234567890.25))
    with (root / "sparse").open("wb") as file:
        for number in range(60):
            file.seek(number * 65536)
            file.write(b"data")
        file.truncate(8 << 20)
    return root


@pytest.fixture
def long_tree(tree: Path) -> Path:
    deep = tree / "ä" / ("d" * 90)
    deep.mkdir(parents=True)
    (deep / ("n" * 150)).write_bytes(b"long")
    (deep / "link").symlink_to("t" * 200)
    (deep / "hard").hardlink_to(deep / ("n" * 150))
    return tree


def gnu_tar(root: Path, *options: str) -> bytes:
    command = ["tar", "--create", "--file=-", *options, f"--directory={root}", "."]
    return subprocess.run(command, capture_output=True, check=True).stdout


def du(root: Path) -> int:
    """File bytes by inode, and symlinks by their target: docker's directory.Size."""
    found = {status.st_ino: status for path in root.rglob("*") if not stat.S_ISDIR((status := path.lstat()).st_mode)}
    return sum(status.st_size for status in found.values())


def assert_as_tarfile_lists(tar: bytes) -> None:
    entries = walked(tar)
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        members = archive.getmembers()
    assert len(entries) == len(members)
    for entry, info in zip(entries, members, strict=True):
        assert entry.path.rstrip(b"/") == os.fsencode(info.name)
        assert entry.linkname == os.fsencode(info.linkname)
        assert (entry.mode, entry.uid, entry.gid) == (info.mode, info.uid, info.gid)
        assert entry.mtime == pytest.approx(info.mtime, abs=1e-6)
        assert entry.kind is KINDS[info.type]
        assert entry.size == (info.size if entry.kind is Kind.FILE else 0)


@pytest.mark.parametrize(
    "options",
    [
        "--format=v7",
        "--format=oldgnu",
        "--format=gnu",
        "--format=ustar",
        "--format=pax",
        "--format=gnu --sparse",
        "--format=oldgnu --sparse",
        "--format=pax --sparse --sparse-version=0.0",
        "--format=pax --sparse --sparse-version=0.1",
        "--format=pax --sparse --sparse-version=1.0",
        "--format=gnu --owner=big:3000000 --mtime=1950-01-01",
        "--format=pax --owner=big:3000000 --mtime=1950-01-01",
    ],
)
def test_tars_of_gnu_tar_are_read_as_tarfile_reads_them(tree: Path, options: str) -> None:
    tar = gnu_tar(tree, *options.split())
    assert_as_tarfile_lists(tar)
    assert sizes(tar).size == du(tree)
    assert sizes(tar).entries == len(list(tree.rglob("*"))) + 1


@pytest.mark.parametrize("options", ["--format=gnu", "--format=oldgnu", "--format=pax", "--format=gnu --sparse"])
def test_long_names_are_read_as_tarfile_reads_them(long_tree: Path, options: str) -> None:
    tar = gnu_tar(long_tree, *options.split())
    assert_as_tarfile_lists(tar)
    assert sizes(tar).size == du(long_tree)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tars_of_tarfile_are_read_as_it_reads_them(tree: Path, form: int) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
        archive.add(tree, arcname="p" * 90)
    assert_as_tarfile_lists(stream.getvalue())
    assert sizes(stream.getvalue()).size == du(tree)


@pytest.mark.parametrize("options", ["--format=pax", "--format=gnu --sparse"])
def test_a_tar_is_read_however_it_is_cut(long_tree: Path, options: str) -> None:
    (long_tree / "sparse").write_bytes(b"small")
    tar = gnu_tar(long_tree, *options.split())
    assert walked(tar, 1) == walked(tar, 511) == walked(tar, 513) == walked(tar)


def test_whiteouts_and_devices_have_no_size() -> None:
    tar = member(b".wh.gone") + member(b"d/.wh..wh..opq") + member(b"null", flag=b"3") + member(b"sda", flag=b"4")
    assert (sizes(tar + END).size, sizes(tar + END).entries) == (0, 4)


@pytest.mark.parametrize("path", [b".wh.gone", b"a/.wh.gone", b"a/.wh..wh..opq", b"long/" * 40 + b".wh.gone"])
def test_a_whiteout_has_no_size_whatever_is_in_it(path: bytes) -> None:
    told = pax({b"path": path}) if len(path) > 100 else b""
    assert sizes(told + member(path[:100], b"12345")).size == 0
    assert sizes(member(b".wh.folder/file", b"12345") + member(b"a.wh.b", b"12")).size == 7


def test_what_is_not_a_file_has_no_content_whatever_its_size_says() -> None:
    tar = b"".join(header(b"%c" % flag, 5000, b"%c" % flag) for flag in b"123456")
    assert paths(tar + member(b"next", b"content") + END) == [b"1", b"2", b"3", b"4", b"5", b"6", b"next"]


def test_a_long_symlink_counts_whole() -> None:
    gnu = member(b"", b"t" * 300 + b"\0", b"K") + header(flag=b"2", link=b"t" * 100)
    assert sizes(gnu + END).size == sizes(pax({b"linkpath": b"t" * 300}) + header(flag=b"2") + END).size == 300


def test_a_size_in_a_pax_header_is_the_one_that_counts() -> None:
    tar = pax({b"size": b"700"}) + header(b"large", 0) + padded(bytes(700)) + member(b"next")
    assert [(entry.path, entry.size) for entry in walked(tar + END)] == [(b"large", 700), (b"next", 0)]


def test_an_extended_header_is_for_the_next_entry_only() -> None:
    tar = pax({b"path": b"one"}) + member(b"1") + member(b"two") + member(b"", b"three\0", b"L") + member(b"3")
    assert paths(tar + member(b"four") + END) == [b"one", b"two", b"three", b"four"]


def test_what_is_said_of_all_entries_is_ignored_as_docker_does() -> None:
    tar = pax({b"path": b"all", b"size": b"512"}, b"g") + member(b"one") + member(b"two", b"2")
    assert [(entry.path, entry.size) for entry in walked(tar + END)] == [(b"one", 0), (b"two", 1)]


def test_the_end_is_two_blocks_of_zeros_or_where_the_bytes_end() -> None:
    tar = member(b"one", b"1") + member(b"two")
    for end in (b"", END[:512], END, END * 9, END + b"not looked at", END + member(b"hidden")):
        assert paths(tar + end) == [b"one", b"two"]
    assert paths(b"") == paths(END) == []


def test_a_block_of_zeros_between_entries_is_refused() -> None:
    with pytest.raises(InvalidContent, match="invalid tar header"):
        walked(member() + END[:512] + member())


def test_every_truncation_but_between_entries_is_refused() -> None:
    parts = [
        member(b"one", b"1" * 600),
        pax({b"path": b"p" * 600, b"mtime": b"1.5"}) + member(b"two", b"2"),
        member(b"", b"l" * 200 + b"\0", b"L") + member(b"", b"k\0", b"K") + header(flag=b"2"),
        sparse_member(2),
    ]
    ends = [len(b"".join(parts[:count])) for count in range(len(parts) + 1)]
    tar = b"".join(parts)
    for length in range(len(tar)):
        if length in ends:
            assert len(walked(tar[:length])) == ends.index(length)
        else:
            with pytest.raises(InvalidContent, match="unexpected EOF"):
                walked(tar[:length])


def sparse_member(more: int) -> bytes:
    """A GNU sparse file whose list of holes goes on in `more` further blocks."""
    tail = bytes(137) + b"\1" + b"00000100000\0"
    following = b"".join(bytes(504) + bytes([number < more - 1]) + bytes(7) for number in range(more))
    return header(b"sparse", 512, b"S", magic=b"ustar  \0", tail=tail) + following + bytes(512)


def test_lists_of_holes_are_passed_over() -> None:
    tar = sparse_member(40) + member(b"next", b"1")
    assert [(entry.path, entry.size) for entry in walked(tar + END)] == [(b"sparse", 8**5), (b"next", 1)]


@pytest.mark.parametrize("flag", [b"x", b"L", b"K"])
def test_extended_headers_of_more_than_a_mebibyte_are_refused(flag: bytes) -> None:
    walked(member(b"", record(b"path", b"n" * 1_000_000), flag) + member() + END)
    with pytest.raises(InvalidContent, match="header field too long"):
        walked(header(b"", (1 << 20) + 1, flag))


def test_an_empty_extended_header_says_nothing() -> None:
    tar = header(b"", 0, b"x") + header(b"", 0, b"L") + member(b"name")
    assert paths(tar + END) == paths(tar + END[:512]) == [b"name"]


def test_sizes_that_no_disk_holds_are_refused() -> None:
    tar = pax({b"GNU.sparse.realsize": b"%d" % (1 << 49)}) + member(b"sparse")
    assert sizes(tar * 2).size == 1 << 50
    with pytest.raises(InvalidContent, match="larger than a pebibyte"):
        sizes(tar * 3)


def test_garbage_is_refused() -> None:
    for garbage in (b"<html>" * 100, b"\xff" * 1024, b"\0" * 511 + b"\1"):
        with pytest.raises(InvalidContent, match="invalid tar header"):
            walked(garbage)


def test_memory_does_not_grow_with_the_number_of_entries() -> None:
    counted = Sizes()
    walk = Walk(counted.add)
    piece = (pax({b"path": b"p" * 400}) + member(b"file", b"1")) * 100
    walk.feed(piece)
    tracemalloc.start()
    for _ in range(100):
        walk.feed(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counted.entries == 10_100
    assert peak < 1 << 16


def test_several_visitors_share_a_walk() -> None:
    seen: list[Entry] = []
    counted = Sizes()
    Walk(counted.add, seen.append).feed(member(b"one", b"1") + END)
    assert counted.size == sum(entry.size for entry in seen) == 1
