from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbdock.contents.layer import Pass
from nbdock.errors import BlobNotFound, DigestMismatch, SizeMismatch, StoreError
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.store.blobs import Blobs
from tests.places import noise
from tests.store.audit import audit, files, pass_time

CONTENT = noise(100)
BLOB = Descriptor.of(media.OCI_LAYER, CONTENT)


@pytest.fixture
def blobs(root: Path) -> Blobs:
    return Blobs(root)


def pieces_that_break(content: bytes):
    yield content
    raise ConnectionError


def broken(blobs: Blobs, content: bytes) -> None:
    with pytest.raises(ConnectionError):
        blobs.write(BLOB, pieces_that_break(content), Pass())


def test_content_is_a_file_named_by_its_digest(blobs: Blobs, root: Path) -> None:
    blobs.write(BLOB, [CONTENT[:30], b"", CONTENT[30:]], Pass())
    assert (root / "blobs" / "sha256" / BLOB.digest.hex).read_bytes() == CONTENT
    assert blobs.has(BLOB)
    assert blobs.size(BLOB.digest) == 100


def test_content_is_read_from_any_byte_on(blobs: Blobs) -> None:
    blobs.write(BLOB, [CONTENT], Pass())
    assert b"".join(blobs.open(BLOB)) == CONTENT
    assert b"".join(blobs.open(BLOB, 99)) == CONTENT[99:]
    assert b"".join(blobs.open(BLOB, 100)) == b""


def test_sha512_is_content_as_well(blobs: Blobs, root: Path) -> None:
    digest = Digest("sha512", "0" * 128).same(CONTENT)
    blobs.write(Descriptor(media.OCI_LAYER, digest, 100), [CONTENT], Pass())
    assert (root / "blobs" / "sha512" / digest.hex).read_bytes() == CONTENT
    assert [found for found, _ in blobs.all()] == [digest]


def test_nothing_is_content_too(blobs: Blobs) -> None:
    nothing = Descriptor.of(media.OCI_LAYER, b"")
    blobs.write(nothing, [], Pass())
    assert blobs.has(nothing)
    assert list(blobs.open(nothing)) == []


def test_what_is_not_there_is_not_found(blobs: Blobs, root: Path) -> None:
    assert not blobs.has(BLOB)
    assert blobs.size(BLOB.digest) == blobs.delete(BLOB.digest) == 0
    with pytest.raises(BlobNotFound, match="is not in the store"):
        blobs.open(BLOB)
    assert not root.exists()


def test_content_of_another_size_is_not_it(blobs: Blobs) -> None:
    blobs.write(BLOB, [CONTENT], Pass())
    assert not blobs.has(Descriptor(BLOB.media_type, BLOB.digest, 99))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (noise(101)[:100], DigestMismatch),
        (CONTENT[:99], SizeMismatch),
        (CONTENT + b"x", SizeMismatch),
        (b"", SizeMismatch),
    ],
)
def test_wrong_content_is_refused_and_deleted(content: bytes, error: type[Exception], blobs: Blobs, root: Path) -> None:
    with pytest.raises(error) as refusal:
        blobs.write(BLOB, [content], Pass())
    assert refusal.value.expected != refusal.value.actual  # type: ignore[attr-defined]
    assert not any(files(root).values())


def test_content_without_end_is_read_no_further_than_it_should_be(blobs: Blobs) -> None:
    def endless():
        while True:
            yield CONTENT

    with pytest.raises(SizeMismatch):
        blobs.write(BLOB, endless(), Pass())


def test_what_is_written_anew_takes_the_place_of_what_was_damaged(blobs: Blobs, root: Path) -> None:
    blobs.write(BLOB, [CONTENT], Pass())
    (root / "blobs" / "sha256" / BLOB.digest.hex).write_bytes(bytes(100))
    blobs.write(BLOB, [CONTENT], Pass())
    audit(root)


def test_the_longest_of_what_broken_attempts_left_is_given_back(blobs: Blobs, root: Path) -> None:
    broken(blobs, CONTENT[:20])
    broken(blobs, CONTENT[:50])
    broken(blobs, CONTENT[:30])
    assert b"".join(blobs.partial(BLOB)) == CONTENT[:50]
    assert len(files(root)["ingest"]) == 1
    assert not blobs.has(BLOB)


def test_what_is_longer_than_the_content_is_no_part_of_it(blobs: Blobs) -> None:
    broken(blobs, CONTENT)
    assert b"".join(blobs.partial(Descriptor(BLOB.media_type, BLOB.digest, 99))) == b""


def test_what_another_is_writing_is_left_to_it(blobs: Blobs, root: Path) -> None:
    """A second writer of the same content comes and goes while the first one writes."""

    def pieces():
        yield CONTENT[:50]
        broken(Blobs(root), CONTENT[:60])
        Blobs(root).write(BLOB, [CONTENT], Pass())
        yield CONTENT[50:]

    blobs.write(BLOB, pieces(), Pass())
    audit(root)
    assert not files(root)["ingest"]


def test_a_writer_whose_file_was_tidied_away_is_content_with_the_others(blobs: Blobs, root: Path) -> None:
    def pieces():
        yield CONTENT
        for path in (root / "ingest").iterdir():
            path.unlink()
        Blobs(root).write(BLOB, [CONTENT], Pass())

    blobs.write(BLOB, pieces(), Pass())
    audit(root)


def test_a_writer_whose_file_was_taken_away_says_so(blobs: Blobs, root: Path) -> None:
    def pieces():
        yield CONTENT
        for path in (root / "ingest").iterdir():
            path.unlink()

    with pytest.raises(StoreError, match="No such file or directory"):
        blobs.write(BLOB, pieces(), Pass())
    assert not blobs.has(BLOB)


def test_what_was_left_a_day_ago_goes_with_the_next_write(blobs: Blobs, root: Path) -> None:
    broken(blobs, CONTENT[:50])
    pass_time(root)
    blobs.write(Descriptor.of(media.OCI_LAYER, b"other"), [b"other"], Pass())
    assert not files(root)["ingest"]


def test_what_is_no_digest_is_no_content(blobs: Blobs, root: Path) -> None:
    blobs.write(BLOB, [CONTENT], Pass())
    for name in ("README", f".{BLOB.digest.hex}", BLOB.digest.hex[:-1]):
        (root / "blobs" / "sha256" / name).touch()
    assert [digest for digest, _ in blobs.all()] == [BLOB.digest]


def test_who_writes_the_same_content_leaves_a_file_that_is_being_written(blobs: Blobs, root: Path) -> None:
    content = b"x" * 1000
    descriptor = Descriptor(media.OCTETS, Digest.of(content), len(content))

    def slowly() -> Iterator[bytes]:
        yield content[:500]
        (own,) = (root / "ingest").iterdir()
        then = own.stat().st_mtime - 60
        os.utime(own, (then, then))
        blobs.write(descriptor, [content], Pass())
        blobs.delete(descriptor.digest)  # by a prune
        yield content[500:]

    blobs.write(descriptor, slowly(), Pass())
    assert blobs.has(descriptor)
