"""What a place that images go to has to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nbdock.errors import BlobNotFound, DigestMismatch, SizeMismatch
from nbdock.oci import manifest as manifests
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.places import Source
from nbdock.reading import read
from tests.contracts.conftest import Room
from tests.parts.layers import file
from tests.places import AMD64, LAYER, Shelf, copy, noise, stand, target

CONTENT = noise(300_000)
BLOB = Descriptor.of(LAYER, CONTENT)
CHUNKS = [CONTENT[:100_000], CONTENT[100_000:]]


class Broken(Exception):
    """Of where the content comes from."""


def breaking() -> Iterator[bytes]:
    yield CHUNKS[0]
    raise Broken


def test_content_is_there_once_it_is_written(room: Room) -> None:
    assert not room.destination.has(BLOB)
    room.destination.write(BLOB, iter(CHUNKS))
    assert room.destination.has(BLOB)
    assert b"".join(room.source.open(BLOB)) == CONTENT


def test_content_may_be_written_twice(room: Room) -> None:
    room.destination.write(BLOB, CHUNKS)
    room.destination.write(BLOB, CHUNKS)
    assert room.destination.has(BLOB)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (noise(300_001)[:300_000], DigestMismatch),
        (CONTENT[:-1], SizeMismatch),
        (CONTENT + b"x", SizeMismatch),
    ],
    ids=["other", "short", "long"],
)
def test_wrong_content_is_refused(room: Room, content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        room.destination.write(BLOB, iter([content]))
    assert not room.destination.has(BLOB)


def test_content_that_breaks_off_is_not_there(room: Room) -> None:
    with pytest.raises(Broken):
        room.destination.write(BLOB, breaking())
    assert not room.destination.has(BLOB)


def test_what_a_broken_write_left_is_how_the_content_begins(room: Room) -> None:
    assert b"".join(room.destination.partial(BLOB)) == b""
    with pytest.raises(Broken):
        room.destination.write(BLOB, breaking())
    assert CONTENT.startswith(b"".join(room.destination.partial(BLOB)))
    room.destination.write(BLOB, iter(CHUNKS))
    assert b"".join(room.source.open(BLOB)) == CONTENT
    assert b"".join(room.destination.partial(BLOB)) == b""


def test_an_image_that_is_copied_there_is_read_back_the_same(room: Room) -> None:
    name = room.name
    copied = copy(stand("httpd:2.4"), room.destination).image(target("httpd:2.4"), name, AMD64)
    assert room.source.resolve(name) == target("httpd:2.4")
    for descriptor in (copied.image.descriptor, *copied.image.manifest.children):
        assert b"".join(room.source.open(descriptor)) == b"".join(stand("httpd:2.4").open(descriptor))


def test_a_name_that_is_given_anew_stands_for_the_new(room: Room) -> None:
    for image in ("hello-world", "hello-app:1.0"):
        copy(stand(image), room.destination).image(target(image), room.name, AMD64)
        assert room.source.resolve(room.name) == target(image)


def parts(source: Source, descriptor: Descriptor) -> Iterator[Descriptor]:
    """All that is below it and then itself: children before their parents."""
    if media.is_manifest(descriptor.media_type):
        for child in manifests.parse(read(source, descriptor)).children:
            yield from parts(source, child)
    yield descriptor


def test_an_index_may_be_copied_with_all_its_platforms(room: Room) -> None:
    source, index = stand("busybox"), target("busybox")
    for descriptor in parts(source, index):
        room.destination.write(descriptor, source.open(descriptor))
    room.destination.tag(room.name, index)
    assert room.source.resolve(room.name) == index
    assert all(room.destination.has(descriptor) for descriptor in parts(room.source, index))


def test_a_name_needs_all_that_is_below_it(room: Room) -> None:
    shelf = Shelf()
    image = shelf.image(shelf.layer(file("f", b"content")))
    with pytest.raises(BlobNotFound):
        room.destination.write(image, [shelf.content[image.digest]])
        room.destination.tag(room.name, image)
