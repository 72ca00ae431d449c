"""Pulls of many images at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbdock.api import Dock
from nbdock.errors import ImageNotFound, NbdockError
from nbdock.frames import schemas
from tests.commands.conftest import Recorder
from tests.parts.registries import Registry


@pytest.fixture
def dock(registry: Registry, tmp_path: Path, console: Recorder) -> Dock:
    """An empty one."""
    return Dock(tmp_path / "store", console=console)


def test_many_images_are_one_frame(dock: Dock) -> None:
    layers = dock.pull("httpd", ["busybox", "hello-world"])
    assert set(layers.reference) == {f"docker.io/library/{name}:latest" for name in ("httpd", "busybox", "hello-world")}
    assert layers.error.isna().all()
    assert set(dock.ls().reference) >= set(layers.reference)


def test_what_fails_has_a_row_and_the_rest_is_kept(dock: Dock, console: Recorder) -> None:
    layers = dock.pull("busybox", "nosuch:1", "hello-world")
    failed = layers[layers.error.notna()]
    assert failed.reference.tolist() == ["docker.io/library/nosuch:1"] and failed.layer.isna().all()
    assert "manifest for nosuch:1 not found" in failed.error.iloc[0]
    assert {row.tag for row in dock.ls().itertuples()} == {"latest"} and len(dock.ls()) == 2
    assert [line for line in console.warned if line.startswith("Error: ")] == [f"Error: {failed.error.iloc[0]}"]


def test_where_nothing_came_it_raises(dock: Dock) -> None:
    with pytest.raises(ImageNotFound, match="nosuch"):
        dock.pull("nosuch")
    with pytest.raises(NbdockError, match=r"nosuch.*\n.*other") as failure:
        dock.pull("nosuch", "other:1")
    assert failure.value.hint


def test_the_frame_of_another_command_names_what_to_pull(dock: Dock, tmp_path: Path) -> None:
    dock.pull("busybox", "hello-world")
    other = Dock(tmp_path / "other")
    assert set(other.pull(dock.ls()).reference) == set(dock.ls().reference)


def test_what_search_found_can_be_pulled(dock: Dock) -> None:
    found = schemas.FOUND.frame([{"name": "busybox", "stars": 1, "official": True}])
    assert set(dock.pull(found).reference) == {"docker.io/library/busybox:latest"}


def test_a_layer_that_images_share_comes_once(dock: Dock) -> None:
    layers = dock.pull("httpd:2.4", "httpd:latest")
    assert len(layers) == 2 * layers.layer.nunique()
    assert set(layers.state) <= {"Pull complete", "Already exists"}
    assert (layers[layers.state == "Pull complete"].layer.value_counts() == 1).all()
