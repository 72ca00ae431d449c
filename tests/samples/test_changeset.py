import tarfile

from scripts.samples.changeset import Changeset, directory, file, hard_link, opaque, symlink, whiteout
from scripts.samples.filler import Filler
from tests.samples.opened import entries

TIME = 1_700_000_000


def read(*changes: object) -> list[tarfile.TarInfo]:
    return [info for info, _ in entries(Changeset(changes, TIME).tar())]


def test_tarfile_reads_every_kind_of_entry() -> None:
    folder, plain, program, link, hard = read(
        directory("app", 0o1777, owner=33),
        file("app/settings", "a = 1\n", 0o640, owner=33),
        file("app/run", Filler("run", 700), 0o4755),
        symlink("app/start", "run"),
        hard_link("app/begin", "app/run"),
    )
    assert (folder.isdir(), folder.mode, folder.uid, folder.gid) == (True, 0o1777, 33, 33)
    assert (plain.isreg(), plain.size, plain.mode, plain.uid) == (True, 6, 0o640, 33)
    assert (program.isreg(), program.size, program.mode, program.uid) == (True, 700, 0o4755, 0)
    assert (link.issym(), link.linkname) == (True, "run")
    assert (hard.islnk(), hard.linkname, hard.size) == (True, "app/run", 0)
    assert {entry.mtime for entry in (folder, plain, program, link, hard)} == {TIME}
    assert {entry.uname + entry.gname for entry in (folder, plain, program)} == {""}


def test_the_content_is_what_was_given() -> None:
    tar = Changeset((file("a", b"x" * 512), file("b", "text"), file("c", Filler("c", 600))), TIME).tar()
    assert [content for _, content in entries(tar)] == [b"x" * 512, b"text", bytes(Filler("c", 600))]


def test_folders_on_the_way_come_first_and_once() -> None:
    names = [info.name for info in read(file("a/b/c", ""), directory("a/d", 0o700), file("a/d/e", ""))]
    assert names == ["a", "a/b", "a/b/c", "a/d", "a/d/e"]


def test_deletions_are_written_as_the_spec_says() -> None:
    assert [info.name for info in read(whiteout("a"), whiteout("b/c"), opaque("d"))] == [
        ".wh.a",
        "b",
        "b/.wh.c",
        "d",
        "d/.wh..wh..opq",
    ]


def test_a_tar_ends_with_two_empty_blocks_and_nothing_more() -> None:
    assert Changeset((), TIME).tar() == bytes(1024)
    assert len(Changeset((file("a", "b"),), TIME).tar()) == 2048
