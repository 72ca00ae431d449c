"""The images of a store."""

from __future__ import annotations

import pytest

from nbdock.reading import read
from nbdock.store import Store
from tests.places import pull


@pytest.fixture
def stocked(store: Store) -> Store:
    for image in ("busybox", "httpd:2.4", "httpd:2.2"):
        pull(store, image)
    return store


def test_every_name_is_the_name_of_one_image(stocked: Store) -> None:
    assert sorted(map(str, stocked.names())) == sorted(str(name) for image in stocked.images() for name in image.names)
    assert len(stocked.images()) == 3


def test_an_image_has_the_digest_of_its_config_as_its_id(stocked: Store) -> None:
    for image in stocked.images():
        assert image.id == image.manifest.config.digest
        assert read(stocked, image.manifest.config) == image.config.raw


def test_a_layer_unpacks_to_what_its_config_names(stocked: Store) -> None:
    for image in stocked.images():
        for layer in image.layers:
            facts = stocked.facts(layer.descriptor)
            assert facts == layer.facts
            assert facts
            assert facts.diff_id == layer.diff_id
            assert 0 <= facts.size <= facts.tar_size


def test_what_goes_with_a_name_is_what_the_plan_says(stocked: Store) -> None:
    gone, *kept = stocked.images()
    plan = stocked.removal(gone.names)
    assert plan.deleted == (gone.id,)
    assert plan.execute().reclaimed == plan.reclaimed > 0
    assert stocked.images() == tuple(kept)
    assert not any(stocked.has(layer.descriptor) for layer in gone.layers)
    assert all(stocked.has(layer.descriptor) for image in kept for layer in image.layers)
