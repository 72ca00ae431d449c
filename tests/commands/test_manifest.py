"""manifest: what a name points to, wherever it is, and what refers to it below it."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from nbdock.api import Dock
from nbdock.errors import DigestMismatch, ImageNotFound, InvalidContent, PlatformNotFound, UsageError
from nbdock.oci import media
from nbdock.server import Server
from tests.commands import claimed
from tests.commands.conftest import Recorder
from tests.parts.images import layout
from tests.parts.programs import skopeo
from tests.parts.registries import Registry
from tests.parts.storage import manifest, manifest_digest
from tests.registry.faults import Reply
from tests.registry.faults import Server as Faulty
from tests.server.parts import described, digest, index

BUSYBOX = "library/busybox"


def host(server: Server) -> str:
    return server.url.partition("//")[2]


def test_the_rows_are_index_platforms_and_layers_in_order(empty: Dock, registry: Registry, console: Recorder) -> None:
    shown = empty.manifest(f"{registry.host}/{BUSYBOX}")
    top = manifest_digest(registry, BUSYBOX, "latest")
    assert shown.digest[0] == top and shown.kind[0] == "index" and shown.depth[0] == 0 and shown.isna().parent[0]
    amd64 = manifest(registry, BUSYBOX, "latest")
    image = shown[(shown.kind == "image") & (shown.platform == "linux/amd64")].iloc[0]
    assert image.parent == top and image.depth == 1
    below = shown[shown.parent == image.digest]
    expected = [("config", amd64["config"]), *(("layer", layer) for layer in amd64["layers"])]
    assert below[["kind", "digest", "media_type", "content_bytes"]].values.tolist() == [
        [kind, each["digest"], each["mediaType"], each["size"]] for kind, each in expected
    ]
    assert set(below.depth) == {2} and set(shown.reference) == {f"{registry.host}/{BUSYBOX}:latest"}
    assert console.warned == [f"Read from {registry.host}, without a pull: {registry.host}/{BUSYBOX}:latest"]


def test_no_config_and_no_layer_is_read_and_no_manifest_twice(empty: Dock, registry: Registry) -> None:
    before = len(registry.requests())
    first = empty.manifest(f"{registry.host}/{BUSYBOX}")
    asked = registry.requests()[before:]
    assert not [each for each in asked if "/blobs/" in each]
    again = len(registry.requests())
    assert empty.manifest(f"{registry.host}/{BUSYBOX}").equals(first)
    assert not [each for each in registry.requests()[again:] if each.startswith("GET") and "/manifests/" in each]


def test_raw_is_what_skopeo_prints(empty: Dock, registry: Registry) -> None:
    for name in (BUSYBOX, "library/httpd:2.4", "library/hello-world"):
        given = f"{registry.host}/{name}"
        assert empty.manifest(given, raw=True) == skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{given}")
    one = empty.manifest(f"{registry.host}/{BUSYBOX}", raw=True, platform="linux/arm64")
    assert json.loads(one) == manifest(registry, BUSYBOX, "latest", "arm64")


def test_one_platform(empty: Dock, registry: Registry) -> None:
    shown = empty.manifest(f"{registry.host}/{BUSYBOX}", platform="linux/arm64")
    assert shown.kind.tolist()[:3] == ["index", "image", "config"] and set(shown.platform.dropna()) == {"linux/arm64"}
    with pytest.raises(PlatformNotFound):
        empty.manifest(f"{registry.host}/{BUSYBOX}", platform="windows/amd64")


def test_the_store_answers_without_its_registry(dock: Dock, console: Recorder) -> None:
    shown = dock.manifest("busybox")
    assert shown.kind[0] == "index" and not console.warned
    here = shown[shown.kind.isin(["config", "layer"])]
    assert {"linux/amd64"} == set(here.platform) and (shown.kind == "image").sum() > 1
    assert digest(dock.manifest("busybox", raw=True).encode()) == shown.digest[0]


def test_a_layout_and_its_archive_say_the_same(empty: Dock, tmp_path: Path, registry: Registry) -> None:
    folder = f"oci:{layout('busybox')}:latest"
    source, archive = f"docker://{registry.host}/{BUSYBOX}", f"oci-archive:{tmp_path}/a.tar"
    skopeo("copy", "--quiet", "--all", "--src-tls-verify=false", source, f"{archive}:b:1")
    columns = ["depth", "kind", "digest", "platform", "parent"]
    expected = empty.manifest(f"{registry.host}/{BUSYBOX}")[columns]
    assert empty.manifest(archive)[columns].equals(expected)
    assert empty.manifest(folder)[columns].equals(expected)


def test_what_refers_to_an_image_stands_below_it(empty: Dock, served: Server) -> None:
    with httpx.Client(base_url=served.url) as client:
        made = claimed.built(client)
        claimed.signed(client, made, "app")
        claimed.attached(client, made)
    shown = empty.manifest(f"{host(served)}/app:1")
    below = shown[shown.parent == made.image]
    assert sorted(below.kind) == sorted(
        ["config", "layer", "attestation", "sbom", "provenance", "signature", "attestation"]
    )
    buildkit = below[below.kind == "attestation"].iloc[0]
    assert shown[shown.parent == buildkit.digest].kind.tolist() == ["config", "sbom", "provenance"]
    assert set(below.platform) == {"linux/amd64"} and set(below.depth) == {2}


def test_names_that_are_nowhere(empty: Dock, registry: Registry) -> None:
    with pytest.raises(ImageNotFound, match="No such image") as failure:
        empty.manifest(f"{registry.host}/library/none")
    assert "was asked too" in failure.value.hint
    with pytest.raises(ImageNotFound):
        empty.manifest("busybox", local=True)
    with pytest.raises(UsageError, match="contradict"):
        empty.manifest("busybox", local=True, remote=True)


def test_text_of_a_manifest_is_harmless(empty: Dock, liar: Faulty) -> None:
    config = described(b"{}", media.OCI_CONFIG)
    evil = {"title\x1b[2J": "\u202egpj.exe"}
    made = {"schemaVersion": 2, "config": config, "layers": [], "annotations": evil}
    liar.holds(
        "app", json.dumps(made, ensure_ascii=False).replace("\\u001b", "\\u001b").encode(), media.OCI_MANIFEST, "1"
    )
    assert "\u202e" not in str(empty.manifest(f"{liar.host}/app:1").annotations[0])
    raw = empty.manifest(f"{liar.host}/app:1", raw=True)
    assert "\u202e" not in raw and json.loads(raw)["annotations"] == evil


def test_a_lie_below_an_index_is_an_error(empty: Dock, liar: Faulty) -> None:
    child = json.dumps({"schemaVersion": 2, "config": described(b"{}", media.OCI_CONFIG), "layers": []}).encode()
    liar.holds("app", index(child), media.OCI_INDEX, "1")
    headers = {"Content-Type": media.OCI_MANIFEST}
    liar.on(f"GET /v2/app/manifests/{digest(child)}", Reply(200, child.replace(b"2", b"3"), headers))
    with pytest.raises(DigestMismatch):
        empty.manifest(f"{liar.host}/app:1")


def test_what_an_index_lacks_is_left_out(empty: Dock, liar: Faulty) -> None:
    liar.holds("app", index(b"gone", b"away"), media.OCI_INDEX, "1")
    assert empty.manifest(f"{liar.host}/app:1").kind.tolist() == ["index", "image", "image"]


def test_indexes_have_an_end(empty: Dock, liar: Faulty) -> None:
    raw = json.dumps({"schemaVersion": 2, "config": described(b"{}", media.OCI_CONFIG), "layers": []}).encode()
    liar.holds("app", raw, media.OCI_MANIFEST)
    children = [described(raw, media.OCI_MANIFEST)] * 50
    for _ in range(6):
        raw = json.dumps({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": children}).encode()
        liar.holds("app", raw, media.OCI_INDEX, "1")
        children = [described(raw, media.OCI_INDEX)] * 50
    assert len(empty.manifest(f"{liar.host}/app:1")) == 6 * 50 + 2
    many = [described(b"%d" % number, media.OCI_MANIFEST) for number in range(1001)]
    wide = json.dumps({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": many}).encode()
    liar.holds("app", wide, media.OCI_INDEX, "2")
    with pytest.raises(InvalidContent, match="too many manifests"):
        empty.manifest(f"{liar.host}/app:2")
