"""What a place that images come from has to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nbdock.errors import BlobNotFound, ImageNotFound
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.manifest import Index, Manifest
from nbdock.reading import read
from nbdock.task import Task
from tests.contracts.conftest import Place
from tests.places import AMD64


def manifest(place: Place) -> Manifest:
    index = Index.parse(read(place.source, place.source.resolve(place.name)))
    return Manifest.parse(read(place.source, next(index.candidates(AMD64))))


def test_a_name_stands_for_an_index_that_can_be_read(place: Place) -> None:
    target = place.source.resolve(place.name)
    assert target.media_type == media.OCI_INDEX
    assert target == Descriptor.of(media.OCI_INDEX, b"".join(place.source.open(target)))


def test_all_content_is_what_its_descriptor_says(place: Place) -> None:
    for descriptor in manifest(place).children:
        assert Descriptor.of(descriptor.media_type, b"".join(place.source.open(descriptor))) == descriptor


def test_content_comes_from_any_byte_on(place: Place) -> None:
    (layer,) = manifest(place).layers
    whole = b"".join(place.source.open(layer))
    for start in (0, 1, 500_000, layer.size - 1):
        assert b"".join(place.source.open(layer, start)) == whole[start:]


def test_content_comes_in_pieces(place: Place) -> None:
    (layer,) = manifest(place).layers
    assert max(map(len, place.source.open(layer))) <= 1024 * 1024


def test_content_comes_to_many_at_once(place: Place) -> None:
    (layer,) = manifest(place).layers
    found = Task().spread(lambda _: b"".join(place.source.open(layer)), range(8), jobs=4)
    assert {Descriptor.of(layer.media_type, content) for content in found} == {layer}


def test_a_digest_is_a_name_too(place: Place) -> None:
    target = place.source.resolve(place.name)
    assert place.source.resolve(replace(place.name, tag=None, digest=target.digest)) == target


def test_with_tag_and_digest_the_digest_decides(place: Place) -> None:
    target = place.source.resolve(place.name)
    assert place.source.resolve(replace(place.name, tag="other", digest=target.digest)) == target


def test_a_name_that_is_not_there_is_not_found(place: Place) -> None:
    with pytest.raises(ImageNotFound) as refusal:
        place.source.resolve(replace(place.name, tag="nowhere"))
    assert refusal.value.hint


def test_content_that_is_not_there_is_not_found(place: Place) -> None:
    with pytest.raises(BlobNotFound):
        list(place.source.open(Descriptor.of(media.OCI_LAYER, b"nowhere")))
