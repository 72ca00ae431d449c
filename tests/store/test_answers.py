"""What registries answered is kept in one file, which may be cut off, deleted, or written by several at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.store import answers
from nbdock.store.answers import Answers

NAME = Reference.parse("httpd:2.4")


def named(number: int) -> Descriptor:
    return Descriptor.of(media.OCI_MANIFEST, b"%d" % number)


def test_another_process_finds_what_was_kept(tmp_path: Path) -> None:
    first, second = Answers(tmp_path), Answers(tmp_path)
    content = b'{"a": "\n\xff"}'
    assert second.content(Digest.of(content)) is None and second.target(NAME) is None
    first.keep(Digest.of(content), content)
    first.point(NAME, named(1))
    first.point(NAME, named(2))
    for each in (first, second, Answers(tmp_path)):
        assert each.content(Digest.of(content)) == content and each.target(NAME) == named(2)


def test_a_line_that_is_cut_off_spoils_no_other(tmp_path: Path) -> None:
    first = Answers(tmp_path)
    first.keep(Digest.of(b"one"), b"one")
    path = tmp_path / "nbdock/cache/answers"
    path.write_bytes(path.read_bytes() + b"\n" + str(Digest.of(b"two")).encode() + b" dHd")
    reading = Answers(tmp_path)
    assert reading.content(Digest.of(b"one")) == b"one" and reading.content(Digest.of(b"two")) is None
    path.write_bytes(path.read_bytes() + b"v")  # the rest of it
    first.keep(Digest.of(b"three"), b"three")
    assert reading.content(Digest.of(b"three")) == b"three"
    assert Answers(tmp_path).content(Digest.of(b"two")) == b"two"


@pytest.mark.parametrize("damage", [b"", b"\0" * 99, b"\nsha256:x ====\n\n  \n"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damage: bytes) -> None:
    kept = Answers(tmp_path)
    kept.keep(Digest.of(b"one"), b"one")
    (tmp_path / "nbdock/cache/answers").write_bytes(damage)
    reading = Answers(tmp_path)
    assert reading.content(Digest.of(b"one")) is None
    reading.keep(Digest.of(b"two"), b"two")
    assert Answers(tmp_path).content(Digest.of(b"two")) == b"two"


def test_a_long_file_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_MAX_BYTES", 400)
    kept, reading = Answers(tmp_path), Answers(tmp_path)
    for number in range(20):
        kept.keep(Digest.of(b"%d" % number), b"%d" % number)
        assert reading.content(Digest.of(b"%d" % number)) == b"%d" % number
    assert (tmp_path / "nbdock/cache/answers").stat().st_size <= 400
    assert Answers(tmp_path).content(Digest.of(b"0")) is None


def test_many_write_at_once(tmp_path: Path) -> None:
    stores = [Answers(tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        contents = [b"%d" % number * 2000 for number in range(200)]
        list(pool.map(lambda item: stores[item[0] % 4].keep(Digest.of(item[1]), item[1]), enumerate(contents)))
    assert all(Answers(tmp_path).content(Digest.of(each)) == each for each in contents[::20])


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"mine")
    folder = tmp_path / "store/nbdock/cache"
    folder.mkdir(parents=True)
    (folder / "answers").symlink_to(tmp_path / "outside")
    kept = Answers(tmp_path / "store")
    kept.keep(Digest.of(b"one"), b"one")
    assert (tmp_path / "outside").read_bytes() == b"mine"
