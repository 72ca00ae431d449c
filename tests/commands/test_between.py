"""copy from registry to registry: what moves, what does not, and what refers to an image."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from nbdock.api import Dock
from nbdock.dock.find import Wanted, located
from nbdock.dock.transfer import anywhere
from nbdock.errors import IntegrityError, RegistryError, UsageError
from nbdock.oci import media
from nbdock.registry.credentials import Credential
from nbdock.server import Options, Server
from nbdock.store import Store
from nbdock.task import Task
from tests.commands.conftest import Recorder
from tests.parts import registries
from tests.parts.images import push as fill
from tests.parts.programs import skopeo
from tests.parts.registries import Registry
from tests.parts.storage import blob, blobs, manifest, manifest_digest
from tests.parts.tokens import PASSWORD, USER
from tests.registry.conftest import Impatient
from tests.registry.faults import Reply
from tests.registry.faults import Server as Faulty
from tests.registry.relay import relay
from tests.server.parts import described, digest, index, no_upstream, push, put_manifest

SBOM, SIGNATURE = "application/spdx+json", "application/vnd.example.signature"


@pytest.fixture
def empty(tmp_path: Path, console: Recorder, registry: Registry) -> Dock:
    """A dock with nothing in its store."""
    return Dock(tmp_path / "empty", console=console)


@pytest.fixture
def source(registry: Registry) -> str:
    return f"docker://{registry.host}/library/httpd:2.4"


@pytest.fixture
def busybox(registry: Registry) -> str:
    """An image for several platforms."""
    return f"docker://{registry.host}/library/busybox"


def asked(registry: Registry, what: str, since: int = 0) -> list[str]:
    """The requests that begin so, after the first `since`."""
    return [each for each in registry.requests()[since:] if each.startswith(what)]


def inspected(name: str) -> dict[str, Any]:
    return json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{name}"))


def is_stored(dock: Dock) -> bool:
    """Whether there is any content in the store."""
    return any(each.is_file() for each in dock.settings.store.glob("blobs/**/*"))


# What moves


def test_layers_stream_and_none_is_stored(
    source: str, empty_registry: Registry, empty: Dock, registry: Registry
) -> None:
    to = f"{empty_registry.host}/team/web:1"
    copied = empty.copy(source, f"docker://{to}")
    assert set(copied.state) == {"Pushed"} and set(copied.reference) == {to}
    assert inspected(to)["Digest"] == manifest_digest(registry, "library/httpd", "2.4")
    assert not is_stored(empty) and empty.ls().empty


def test_what_is_there_is_not_read(source: str, empty_registry: Registry, empty: Dock, registry: Registry) -> None:
    to = f"docker://{empty_registry.host}/web"
    empty.copy(source, f"{to}:1")
    before = len(registry.requests())
    copied = empty.copy(source, f"{to}:2")
    layers = {layer["digest"] for layer in manifest(registry, "library/httpd", "2.4")["layers"]}
    assert set(copied.state) == {"Layer already exists"} and len(layers) == len(copied)
    assert not any(each.endswith(tuple(layers)) for each in asked(registry, "GET", before))


def test_within_a_registry_blobs_are_mounted(empty_registry: Registry, empty: Dock) -> None:
    fill("httpd", empty_registry, "one")
    before = len(empty_registry.requests())
    copied = empty.copy(f"docker://{empty_registry.host}/one:2.4", f"docker://{empty_registry.host}/two:2.4")
    assert set(copied.state) == {"Mounted from"}
    assert manifest_digest(empty_registry, "two", "2.4") == manifest_digest(empty_registry, "one", "2.4")
    config = manifest(empty_registry, "one", "2.4")["config"]["digest"]
    mounts = asked(empty_registry, "POST", before)
    assert len(mounts) == len(copied) + 1 and all("mount=" in each and "from=one" in each for each in mounts)
    assert not asked(empty_registry, "PATCH", before)
    assert not [each for each in asked(empty_registry, "PUT", before) if "/blobs/" in each]
    assert {each.rpartition("/")[2] for each in asked(empty_registry, "GET /v2/one/blobs", before)} == {config}


def test_all_platforms_or_one(busybox: str, empty_registry: Registry, empty: Dock, registry: Registry) -> None:
    to = f"docker://{empty_registry.host}"
    assert empty.copy(busybox, f"{to}/every:1", all=True).image_id.nunique() == 2
    empty.copy(busybox, f"{to}/one:1", platform="linux/arm64")
    assert manifest_digest(empty_registry, "every", "1") == manifest_digest(registry, "library/busybox", "latest")
    assert inspected(f"{empty_registry.host}/one:1")["Architecture"] == "arm64"


def test_each_registry_gets_its_own_log_in(
    source: str, token_registry: Registry, empty: Dock, registry: Registry
) -> None:
    empty.registry.credentials.store(token_registry.host, Credential(USER, PASSWORD), session=True)
    to = f"docker://{token_registry.host}/private/copied:1"
    assert set(empty.copy(source, to).state) == {"Pushed"}
    again = empty.copy(to, f"docker://{token_registry.host}/private/again:1")
    assert set(again.state) == {"Mounted from"}
    assert manifest_digest(token_registry, "private/again", "1") == manifest_digest(registry, "library/httpd", "2.4")


def test_a_registry_that_takes_nothing_says_so(source: str, readonly_registry: Registry, empty: Dock) -> None:
    with pytest.raises(RegistryError, match="405") as failure:
        empty.copy(source, f"docker://{readonly_registry.host}/web:1")
    assert "read-only" in failure.value.hint


# What breaks


def test_a_broken_stream_is_resumed(source: str, empty_registry: Registry, empty: Dock, registry: Registry) -> None:
    task = Impatient()
    to = located(f"docker://{empty_registry.host}/web:1")
    assert to
    with relay(registry.host, [60_000, 120_000]) as line:
        name = source.replace(registry.host, line.host)
        anywhere.copy(empty, Wanted.of(name), to, None, False, task)
    assert task.slept
    assert manifest_digest(empty_registry, "web", "1") == manifest_digest(registry, "library/httpd", "2.4")


def held(server: Faulty) -> str:
    """An image of one layer, `app:1`; the layer's path."""
    layer = server.holds("app", b"layer" * 1000)
    config = server.holds("app", b"{}", media.OCI_EMPTY)
    content = {"schemaVersion": 2, "config": config.json(), "layers": [layer.json()]}
    server.holds("app", json.dumps(content).encode(), media.OCI_MANIFEST, "1")
    return f"/v2/app/blobs/{layer.digest}"


@pytest.mark.parametrize("wrong", [b"other" * 1000, b"layer" * 999, b"layer" * 1001])
def test_a_source_that_lies_leaves_no_tag(
    wrong: bytes, liar: Faulty, empty_registry: Registry, empty: Dock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Task, "sleep", lambda _task, _seconds: None)
    liar.on(f"GET {held(liar)}", Reply(200, wrong, {"Content-Length": ""} if len(wrong) < 5000 else {}))
    with pytest.raises((IntegrityError, RegistryError)):
        empty.copy(f"docker://{liar.host}/app:1", f"docker://{empty_registry.host}/app:1", all=True)
    assert httpx.get(f"{empty_registry.url}/v2/app/tags/list").status_code == 404
    assert digest(wrong) not in blobs(empty_registry)


def test_what_the_source_refuses_is_not_asked_again_and_again(
    liar: Faulty, empty_registry: Registry, empty: Dock
) -> None:
    path = held(liar)
    liar.on(f"GET {path}", Reply(503))
    given, to = located(f"docker://{empty_registry.host}/app:1"), f"docker://{liar.host}/app:1"
    assert given
    with pytest.raises(RegistryError, match="503"):
        anywhere.copy(empty, Wanted.of(to), given, None, True, Impatient())
    assert len(liar.asked("GET", path)) == 5


# What refers to it


@pytest.fixture
def signed(empty_registry: Registry) -> Registry:
    """An open registry with `app:1`, which has an SBOM, which has a signature, and a signature by cosign."""
    fill("hello-world", empty_registry, "app")
    with httpx.Client(base_url=empty_registry.url) as client:
        subject = top(empty_registry)
        sbom = push(client, "app", "", b"sbom", subject=described(subject, media.OCI_MANIFEST), artifactType=SBOM)
        signature = push(
            client, "app", "", b"by me", subject=described(sbom, media.OCI_MANIFEST), artifactType=SIGNATURE
        )
        for each, referrer in ((subject, sbom), (sbom, signature)):
            put_manifest(client, "app", tag_of(each), index(referrer))
        push(client, "app", f"{tag_of(subject)}.sig", b"cosign's")
    return empty_registry


def top(registry: Registry) -> bytes:
    return blob(registry, manifest_digest(registry, "app", "latest"))


def tag_of(subject: bytes) -> str:
    return digest(subject).replace(":", "-")


@pytest.fixture
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with registries.open_registry(tmp_path_factory.mktemp("other")) as running:
        yield running


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Server]:
    """The store as a registry, which lists referrers."""
    running = Server(Store(tmp_path / "served"), Options(port=0, writable=True), no_upstream)
    yield running
    running.stop()


def test_referrers_come_where_they_are_asked_for(signed: Registry, other: Registry, empty: Dock) -> None:
    source, to = f"docker://{signed.host}/app", f"docker://{other.host}/copied:1"
    assert set(empty.copy(source, to).kind) == {"image"}
    copied = empty.copy(source, to, referrers=True)
    assert copied.kind.tolist() == ["image", SBOM, "text/plain", SIGNATURE]
    tag = tag_of(top(signed))
    assert copied.reference[2] == f"{other.host}/copied:{tag}.sig"
    assert manifest_digest(other, "copied", f"{tag}.sig") == manifest_digest(signed, "app", f"{tag}.sig")


def test_where_nothing_lists_referrers_tags_point_to_them(signed: Registry, other: Registry, empty: Dock) -> None:
    copied = empty.copy(f"docker://{signed.host}/app", f"docker://{other.host}/app", referrers=True)
    sbom = copied.reference[copied.kind == SBOM].item().partition("@")[2]
    listed = json.loads(blob(other, manifest_digest(other, "app", tag_of(top(signed)))))
    assert [(each["digest"], each["artifactType"]) for each in listed["manifests"]] == [(sbom, SBOM)]
    assert manifest_digest(other, "app", sbom.replace(":", "-"))


def test_the_referrers_that_are_there_stay(signed: Registry, other: Registry, empty: Dock) -> None:
    subject = top(signed)
    with httpx.Client(base_url=other.url) as client:
        own = push(client, "app", "", b"own", subject=described(subject, media.OCI_MANIFEST), artifactType="own")
        put_manifest(client, "app", tag_of(subject), index(own))
    for _ in range(2):
        empty.copy(f"docker://{signed.host}/app", f"docker://{other.host}/app", referrers=True)
    listed = json.loads(blob(other, manifest_digest(other, "app", tag_of(subject))))["manifests"]
    assert listed[0]["digest"] == digest(own) and len(listed) == 2


def test_a_registry_lists_its_referrers_itself(signed: Registry, other: Registry, served: Server, empty: Dock) -> None:
    middle = f"docker://{served.url.partition('//')[2]}/app"
    there = empty.copy(f"docker://{signed.host}/app", middle, referrers=True)
    listed = httpx.get(f"{served.url}/v2/app/referrers/{digest(top(signed))}").json()["manifests"]
    assert [each["artifactType"] for each in listed] == [SBOM]
    assert not [tag for tag in empty.tags(middle.partition("//")[2]).tag if tag == tag_of(top(signed))]
    back = empty.copy(middle, f"docker://{other.host}/app", referrers=True)
    assert back.kind.tolist() == there.kind.tolist()
    assert manifest_digest(other, "app", tag_of(top(signed)))


def test_what_is_listed_wrongly_is_left_out_and_said(
    signed: Registry, other: Registry, empty: Dock, console: Recorder
) -> None:
    with httpx.Client(base_url=signed.url) as client:
        alien = push(client, "app", "", b"of something else")
    gone = {**described(b"gone", media.OCI_MANIFEST), "digest": digest(b"nowhere")}
    listed = [described(alien, media.OCI_MANIFEST), gone, described(b"x")]
    with Faulty() as liar:
        relist(liar, signed, listed)
        copied = empty.copy(f"docker://{liar.host}/app:latest", f"docker://{other.host}/app:1", referrers=True)
    assert set(copied.kind) == {"image"} and len(console.warned) == 3
    assert all("left out" in each for each in console.warned)


def relist(liar: Faulty, registry: Registry, listed: list[dict[str, Any]]) -> None:
    """Have the image of the registry and the first of these referrers, and list all of them."""
    subject = top(registry)
    parsed = json.loads(subject)
    liar.holds("app", subject, parsed.get("mediaType", media.OCI_MANIFEST), "latest")
    for each in (parsed["config"], *parsed["layers"], listed[0]):
        liar.holds("app", blob(registry, each["digest"]), each["mediaType"])
    made = {"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": listed}
    liar.on(f"GET /v2/app/referrers/{digest(subject)}", Reply(200, json.dumps(made).encode()))
    liar.on("GET /v2/app/tags/list", Reply(200, b'{"tags": ["latest"]}'))


def test_referrers_are_for_registries(dock: Dock, tmp_path: Path) -> None:
    for given in (("httpd:2.4", "docker://example.com/app"), ("docker://example.com/app", f"oci:{tmp_path}/app")):
        with pytest.raises(UsageError, match="from one registry to another"):
            dock.copy(*given, referrers=True)
