"""Whether the registries of an image's bases have newer images by now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nbdock.api import Dock
from nbdock.errors import Unauthorized, Unreachable
from nbdock.oci.manifest import parse
from tests.commands.conftest import Recorder
from tests.parts.layers import file
from tests.parts.registries import Registry
from tests.places import ARM64, Shelf, pull_from

OLD, NEW = "2024-01-01T00:00:00Z", "2024-01-31T12:00:00Z"
BASE = "org.opencontainers.image.base."


@pytest.fixture
def console() -> Recorder:
    return Recorder()


@pytest.fixture
def dock(tmp_path: Path, console: Recorder) -> Dock:
    return Dock(tmp_path / "store", console=console)


class Builder:
    """Builds debian:12 twice, the newer one in other layers, and images on the older one."""

    def __init__(self, folder: Path, host: str) -> None:
        self.shelf, self.others, self.name = Shelf(), Dock(folder / "others"), f"{host}/debian:12"
        self.old, self.new, self.top, self.mine = (
            self.shelf.layer(file(name, name.encode())) for name in ("old", "new", "top", "mine")
        )
        self.debian = self.shelf.image(self.old, created=OLD)

    def publish(self, *layers: Any, created: str = NEW, **config: Any) -> str:
        """Push debian:12 as these layers; returns the image id."""
        pull_from(self.shelf, self.shelf.image(*layers, created=created, **config), self.others.store, self.name)
        self.others.push(self.name, quiet=True)
        return str(self.others.ls(self.name).image_id[0])

    def build(self, dock: Dock, name: str = "mine:1", **noted: Any) -> None:
        """An image on the older one."""
        built = self.shelf.image(self.old, self.mine, created=OLD)
        config, *layers = parse(self.shelf.content[built.digest]).children
        pull_from(self.shelf, self.shelf.manifest(config, *layers, **noted), dock.store, name)


@pytest.fixture
def builder(tmp_path: Path, empty_registry: Registry) -> Builder:
    return Builder(tmp_path, empty_registry.host)


def annotated(builder: Builder, **more: str) -> dict[str, str]:
    return {f"{BASE}name": builder.name, f"{BASE}digest": str(builder.debian.digest), **more}


def test_a_base_has_a_newer_image_at_its_registry(dock: Dock, builder: Builder, empty_registry: Registry) -> None:
    builder.publish(builder.old, created=OLD)
    dock.pull(builder.name, quiet=True)
    builder.build(dock)
    assert dock.base("mine:1", remote=True).newer_days.isna().all()
    newer = builder.publish(builder.new, builder.top)
    assert dock.base("mine:1").newer_reference.isna().all()
    seen = len(empty_registry.requests())
    row = dock.base("mine:1", remote=True).iloc[0]
    assert (row.newer_reference, row.newer_image_id, row.newer_layers, row.newer_days) == (builder.name, newer, 2, 30)
    assert row.reference == builder.name
    assert {line.split("/")[-2] for line in empty_registry.requests()[seen:] if "v2/debian" in line} <= {
        "manifests",
        "blobs",
    }
    assert set(dock.ls().repository) == {"mine", builder.name.removesuffix(":12")}, "nothing is pulled"
    assert newer not in set(dock.ls(all=True).image_id)


def test_an_older_image_at_the_registry_is_not_newer(dock: Dock, builder: Builder) -> None:
    builder.publish(builder.new, created="2023-01-01T00:00:00Z")
    pull_from(builder.shelf, builder.debian, dock.store, builder.name)
    builder.build(dock)
    assert dock.base("mine:1", remote=True).newer_reference.isna().all()


def test_of_a_base_whose_tag_has_moved_here_the_registry_s_is_newer_still(dock: Dock, builder: Builder) -> None:
    pull_from(builder.shelf, builder.debian, dock.store, builder.name)
    builder.build(dock)
    between = builder.shelf.image(builder.top, created="2024-01-11T00:00:00Z")
    pull_from(builder.shelf, between, dock.store, builder.name)
    builder.publish(builder.new)
    assert dock.base("mine:1").newer_days.tolist() == [10]
    assert dock.base("mine:1", remote=True).newer_days.tolist() == [30]


def test_the_base_that_the_builder_named_need_not_be_here(
    dock: Dock, builder: Builder, empty_registry: Registry
) -> None:
    builder.publish(builder.old, created=OLD)
    builder.publish(builder.new, builder.top)
    builder.build(dock, f"{empty_registry.host}/mine:1", annotations=annotated(builder))
    assert dock.base(f"{empty_registry.host}/mine:1").empty
    row = dock.base(f"{empty_registry.host}/mine:1", remote=True).iloc[0]
    assert row.reference == f"{builder.name.removesuffix(':12')}@{builder.debian.digest}"
    assert (row.newer_reference, row.newer_layers, row.newer_days) == (builder.name, 2, 30)
    assert row.isna().size_bytes and len(dock.ls()) == 1


def test_a_base_that_is_here_is_not_told_twice(dock: Dock, builder: Builder, empty_registry: Registry) -> None:
    builder.publish(builder.old, created=OLD)
    dock.pull(builder.name, quiet=True)
    builder.build(dock, f"{empty_registry.host}/mine:1", annotations=annotated(builder))
    assert dock.base(f"{empty_registry.host}/mine:1", remote=True).reference.tolist() == [builder.name]


@pytest.mark.parametrize(
    ("noted", "line"),
    [
        ({}, "at a private address"),
        ({f"{BASE}name": "<script>"}, ""),
        ({f"{BASE}digest": "sha256:0"}, ""),
    ],
)
def test_an_image_cannot_send_nbdock_into_the_network(
    dock: Dock, builder: Builder, console: Recorder, empty_registry: Registry, noted: dict[str, str], line: str
) -> None:
    builder.build(dock, annotations=annotated(builder, **noted))
    seen = empty_registry.requests()
    assert dock.base("mine:1", remote=True).empty
    assert empty_registry.requests() == seen
    assert [line in each for each in console.warned] == ([True] if line else [])


def test_what_is_named_as_the_base_but_is_not_is_said(
    dock: Dock, builder: Builder, console: Recorder, empty_registry: Registry
) -> None:
    builder.publish(builder.new)
    other = builder.others.inspect(builder.name, format="{{range .RepoDigests}}{{.}}{{end}}")
    noted = annotated(builder, **{f"{BASE}digest": str(other).partition("@")[2]})
    builder.build(dock, f"{empty_registry.host}/mine:1", annotations=noted)
    assert dock.base(f"{empty_registry.host}/mine:1", remote=True).empty
    assert len(console.warned) == 1 and "has not its layers" in console.warned[0]


def test_a_base_that_its_registry_lacks_is_one_line(dock: Dock, builder: Builder, console: Recorder) -> None:
    pull_from(builder.shelf, builder.debian, dock.store, builder.name)
    pull_from(builder.shelf, builder.shelf.image(builder.old, platform=ARM64), dock.store, "arm:1")
    builder.build(dock)
    assert dock.base("mine:1", remote=True).newer_reference.isna().all()
    assert len(console.warned) == 1 and f"cannot see {builder.name} at its registry" in console.warned[0]


def test_a_registry_that_cannot_be_asked_is_an_error(dock: Dock, builder: Builder, private_registry: Registry) -> None:
    for host, error in (("127.0.0.1:1", Unreachable), (private_registry.host, Unauthorized)):
        pull_from(builder.shelf, builder.debian, dock.store, f"{host}/debian:12")
        builder.build(dock)
        with pytest.raises(error) as raised:
            dock.base("mine:1", remote=True)
        assert host in f"{raised.value} {raised.value.hint}"
        dock.rm(f"{host}/debian:12")
