"""On which images an image was built."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbdock.api import Dock
from tests.parts.layers import file
from tests.places import ARM64, Shelf, pull_from

OLD, NEW = "2024-01-01T00:00:00Z", "2024-01-31T12:00:00Z"


@pytest.fixture
def dock(tmp_path: Path) -> Dock:
    return Dock(tmp_path / "store")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_the_nearest_base_comes_first(dock: Dock, shelf: Shelf) -> None:
    layers = [shelf.layer(file(name, name.encode())) for name in ("os", "python", "mine", "other")]
    stacks = {
        "debian:12": layers[:1],
        "python:3": layers[:2],
        "mine:1": layers[:3],
        "other:1": [*layers[:1], layers[3]],
    }
    for name, stack in stacks.items():
        pull_from(shelf, shelf.image(*stack), dock.store, name)
    found = dock.base("mine:1")
    assert found.reference.tolist() == ["docker.io/library/python:3", "docker.io/library/debian:12"]
    assert found.layers.tolist() == [2, 1] and found.newer_reference.isna().all()
    assert dock.base("other:1").reference.tolist() == ["docker.io/library/debian:12"]
    assert len(dock.base("debian:12")) == 0
    assert dock.base("mine:1", format="{{.layers}}") == "2\n1"


def test_a_base_whose_tag_has_moved_has_a_newer_image(dock: Dock, shelf: Shelf) -> None:
    old, new, mine, top = (shelf.layer(file(name, name.encode())) for name in ("old", "new", "mine", "top"))
    pull_from(shelf, shelf.image(old, created=OLD), dock.store, "debian:12")
    pull_from(shelf, shelf.image(old, mine, created=OLD), dock.store, "mine:1")
    assert dock.base("mine:1").newer_days.isna().all()
    pull_from(shelf, shelf.image(new, top, created=NEW), dock.store, "debian:12")
    row = dock.base("mine:1").iloc[0]
    assert (row.newer_reference, row.newer_layers, row.newer_days) == ("docker.io/library/debian:12", 2, 30)
    assert row.reference.startswith("docker.io/library/debian@sha256:")


def test_an_image_for_another_platform_is_no_base(dock: Dock, shelf: Shelf) -> None:
    layer, mine = shelf.layer(file("os", b"1")), shelf.layer(file("mine", b"2"))
    pull_from(shelf, shelf.image(layer, platform=ARM64), dock.store, "debian:arm")
    pull_from(shelf, shelf.image(layer, mine), dock.store, "mine:1")
    assert len(dock.base("mine:1")) == 0
