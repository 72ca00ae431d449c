"""Pulls in the middle of which a mirror fails: the next source goes on, and the mirror is named with what it did."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import nbdock
from nbdock.commands.copies import pull as pull_command
from nbdock.dock.dock import Dock
from nbdock.dock.transfer.pulling import pull
from nbdock.errors import BlobNotFound
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.reference import Reference
from tests.commands.conftest import Recorder
from tests.parts.layers import file
from tests.places import Shelf
from tests.registry.faults import NOT_FOUND, Reply, Server

NAME = Reference.parse("own.test/app:1")
Fault = Callable[[Server, Descriptor, Descriptor], None]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def index(shelf: Shelf) -> Descriptor:
    layers = shelf.layer(file("a", b"a")), shelf.layer(file("b", b"b" * 1000))
    return shelf.index(amd64=shelf.image(*layers))


@pytest.fixture
def mirror() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def own() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def dock(tmp_path: Path, mirror: Server, own: Server, monkeypatch: pytest.MonkeyPatch) -> Dock:
    conf = tmp_path / "registries.conf"
    conf.write_text(
        f'[[registry]]\nprefix = "own.test"\nlocation = "{own.host}"\n[[registry.mirror]]\nlocation = "{mirror.host}"\n'
    )
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(conf))
    return Dock()


def stock(server: Server, shelf: Shelf, index: Descriptor) -> tuple[Descriptor, Descriptor]:
    """Have the image. Its manifest and its first layer."""
    server.holds("app", shelf.content[index.digest], index.media_type, "1")
    manifest = Descriptor.read(json.loads(shelf.content[index.digest])["manifests"][0])
    server.holds("app", shelf.content[manifest.digest], manifest.media_type)
    document = json.loads(shelf.content[manifest.digest])
    parts = [Descriptor.read(each) for each in (document["config"], *document["layers"])]
    for part in parts:
        server.holds("app", shelf.content[part.digest], part.media_type)
    return manifest, parts[1]


def replies(server: Server, reply: Callable[[Descriptor], Reply], to: Descriptor, kind: str = "blobs") -> None:
    for method in ("GET", "HEAD"):
        server.on(f"{method} /v2/app/{kind}/{to.digest}", reply(to))


FAULTS: dict[str, Fault] = {
    "wrong bytes": lambda server, _, layer: replies(server, lambda each: Reply(200, b"x" * each.size), layer),
    "HTML": lambda server, _, layer: replies(server, lambda _: Reply(200, b"<html>log in</html>"), layer),
    "wrong length": lambda server, _, layer: replies(server, lambda each: Reply(200, b"x" * (each.size + 1)), layer),
    "another child": lambda server, child, _: replies(server, lambda _: Reply(200, b"{}"), child, "manifests"),
    "denied": lambda server, _, layer: replies(server, lambda _: Reply(403), layer),
    "limited": lambda server, _, layer: replies(server, lambda _: Reply(429, headers={"Retry-After": "50"}), layer),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_mirror_that_fails_in_the_middle_gives_way_and_is_named(
    dock: Dock, mirror: Server, own: Server, shelf: Shelf, index: Descriptor, fault: Fault
) -> None:
    stock(own, shelf, index)
    fault(mirror, *stock(mirror, shelf, index))
    (pulled,) = pull(dock, [NAME])
    assert pulled.copied and pulled.error is None
    assert [host for host, _ in pulled.skipped] == [mirror.host]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_copy_goes_on_at_the_next_source_as_a_pull_does(
    dock: Dock, mirror: Server, own: Server, shelf: Shelf, index: Descriptor, fault: Fault, tmp_path: Path
) -> None:
    stock(own, shelf, index)
    fault(mirror, *stock(mirror, shelf, index))
    repository = dock.registry.repository(NAME)
    assert nbdock.copy(repository, nbdock.Store(tmp_path / "other"), NAME).target == index
    assert [endpoint.host for endpoint in repository.skipped] == [mirror.host]


@pytest.mark.parametrize("missing", ["child", "layer"])
def test_what_a_mirror_lacks_comes_from_the_next_source(
    dock: Dock, mirror: Server, own: Server, shelf: Shelf, index: Descriptor, missing: str
) -> None:
    stock(own, shelf, index)
    child, layer = stock(mirror, shelf, index)
    to, kind = (child, "manifests") if missing == "child" else (layer, "blobs")
    replies(mirror, lambda _: NOT_FOUND, to, kind)
    assert pull(dock, [NAME])[0].copied


def test_a_mirrors_index_of_children_that_nobody_has_gives_way_to_the_registrys(
    dock: Dock, mirror: Server, own: Server, shelf: Shelf, index: Descriptor
) -> None:
    stock(own, shelf, index)
    gone = Shelf()
    old = gone.index(amd64=gone.image(gone.layer(file("old", b"old"))))
    mirror.holds("app", gone.content[old.digest], old.media_type, "1")
    (pulled,) = pull(dock, [NAME])
    assert pulled.copied and pulled.copied.target == index
    assert [host for host, _ in pulled.skipped] == [mirror.host]


def test_where_nobody_is_left_the_failure_is_told(
    dock: Dock, mirror: Server, own: Server, shelf: Shelf, index: Descriptor
) -> None:
    for server in (mirror, own):
        _, layer = stock(server, shelf, index)
        replies(server, lambda _: NOT_FOUND, layer)
    (pulled,) = pull(dock, [NAME])
    assert isinstance(pulled.error, BlobNotFound)


def test_one_line_says_which_mirror_was_passed_over_and_why(
    dock: Dock, mirror: Server, own: Server, shelf: Shelf, index: Descriptor
) -> None:
    stock(own, shelf, index)
    FAULTS["wrong bytes"](mirror, *stock(mirror, shelf, index))
    console = Recorder()
    pull_command(dock.facing(console), [NAME])
    last = console.warned[-1]
    assert last.startswith(f"passed over {mirror.host}: filesystem layer verification failed")
    assert last.endswith(f"; used {own.host}/app instead")
