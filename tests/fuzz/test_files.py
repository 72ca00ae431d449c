"""The files that a store, docker and podman leave behind, and that anyone may have written."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbdock.dock import containers
from nbdock.dock.dock import Dock
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.registry.credentials import Credential, Credentials
from nbdock.registry.hosts import Hosts
from nbdock.server.users import Users
from nbdock.store import Store, index
from nbdock.store.catalog import StoredImage
from nbdock.store.facts import Facts
from nbdock.store.summary import Summaries, _check
from tests.fuzz.strategies import changed, documents, of_words, own_errors, spliced, texts
from tests.fuzz.test_oci import DESCRIPTOR, HEX

DIGEST = f"sha256:{HEX}"
ENTRY = {**DESCRIPTOR, "annotations": {"org.opencontainers.image.ref.name": "docker.io/library/httpd:latest"}}
OTHERS = {**DESCRIPTOR, "annotations": {"io.containerd.image.name": "x", "org.opencontainers.image.ref.name": "1.0"}}
OWN = {**ENTRY["annotations"], "dev.nbdock.image": json.dumps(DESCRIPTOR), "dev.nbdock.pulled": "2015-10-31T22:22:56Z"}
LAYOUT = {"schemaVersion": 2, "manifests": [ENTRY, OTHERS, {**ENTRY, "annotations": OWN}]}
LINES = b'{"schemaVersion":2,"manifests":[\n%s,\n%s\n]}' % (json.dumps(ENTRY).encode(), json.dumps(OTHERS).encode())
FACTS = f"\n3 700 10240 {DIGEST} {DIGEST}".encode()
SUMMARY = [
    ["application/json", DIGEST, 7, 0],
    ["application/json", DIGEST, 7, 0],
    [["application/json", DIGEST, 7, DIGEST]],
    "2015-10-31T22:22:56+00:00",
    ["linux", "arm64", "v8"],
    "",
    ["80/tcp"],
    {"a": "b"},
    7,
]
CONTAINER = {
    "id": HEX,
    "name": "brave_crane",
    "image": "httpd",
    "image_id": DIGEST,
    "command": ["httpd"],
    "created": "2015-10-31T22:22:56+00:00",
    "labels": {"a": "b"},
}
AUTH = {"auth": base64.b64encode(b"user:password").decode(), "identitytoken": "x", "registrytoken": "y"}
LOGINS = {
    "auths": {"localhost:5000": AUTH, "https://index.docker.io/v1/": AUTH, "localhost:5000/team": AUTH},
    "credHelpers": {"gcr.io": "none"},
    "credsStore": "none",
}
REGISTRIES = b"""
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "*.example.com/team"
location = "127.0.0.1:5000/team"
insecure = true
blocked = false
mirror-by-digest-only = true
[[registry.mirror]]
location = "localhost:5001"
pull-from-mirror = "digest-only"
"""
USERS = b"user:$2y$05$" + b"a" * 53 + b"\n# nobody\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "_BETWEEN_READS", 0)
        yield tmp_path_factory.mktemp("fuzz")


@given(documents(LAYOUT) | spliced(LINES))
def test_the_index_of_a_layout(folder: Path, raw: bytes) -> None:
    (folder / "index.json").write_bytes(raw)
    with own_errors():
        store = Store(folder)
        for name in store.names():
            store.resolve(name.reference) if name.reference else None
        store.images()
        assert isinstance(store.problems, tuple)


@given(spliced(FACTS, FACTS * 2))
def test_facts_of_layers(folder: Path, raw: bytes) -> None:
    (folder / "nbdock/v1").mkdir(parents=True, exist_ok=True)
    (folder / "nbdock/v1/layers").write_bytes(raw)
    with own_errors():
        Facts(folder, Store(folder)._blobs).known(Digest.parse(DIGEST))


@given(changed(SUMMARY))
def test_summaries_of_images(folder: Path, value: object) -> None:
    text = json.dumps(value).encode()
    (folder / "nbdock/v1").mkdir(parents=True, exist_ok=True)
    (folder / "nbdock/v1/images").write_bytes(b"\n%s %s" % (_check(text), text))
    store = Store(folder)
    for summary in Summaries(folder, store)._kept.values():
        with own_errors():
            image = StoredImage(store, Descriptor.read(DESCRIPTOR), summary, (), lambda *_: None)
            _ = (image.created, image.platform, image.exposed_ports, image.layers, image.compressed_size, image.size)
            "".join([image.user, str(image.platform), *image.exposed_ports, *image.labels, *image.labels.values()])


@given(documents({"records": [CONTAINER, CONTAINER]}))
def test_records_of_containers(folder: Path, raw: bytes) -> None:
    (folder / "containers.json").write_bytes(raw)
    with own_errors():
        containers.containers(Dock(store=folder))


@given(documents(LOGINS), texts)
def test_logins(folder: Path, raw: bytes, host: str) -> None:
    (folder / "config.json").write_bytes(raw)
    known = Credentials(folder / "config.json", auth_config=raw.decode(errors="surrogateescape"))
    for wanted in (host, "localhost:5000", "gcr.io", "docker.io"):
        with own_errors():
            found = known.find(wanted, "team/app")
            assert not found or Credential.read(found.json()).username == found.username
            found.basic.encode("ascii") if found else None
        "".join(known.problems()).encode()
    known.delete("localhost:5000")
    with own_errors():
        known.store(host, Credential("user", "password"))


@given(
    spliced(REGISTRIES)
    | of_words(*REGISTRIES.decode().split("\n"), "\n").map(lambda text: text.encode(errors="replace"))
)
def test_registries_conf(folder: Path, raw: bytes) -> None:
    (folder / "registries.conf").write_bytes(raw)
    with own_errors():
        hosts = Hosts.load([folder / "registries.conf"])
        hosts.endpoints(Reference.parse("a.example.com/team/app"))


@given(
    st.builds(
        lambda place, more: {"registry": [{"location": place, "prefix": "x.io", "mirror": [{"location": more}]}]},
        texts,
        texts,
    )
)
def test_locations(folder: Path, source: dict[str, object]) -> None:
    from nbdock.registry.hosts import _rules

    with own_errors():
        hosts = Hosts(_rules(folder, source))
        hosts.endpoints(Reference.parse("x.io/app"))


@given(spliced(USERS))
def test_users(folder: Path, raw: bytes) -> None:
    (folder / "users").write_bytes(raw)
    with own_errors():
        Users.read(folder / "users").close()
