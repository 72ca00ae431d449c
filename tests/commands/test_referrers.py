"""referrers: what refers to an image, as registries, tags and indexes tell it, and what it claims."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from nbdock.api import Dock
from nbdock.errors import ImageNotFound, InvalidContent, NotFound, PlatformNotFound, RegistryError, UsageError
from nbdock.oci import media
from nbdock.server import Options, Server
from tests.commands import claimed
from tests.commands.claimed import Made
from tests.commands.conftest import Recorder
from tests.parts import claims
from tests.parts.registries import Registry
from tests.parts.storage import blob
from tests.registry.faults import Reply
from tests.registry.faults import Server as Faulty
from tests.server.parts import described, digest, index, no_upstream, put_manifest

ALL = ["attestation", "provenance", "provenance", "sbom", "sbom", "signature"]


def filled(url: str) -> Made:
    """`app:1` with everything that refers to it; a registry without lists of referrers gets the tag."""
    host = url.partition("//")[2]
    with httpx.Client(base_url=url) as client:
        made = claimed.built(client)
        claimed.signed(client, made, f"{host}/app")
        pushed = claimed.attached(client, made)
        if client.get(f"/v2/app/referrers/{made.image}").status_code == 404:
            put_manifest(client, "app", made.tag, index(*pushed))
    return made


def test_a_registry_lists_them(empty: Dock, served: Server) -> None:
    made = filled(served.url)
    shown = empty.referrers(f"{served.url.partition('//')[2]}/app:1")
    assert sorted(shown.kind) == ALL
    assert set(shown.subject) == {made.image} and set(shown.platform) == {"linux/amd64"}


def test_where_none_does_tags_point_to_them(empty: Dock, empty_registry: Registry, served: Server) -> None:
    made = filled(empty_registry.url)
    filled(served.url)
    shown = empty.referrers(f"{empty_registry.host}/app:1")
    other = empty.referrers(f"{served.url.partition('//')[2]}/app:1")
    assert sorted(shown.kind) == ALL and set(shown.subject) == {made.image}
    assert sorted(shown.digest[shown.kind != "signature"]) == sorted(other.digest[other.kind != "signature"])


def test_a_signature_is_what_it_says_and_nothing_more(empty: Dock, empty_registry: Registry) -> None:
    made = filled(empty_registry.url)
    shown = empty.referrers(f"{empty_registry.host}/app:1")
    signature = shown[shown.kind == "signature"].iloc[0]
    assert signature.claim == f"signature (not checked) of {made.image} as {empty_registry.host}/app"
    assert "verified" not in shown.to_string().lower()
    assert signature.annotations == {"dev.cosignproject.cosign/signature": "MEQCIA=="}


def test_types_times_and_sizes(empty: Dock, empty_registry: Registry) -> None:
    filled(empty_registry.url)
    shown = empty.referrers(f"{empty_registry.host}/app:1").set_index("artifact_type")
    sbom = shown.loc["application/vnd.cyclonedx+json"]
    assert (sbom.kind, sbom.created.isoformat()) == ("sbom", "2024-03-08T18:18:20+00:00")
    assert sbom.content_bytes == len(blob(empty_registry, sbom.blob))
    assert shown.loc[claims.BUNDLE].claim == claims.SLSA_1


def test_packages_of_every_kind_of_sbom(empty: Dock, empty_registry: Registry) -> None:
    made = filled(empty_registry.url)
    shown = empty.referrers(f"{empty_registry.host}/app:1", packages=True)
    spdx = shown[shown.claimed_by == "SPDX-2.3 by syft-1.4.1"]
    assert spdx[["name", "version", "ecosystem", "license"]].astype(object).where(
        spdx.notna(), None
    ).values.tolist() == [
        ["zlib1g", "1:1.2.13", "deb", "Zlib"],
        ["own", None, None, None],
    ]
    cyclonedx = shown[shown.claimed_by == "CycloneDX-1.5 by trivy-0.50"]
    names = ["org.slf4j:slf4j-api", "inner"]
    assert cyclonedx.name.tolist() == names * 2 and cyclonedx.blob.nunique() == 2  # plain, and in cosign's envelope
    assert cyclonedx.license.iloc[0] == "MIT AND (Apache-2.0 OR BSD-3-Clause)"
    assert set(shown.subject) == {made.image}


def test_our_own_bill_is_read_again(dock: Dock, empty_registry: Registry) -> None:
    for format, kind in (("spdx", "application/spdx+json"), ("cyclonedx", "application/vnd.cyclonedx+json")):
        written = dock.packages("python:3.12", format=format)
        with httpx.Client(base_url=empty_registry.url) as client:
            made = claimed.built(client, format)
            subject = {"mediaType": media.OCI_MANIFEST, "digest": made.image, "size": 1}
            sbom = claimed.artifact(
                client, format, "", (written.encode(), kind, {}), artifactType=kind, subject=subject
            )
            put_manifest(client, format, made.tag, index(sbom))
        shown = dock.referrers(f"{empty_registry.host}/{format}:1", packages=True)
        own = dock.packages("python:3.12").query("not deleted")
        assert set(own.purl) <= set(shown.purl) and set(own.ecosystem) <= set(shown.ecosystem.dropna())


def test_provenance_is_facts(empty: Dock, empty_registry: Registry) -> None:
    filled(empty_registry.url)
    shown = empty.referrers(f"{empty_registry.host}/app:1", provenance=True)
    facts: dict[str, dict[str, str]] = {}
    for _, group in shown.groupby("blob"):
        found = dict(zip(group.fact, group.value, strict=True))
        facts[found["format"]] = found
    assert facts["SLSA v0.2"] == {
        "format": "SLSA v0.2",
        "builder": "https://builder.example/runs/7",
        "build_type": "https://mobyproject.org/buildkit@v1",
        "source": "https://git.example/app.git",
        "revision": "4b22" * 10,
        "started": "2023-01-01T10:00:00Z",
        "finished": "2023-01-01T10:01:00Z",
        "invocation": "rpv7a389",
        "dependency": f"pkg:docker/alpine@3.17?platform=linux%2Famd64@sha256:{'89' * 32}",
        "parameter.frontend": "dockerfile.v0",
        "parameter.args.build-arg:FOO": "bar",
        "parameter.args.target": "release",
        "entry_point": "Dockerfile",
        "environment.platform": "linux/amd64",
    }
    newer = facts["SLSA v1"]
    assert (newer["source"], newer["revision"]) == ("https://git.example/app", "8c1a" * 10)
    assert (newer["builder"], newer["invocation"]) == ("https://builder.example/hosted", "run-1")
    assert (newer["started"], newer["parameter.workflow.path"]) == ("2024-02-01T10:00:00Z", "build.yml")


def test_one_of_them_as_it_is(empty: Dock, empty_registry: Registry) -> None:
    filled(empty_registry.url)
    name = f"{empty_registry.host}/app:1"
    shown = empty.referrers(name)
    for found in (shown.blob[0], shown.digest[0]):
        assert empty.referrers(name, raw=found) == blob(empty_registry, found).decode()
    assert empty.referrers(name, raw=shown.blob[0][:20]) == empty.referrers(name, raw=shown.blob[0])
    with pytest.raises(NotFound, match="nothing with the digest"):
        empty.referrers(name, raw="sha256:" + "0" * 64)
    with pytest.raises(UsageError, match="different questions"):
        empty.referrers(name, raw=shown.blob[0], packages=True)


def test_one_platform(empty: Dock, empty_registry: Registry) -> None:
    filled(empty_registry.url)
    name = f"{empty_registry.host}/app:1"
    assert sorted(empty.referrers(name, platform="linux/amd64").kind) == ALL
    with pytest.raises(PlatformNotFound):
        empty.referrers(name, platform="linux/arm64")


def test_the_store_alone(empty: Dock, console: Recorder) -> None:
    """Artifacts that were pushed to the served store refer to its images."""
    store = empty.store
    server = Server(store, Options(port=0, writable=True), no_upstream)
    try:
        made = filled(server.url)
        name = f"{server.url.partition('//')[2]}/app:1"
    finally:
        server.stop()
    shown = empty.referrers(name, local=True)
    assert {"sbom", "provenance"} <= set(shown.kind) and set(shown.subject) == {made.image}
    assert not console.warned
    assert empty.referrers(f"store:{name}").equals(shown)


def test_an_id_is_asked_for_at_its_registry(empty: Dock, empty_registry: Registry) -> None:
    filled(empty_registry.url)
    pulled = empty.pull(f"{empty_registry.host}/app:1")
    assert sorted(empty.referrers(pulled.image_id[0]).kind) == ALL
    with pytest.raises(ImageNotFound):
        empty.referrers("sha256:" + "0" * 64)


# What lies


def relist(liar: Faulty, pages: list[list[dict[str, Any]]], tags: list[str] | None = None) -> str:
    """An image of which a registry lists these referrers, page by page; its digest."""
    made = {"schemaVersion": 2, "config": described(b"{}", media.OCI_CONFIG), "layers": []}
    image = liar.holds("app", json.dumps(made).encode(), media.OCI_MANIFEST, "1")
    path = f"/v2/app/referrers/{image.digest}"
    replies = [
        Reply(
            200,
            json.dumps({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": page}).encode(),
            {"Link": f"<{path}?n={number + 1}>; rel=next"} if number + 1 < len(pages) else {},
        )
        for number, page in enumerate(pages)
    ]
    liar.on(f"GET {path}", *replies)
    liar.on("GET /v2/app/tags/list", Reply(200, json.dumps({"tags": tags or ["1"]}).encode()))
    return str(image.digest)


def referrer(liar: Faulty, subject: str, content: bytes, kind: str) -> dict[str, Any]:
    """Hold an artifact about a subject; its descriptor."""
    layer = liar.holds("app", content, kind)
    config = liar.holds("app", b"{}", media.OCI_EMPTY)
    about = {"mediaType": media.OCI_MANIFEST, "digest": subject, "size": 1}
    made = {"schemaVersion": 2, "config": config.json(), "layers": [layer.json()], "subject": about}
    held = liar.holds("app", json.dumps({**made, "artifactType": kind}).encode(), media.OCI_MANIFEST)
    return held.json()


def test_lists_come_in_pages(empty: Dock, liar: Faulty) -> None:
    subject = relist(liar, [[]])
    found = [referrer(liar, subject, b"%d" % number, "application/spdx+json") for number in range(3)]
    relist(liar, [[found[0]], [found[1]], [found[2]]])
    assert empty.referrers(f"{liar.host}/app:1").digest.tolist() == [each["digest"] for each in found]


def test_what_refers_to_something_else_is_left_out_and_said(empty: Dock, liar: Faulty, console: Recorder) -> None:
    subject = relist(liar, [[]])
    own = referrer(liar, subject, b"own", "application/spdx+json")
    alien = referrer(liar, digest(b"another"), b"alien", "application/spdx+json")
    gone = {**described(b"gone", media.OCI_MANIFEST), "digest": digest(b"nowhere")}
    relist(liar, [[alien, gone, described(b"x"), own]])
    assert empty.referrers(f"{liar.host}/app:1").digest.tolist() == [own["digest"]]
    assert sum("left out" in each for each in console.warned) == 3


@pytest.mark.parametrize(
    "content",
    [
        b"not JSON",
        b"[]",
        b'{"spdxVersion": 7}',
        b'{"spdxVersion": "SPDX-2.3", "packages": [{"name": {}}]}',
        b'{"payload": "*", "payloadType": "x"}',
        b'{"predicateType": "https://spdx.dev/Document", "predicate": "text"}',
        b'{"spdxVersion": "SPDX-2.3", "packages": [' + b"{}," * 600_000 + b"{}]}",
    ],
)
def test_a_broken_sbom_is_said_and_the_others_are_read(
    content: bytes, empty: Dock, liar: Faulty, console: Recorder
) -> None:
    subject = relist(liar, [[]])
    good = json.dumps(claims.SPDX).encode()
    found = [referrer(liar, subject, each, "application/spdx+json") for each in (content, good)]
    relist(liar, [found])
    assert set(empty.referrers(f"{liar.host}/app:1", packages=True).name) == {"zlib1g", "own"}
    assert any(f"cannot read {digest(content)}" in each for each in console.warned)


def test_a_claim_about_something_else_is_said(empty: Dock, liar: Faulty, console: Recorder) -> None:
    subject = relist(liar, [[]])
    content = claims.statement(digest(b"another"), claims.SPDX_TYPE, claims.SPDX)
    relist(liar, [[referrer(liar, subject, content, claims.IN_TOTO)]])
    empty.referrers(f"{liar.host}/app:1", packages=True)
    assert any("about something else" in each for each in console.warned)


def test_what_is_larger_than_it_may_be_is_not_read(empty: Dock, liar: Faulty, console: Recorder) -> None:
    subject = relist(liar, [[]])
    made = referrer(liar, subject, b"x", "application/spdx+json")
    raw = json.loads(liar.reply(f"GET /v2/app/manifests/{made['digest']}").body)
    raw["layers"][0]["size"] = 1 << 40
    held = liar.holds("app", json.dumps(raw).encode(), media.OCI_MANIFEST)
    relist(liar, [[held.json()]])
    with pytest.raises(InvalidContent, match="more than"):
        empty.referrers(f"{liar.host}/app:1", packages=True)
    assert not liar.asked("GET", f"/v2/app/blobs/{raw['layers'][0]['digest']}")


def test_text_is_harmless(empty: Dock, liar: Faulty) -> None:
    subject = relist(liar, [[]])
    evil = "\x1b[2J\u202e"
    sbom = {**claims.SPDX, "packages": [{"name": f"a{evil}", "versionInfo": evil}]}
    signature = claims.payload(subject, f"app{evil}")
    notes = {**claims.PROVENANCE_02, "builder": {"id": evil}}
    found = [
        referrer(liar, subject, json.dumps(sbom).encode(), "application/spdx+json"),
        referrer(liar, subject, signature, claims.PAYLOAD),
        referrer(liar, subject, claims.statement(subject, claims.SLSA_02, notes), claims.IN_TOTO),
    ]
    relist(liar, [found])
    name = f"{liar.host}/app:1"
    for flags in ({}, {"packages": True}, {"provenance": True}):
        shown = empty.referrers(name, **flags)  # type: ignore[call-overload]
        assert len(shown) and "\x1b" not in shown.to_csv() and "\u202e" not in shown.to_csv()


def test_a_registry_that_does_not_tell_is_not_one_that_has_none(empty: Dock, liar: Faulty, console: Recorder) -> None:
    subject = relist(liar, [[]])
    liar.on(f"GET /v2/app/referrers/{subject}", Reply(403, b"{}"))
    with pytest.raises(RegistryError):
        empty.referrers(f"{liar.host}/app:1")
    assert empty.manifest(f"{liar.host}/app:1").kind.tolist() == ["image", "config"]
    assert any("is not known" in each for each in console.warned)
