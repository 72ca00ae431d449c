"""The places there are. A new one needs a maker here, and has then to pass the whole suite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nbdock.demo import SAMPLES
from nbdock.oci.reference import Reference
from nbdock.places import Destination, Source
from nbdock.registry.client import Registry
from nbdock.registry.credentials import Credentials
from nbdock.registry.hosts import Hosts
from nbdock.store import Store
from tests.parts.images import layout
from tests.parts.programs import run
from tests.places import pull


@dataclass(frozen=True)
class Place:
    """Where an image of an index is, and its name there."""

    source: Source
    name: Reference


@dataclass(frozen=True)
class Room:
    """An empty place, and a name that an image may get there."""

    destination: Destination
    name: Reference
    source: Source
    """The same place, to read back."""


Request = pytest.FixtureRequest


def a_store(request: Request, folder: Path) -> Place:
    store = Store(folder / "store")
    pull(store, "busybox")
    return Place(store, Reference.parse("busybox"))


def a_layout_of_another_tool(request: Request, folder: Path) -> Place:
    run(
        "skopeo",
        "copy",
        "--all",
        f"oci:{layout('busybox')}:1.35",
        f"oci:{folder}/layout:docker.io/library/busybox:1.35",
    )
    return Place(Store(folder / "layout"), Reference.parse("busybox:1.35"))


def the_samples(request: Request, folder: Path) -> Place:
    return Place(Store(SAMPLES), Reference.parse("busybox"))


def a_repository(request: Request, folder: Path) -> Place:
    name = Reference.parse(f"{request.getfixturevalue('registry').host}/library/busybox")
    return Place(client(folder).repository(name), name)


def an_empty_store(request: Request, folder: Path) -> Room:
    store = Store(folder / "store")
    return Room(store, Reference.parse("new:1.0"), store)


def a_new_repository(request: Request, folder: Path) -> Room:
    name = Reference.parse(f"{request.getfixturevalue('empty_registry').host}/new:1.0")
    registry = client(folder)
    return Room(registry.repository(name, push=True), name, registry.repository(name))


def client(folder: Path) -> Registry:
    return Registry(Hosts(), Credentials(folder / "config.json"))


PLACES: list[Callable[[Request, Path], Place]] = [a_store, a_layout_of_another_tool, the_samples, a_repository]
ROOMS: list[Callable[[Request, Path], Room]] = [an_empty_store, a_new_repository]


@pytest.fixture(params=PLACES, ids=lambda maker: maker.__name__)
def place(request: Request, tmp_path: Path) -> Place:
    return request.param(request, tmp_path)


@pytest.fixture(params=ROOMS, ids=lambda maker: maker.__name__)
def room(request: Request, tmp_path: Path) -> Room:
    return request.param(request, tmp_path)
