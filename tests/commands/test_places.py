"""copy, and push and pull with places: from every kind of place to every other, checked with other tools."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbdock import commands
from nbdock.api import Dock
from tests.parts import engines, registries
from tests.parts.engines import Podman
from tests.parts.layout import REF_NAME
from tests.parts.programs import run, skopeo
from tests.parts.registries import Registry

NAME = "localhost/team/app:dev"
NEW = "example.com/new/app:1.0"
KINDS = ("store", "docker", "docker-archive", "oci-archive", "oci", "podman")


class World:
    """One image in every kind of place, under the same name."""

    def __init__(self, folder: Path, registry: Registry, engine: Podman) -> None:
        self.folder, self.registry, self.engine = folder, registry, engine
        self.dock = Dock(folder / "store")
        self.sources = {kind: self.at(kind, "source", NAME) for kind in KINDS}
        archive = engines.archive(NAME, folder).rename(folder / "source-docker-archive")
        engine.load(archive)
        self.dock.load(archive)
        for kind in ("docker", "oci-archive", "oci"):
            skopeo("copy", "--quiet", *tls(kind, "dest-"), self.sources["docker-archive"], self.sources[kind])

    def at(self, kind: str, where: str, name: str) -> str:
        """An address of this kind."""
        others = {
            "docker": f"docker://{self.registry.host}/{where}/{name.partition('/')[2]}",
            "store": f"store:{name}",
            "podman": f"podman:{name}",
        }
        return others.get(kind) or f"{kind}:{self.folder}/{where}-{kind}:{name}"

    def found(self, address: str) -> tuple[str, str]:
        """The image id and the name at an address, as another tool reads them."""
        kind, _, rest = address.partition(":")
        if kind == "store":
            return self.dock.ls(rest).image_id[0], self.dock.ls(rest).reference[0]
        if kind == "podman":
            shown = json.loads(self.engine.run("image", "inspect", rest))[0]
            return f"sha256:{shown['Id']}", rest if rest in shown["RepoTags"] else ""
        name = rest.removeprefix("//")
        if kind.startswith("oci"):  # skopeo finds no image with docker's media types by its name
            path, _, name = rest.partition(":")
            address, name = f"{kind}:{path}", listed(Path(path))[0]
        shown = run("skopeo", "inspect", "--config", "--raw", *tls(kind), address)
        return f"sha256:{hashlib.sha256(shown).hexdigest()}", name.partition(":")[
            2
        ] if kind == "docker-archive" else name


def tls(kind: str, which: str = "") -> list[str]:
    """The flag for a registry without TLS."""
    return [f"--{which}tls-verify=false"] if kind == "docker" else []


def member(archive: Path, name: str) -> bytes:
    """A file of an archive."""
    with tarfile.open(archive) as opened, opened.extractfile(name) as file:  # type: ignore[union-attr]
        return file.read()


def listed(path: Path) -> list[str]:
    """What the layout in a folder or an archive calls its images."""
    raw = member(path, "index.json") if path.is_file() else (path / "index.json").read_bytes()
    return [each.get("annotations", {}).get(REF_NAME, "") for each in json.loads(raw)["manifests"]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    with (
        registries.open_registry(tmp_path_factory.mktemp("registry")) as registry,
        engines.podman_service(tmp_path_factory.mktemp("podman")) as engine,
    ):
        yield World(folder, registry, engine)


@pytest.fixture
def here(world: World, monkeypatch: pytest.MonkeyPatch) -> Dock:
    """A dock on the world's store, with its engine."""
    monkeypatch.setenv("CONTAINER_HOST", world.engine.url)
    return Dock(world.dock.settings.store)


@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("source", KINDS)
def test_an_image_is_the_same_in_every_place(source: str, to: str, world: World, here: Dock) -> None:
    destination = world.at(to, f"from-{source}", NEW)
    copied = commands.copy(here, world.sources[source], destination).frame()
    name = destination.removeprefix("docker://") if to == "docker" else NEW
    assert world.found(destination) == (world.found(world.sources[source])[0], name)
    assert set(copied.image_id) == {world.found(destination)[0]} and set(copied.reference) == {name}
