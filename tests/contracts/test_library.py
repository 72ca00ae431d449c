"""What a local store has to do besides."""

from __future__ import annotations

from nbdock.places import Library, read


def test_every_name_is_the_name_of_one_image(library: Library) -> None:
    assert sorted(map(str, library.names())) == sorted(str(name) for image in library.images() for name in image.names)
    assert len(library.images()) == 3


def test_an_image_has_the_digest_of_its_config_as_its_id(library: Library) -> None:
    for image in library.images():
        assert image.id == image.manifest.config.digest
        assert read(library, image.manifest.config) == image.config.raw


def test_a_layer_unpacks_to_what_its_config_names(library: Library) -> None:
    for image in library.images():
        for layer in image.layers:
            unpacked = library.unpacked(layer.descriptor)
            assert unpacked
            assert unpacked.diff_id == layer.diff_id
            assert 0 <= unpacked.files <= unpacked.tar


def test_what_goes_with_a_name_is_what_the_plan_says(library: Library) -> None:
    gone, *kept = library.images()
    plan = library.removal(gone.names)
    assert plan.deleted == (gone.id,)
    assert plan.execute().reclaimed == plan.reclaimed > 0
    assert library.images() == tuple(kept)
    assert not any(library.has(layer.descriptor) for layer in gone.layers)
    assert all(library.has(layer.descriptor) for image in kept for layer in image.layers)
