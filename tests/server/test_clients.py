"""skopeo and nbdock as clients."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbdock.api import Dock
from nbdock.errors import NbdockError, Unauthorized
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.registry.credentials import Credential
from nbdock.server import Options, Server
from nbdock.store import Store
from tests.parts.programs import skopeo
from tests.parts.registries import BCRYPT, Registry
from tests.parts.storage import raw_manifest
from tests.parts.tokens import PASSWORD, USER
from tests.server.parts import digest, no_upstream

PLAIN = ("--src-tls-verify=false", "--dest-tls-verify=false")


@pytest.fixture
def private(store: Store, tmp_path: Path) -> Iterator[Server]:
    users = tmp_path / "htpasswd"
    users.write_text(f"{USER}:{BCRYPT}\n")
    running = Server(store, Options(port=0, writable=True, htpasswd=users), no_upstream)
    yield running
    running.stop()


@pytest.fixture
def dock(tmp_path: Path) -> Dock:
    return Dock(tmp_path / "own")


@pytest.mark.parametrize("name", ["busybox:1.35", "httpd:2.4", "hello-world:latest"])
def test_skopeo_copies_through_a_served_store_and_back_with_the_same_digests(
    registry: Registry, empty_registry: Registry, server: Server, name: str
) -> None:
    served, back = f"docker://{server.host}/team/{name}", f"docker://{empty_registry.host}/back/{name}"
    skopeo("copy", "--all", *PLAIN, f"docker://{registry.host}/library/{name}", served)
    skopeo("copy", "--all", *PLAIN, served, back)
    assert raw_manifest(empty_registry, f"back/{name.split(':')[0]}", name.split(":")[1]) == raw_manifest(
        registry, f"library/{name.split(':')[0]}", name.split(":")[1]
    )


def test_skopeo_lists_inspects_and_deletes(registry: Registry, server: Server, store: Store) -> None:
    name = f"docker://{server.host}/team/busybox"
    for tag in ("1", "2"):
        skopeo("copy", "--all", *PLAIN, f"docker://{registry.host}/library/busybox", f"{name}:{tag}")
    assert json.loads(skopeo("list-tags", "--tls-verify=false", name))["Tags"] == ["1", "2"]
    found = json.loads(skopeo("inspect", "--tls-verify=false", f"{name}:1"))
    assert found["Architecture"] == Platform.host().architecture
    skopeo("delete", "--tls-verify=false", f"{name}:1")
    assert not [found for found in store.names() if found.reference and found.reference.tag]


def test_skopeo_logs_in(registry: Registry, private: Server) -> None:
    copied = f"docker://{registry.host}/library/hello-world", f"docker://{private.host}/hello"
    with pytest.raises(AssertionError, match="authentication required"):
        skopeo("copy", *PLAIN, *copied)
    skopeo("copy", *PLAIN, "--dest-creds", f"{USER}:{PASSWORD}", *copied)


def test_nbdock_pulls_from_a_served_store_and_pushes_to_it(
    registry: Registry, server: Server, store: Store, dock: Dock
) -> None:
    name = f"{server.host}/team/httpd"
    skopeo("copy", *PLAIN, f"docker://{registry.host}/library/httpd:2.4", f"docker://{name}:1")
    dock.pull(f"{name}:1")
    dock.tag(f"{name}:1", f"{name}:2")
    assert set(dock.push(f"{name}:2").state) == {"Layer already exists"}
    dock.tag(f"{name}:1", f"{server.host}/other/httpd")
    assert set(dock.push(f"{server.host}/other/httpd").state) == {"Mounted from"}
    assert list(dock.tags(name).tag) == ["2", "1"]
    pushed = store.resolve(Reference.parse(f"{server.host}/other/httpd:latest"))
    assert str(pushed.digest) == digest(raw_manifest(registry, "library/httpd", "2.4"))


def test_nbdock_uploads_a_layer_that_is_in_no_repository(registry: Registry, server: Server, dock: Dock) -> None:
    dock.pull("hello-world")
    dock.tag("hello-world", f"{server.host}/hello")
    assert set(dock.push(f"{server.host}/hello").state) == {"Pushed"}


def test_nbdock_logs_in(registry: Registry, private: Server, dock: Dock) -> None:
    dock.pull("hello-world")
    dock.tag("hello-world", f"{private.host}/hello")
    with pytest.raises(Unauthorized):
        dock.push(f"{private.host}/hello", quiet=True)
    dock.registry.credentials.store(private.host, Credential(USER, PASSWORD), session=True)
    dock.push(f"{private.host}/hello", quiet=True)
    assert list(dock.tags(f"{private.host}/hello").tag) == ["latest"]


def test_nbdock_reports_that_a_served_store_is_read_only(registry: Registry, store: Store, dock: Dock) -> None:
    server = Server(store, Options(port=0), no_upstream)
    dock.pull("hello-world")
    dock.tag("hello-world", f"{server.host}/hello")
    with pytest.raises(NbdockError, match="read-only"):
        dock.push(f"{server.host}/hello", quiet=True)
    server.stop()
