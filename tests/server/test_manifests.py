"""OCI distribution spec: "Pulling manifests", "Pushing manifests", "Deleting manifests"."""

from __future__ import annotations

import json

import httpx
import pytest

from nbdock.oci import media
from nbdock.store import Store
from tests.server.parts import described, digest, error, index, manifest, push, push_blob, put_manifest

REPOSITORY = "team/app"


def test_a_manifest_is_pulled_byte_for_byte_by_tag_and_by_digest(client: httpx.Client) -> None:
    pushed = push(client, REPOSITORY, "1.0", b"layer")
    for reference in ("1.0", digest(pushed)):
        response = client.get(f"/v2/{REPOSITORY}/manifests/{reference}")
        assert (response.status_code, response.content) == (200, pushed)
        assert response.headers["Content-Type"] == media.OCI_MANIFEST
        assert response.headers["Docker-Content-Digest"] == digest(pushed)


def test_head_has_the_headers_of_get(client: httpx.Client) -> None:
    push(client, REPOSITORY, "1.0", b"layer")
    head, whole = (ask(f"/v2/{REPOSITORY}/manifests/1.0") for ask in (client.head, client.get))
    assert head.content == b""
    assert {**head.headers, "date": ""} == {**whole.headers, "date": ""}


def test_if_none_match_is_304(client: httpx.Client) -> None:
    pushed = push(client, REPOSITORY, "1.0")
    for ask in (client.get, client.head):
        response = ask(f"/v2/{REPOSITORY}/manifests/1.0", headers={"If-None-Match": f'"{digest(pushed)}"'})
        assert (response.status_code, response.content) == (304, b"")


def test_a_push_returns_the_location_of_the_manifest(client: httpx.Client) -> None:
    push_blob(client, REPOSITORY, b"{}")
    pushed = manifest()
    response = put_manifest(client, REPOSITORY, "1.0", pushed)
    assert response.headers["Docker-Content-Digest"] == digest(pushed)
    assert client.get(response.headers["Location"]).content == pushed


def test_a_manifest_without_media_type_has_that_of_the_header(client: httpx.Client) -> None:
    push_blob(client, REPOSITORY, b"{}")
    source = json.loads(manifest())
    del source["mediaType"]
    assert put_manifest(client, REPOSITORY, "1.0", json.dumps(source).encode()).status_code == 201
    assert client.get(f"/v2/{REPOSITORY}/manifests/1.0").headers["Content-Type"] == media.OCI_MANIFEST


def test_a_tag_moves_and_the_old_manifest_stays(client: httpx.Client) -> None:
    old, new = push(client, REPOSITORY, "1.0", b"old"), push(client, REPOSITORY, "1.0", b"new")
    assert client.get(f"/v2/{REPOSITORY}/manifests/1.0").content == new
    assert client.get(f"/v2/{REPOSITORY}/manifests/{digest(old)}").content == old


def test_an_index_is_refused_without_its_manifests(client: httpx.Client) -> None:
    child = manifest(b"layer")
    assert error(put_manifest(client, REPOSITORY, "all", index(child))) == (400, "MANIFEST_BLOB_UNKNOWN")
    push(client, REPOSITORY, "", b"layer")
    assert put_manifest(client, REPOSITORY, "all", index(child)).status_code == 201
    assert client.get(f"/v2/{REPOSITORY}/manifests/{digest(child)}").content == child


def test_a_nested_and_an_empty_index_are_accepted(client: httpx.Client) -> None:
    inner = index()
    assert put_manifest(client, REPOSITORY, "inner", inner).status_code == 201
    outer = json.dumps({"schemaVersion": 2, "manifests": [described(inner, media.OCI_INDEX)]}).encode()
    headers = {"Content-Type": media.OCI_INDEX}
    assert client.put(f"/v2/{REPOSITORY}/manifests/outer", content=outer, headers=headers).status_code == 201
    assert client.get(f"/v2/{REPOSITORY}/manifests/outer").content == outer


def test_a_manifest_with_missing_blobs_is_refused_and_not_written(client: httpx.Client, store: Store) -> None:
    push_blob(client, REPOSITORY, b"{}")
    pushed = manifest(b"missing")
    response = put_manifest(client, REPOSITORY, "1.0", pushed)
    assert error(response) == (400, "MANIFEST_BLOB_UNKNOWN")
    assert response.json()["errors"][0]["detail"] == [digest(b"missing")]
    assert [path.name for path in (store.root / "blobs/sha256").iterdir()] == [digest(b"{}")[7:]]
    assert client.get(f"/v2/{REPOSITORY}/manifests/1.0").status_code == 404


def test_a_manifest_with_a_wrong_blob_size_is_refused(client: httpx.Client) -> None:
    push_blob(client, REPOSITORY, b"{}")
    push_blob(client, REPOSITORY, b"layer")
    wrong = manifest(b"layer").replace(b'"size": 5', b'"size": 6')
    assert error(put_manifest(client, REPOSITORY, "1.0", wrong)) == (400, "MANIFEST_BLOB_UNKNOWN")


def test_non_distributable_layers_need_not_be_pushed(client: httpx.Client) -> None:
    push_blob(client, REPOSITORY, b"{}")
    layer = {
        **described(b"elsewhere", "application/vnd.oci.image.layer.nondistributable.v1.tar"),
        "urls": ["https://x"],
    }
    assert put_manifest(client, REPOSITORY, "1.0", manifest(layers=[layer])).status_code == 201


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"not json", media.OCI_MANIFEST),
        (b"[]", media.OCI_MANIFEST),
        (b"{}", media.OCI_MANIFEST),
        (b'{"config": {"digest": "sha256:../../etc/passwd"}, "layers": []}', media.OCI_MANIFEST),
        (b'{"schemaVersion": 1}', "application/vnd.docker.distribution.manifest.v1+json"),
        (manifest(), media.OCI_INDEX),
        (manifest(), "text/html"),
        (b"[" * 100_000, media.OCI_MANIFEST),
        (b'{"manifests": 1}', media.OCI_INDEX),
    ],
)
def test_an_invalid_manifest_is_400(client: httpx.Client, content: bytes, media_type: str) -> None:
    headers = {"Content-Type": media_type}
    status, code = error(client.put(f"/v2/{REPOSITORY}/manifests/1.0", content=content, headers=headers))
    assert (status, code) in ((400, "MANIFEST_INVALID"), (400, "MANIFEST_BLOB_UNKNOWN"))


@pytest.mark.parametrize(
    "ambiguous",
    [
        manifest(b"layer", manifests=[]),
        manifest(b"layer", manifests=[described(manifest(), media.OCI_MANIFEST)]),
        index(config=described(b"{}", media.OCI_EMPTY)),
        index(layers=[]),
        index(manifest(), config=described(b"{}", media.OCI_EMPTY), layers=[]),
    ],
)
@pytest.mark.parametrize("typed", [True, False], ids=["typed", "untyped"])
def test_what_could_be_a_manifest_and_an_index_is_refused(
    client: httpx.Client, store: Store, ambiguous: bytes, typed: bool
) -> None:
    """CVE-2021-41190."""
    push(client, REPOSITORY, "", b"layer")
    push(client, REPOSITORY, "")
    media_type = json.loads(ambiguous)["mediaType"]
    if not typed:
        source = {key: value for key, value in json.loads(ambiguous).items() if key != "mediaType"}
        ambiguous = json.dumps(source).encode()
    headers = {"Content-Type": media_type}
    response = client.put(f"/v2/{REPOSITORY}/manifests/1.0", content=ambiguous, headers=headers)
    assert error(response) == (400, "MANIFEST_INVALID")
    assert client.get(f"/v2/{REPOSITORY}/manifests/1.0").status_code == 404
    assert not (store.root / "blobs/sha256" / digest(ambiguous)[7:]).exists()


def test_a_manifest_with_another_digest_is_400(client: httpx.Client) -> None:
    push_blob(client, REPOSITORY, b"{}")
    assert error(put_manifest(client, REPOSITORY, digest(b"another"), manifest())) == (400, "DIGEST_INVALID")
    assert error(put_manifest(client, REPOSITORY, "sha256:short", manifest())) == (400, "DIGEST_INVALID")


def test_a_manifest_is_pushed_by_sha512(client: httpx.Client) -> None:
    push_blob(client, REPOSITORY, b"{}")
    pushed = manifest()
    name = digest(pushed, "sha512")
    assert put_manifest(client, REPOSITORY, name, pushed).status_code == 201
    assert client.get(f"/v2/{REPOSITORY}/manifests/{name}").headers["Docker-Content-Digest"] == name


def test_a_push_by_digest_may_have_tags(client: httpx.Client) -> None:
    push_blob(client, REPOSITORY, b"{}")
    pushed = manifest()
    url = f"/v2/{REPOSITORY}/manifests/{digest(pushed)}?tag=a&tag=b"
    response = client.put(url, content=pushed, headers={"Content-Type": media.OCI_MANIFEST})
    assert response.headers["OCI-Tag"] == "a, b"
    assert client.get(f"/v2/{REPOSITORY}/tags/list").json()["tags"] == ["a", "b"]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_manifest_of_more_than_4_mib_is_413(client: httpx.Client, store: Store, chunked: bool) -> None:
    large = manifest(annotations={"large": "x" * media.MAX_MANIFEST})
    content = iter([large[: len(large) // 2], large[len(large) // 2 :]]) if chunked else large
    headers = {"Content-Type": media.OCI_MANIFEST}
    response = client.put(f"/v2/{REPOSITORY}/manifests/1.0", content=content, headers=headers)
    assert error(response) == (413, "SIZE_INVALID")
    assert not (store.root / "blobs").exists()


def test_a_manifest_of_nearly_4_mib_is_accepted(client: httpx.Client) -> None:
    push_blob(client, REPOSITORY, b"{}")
    large = manifest(annotations={"large": "x" * (media.MAX_MANIFEST - 1000)})
    assert put_manifest(client, REPOSITORY, "1.0", large).status_code == 201
    assert client.get(f"/v2/{REPOSITORY}/manifests/1.0").content == large


@pytest.mark.parametrize("tag", [".hidden", "a" * 129, "a%20b", "-x", "%C3%A9"])
def test_an_invalid_tag_is_refused(client: httpx.Client, tag: str) -> None:
    push_blob(client, REPOSITORY, b"{}")
    assert error(put_manifest(client, REPOSITORY, tag, manifest())) == (400, "MANIFEST_INVALID")
    assert client.get(f"/v2/{REPOSITORY}/manifests/{tag}").status_code == 404


def test_an_unknown_manifest_is_404(client: httpx.Client) -> None:
    push(client, REPOSITORY, "1.0")
    assert error(client.get(f"/v2/{REPOSITORY}/manifests/2.0")) == (404, "MANIFEST_UNKNOWN")
    assert error(client.get(f"/v2/{REPOSITORY}/manifests/{digest(b'x')}")) == (404, "MANIFEST_UNKNOWN")
    assert error(client.get("/v2/other/manifests/1.0")) == (404, "NAME_UNKNOWN")
    assert error(client.delete(f"/v2/{REPOSITORY}/manifests/2.0")) == (404, "MANIFEST_UNKNOWN")


def test_a_manifest_of_another_repository_cannot_be_read(client: httpx.Client) -> None:
    secret = push(client, "secret/app", "1.0", b"layer")
    push(client, REPOSITORY, "1.0")
    assert client.get(f"/v2/{REPOSITORY}/manifests/{digest(secret)}").status_code == 404


def test_a_manifest_missing_from_the_store_is_404_and_can_be_deleted(client: httpx.Client, store: Store) -> None:
    pushed = push(client, REPOSITORY, "1.0")
    (store.root / "blobs/sha256" / digest(pushed)[7:]).unlink()
    assert client.head(f"/v2/{REPOSITORY}/manifests/1.0").status_code == 404
    assert client.delete(f"/v2/{REPOSITORY}/manifests/1.0").status_code == 202


def test_a_tag_is_deleted_and_its_manifest_stays(client: httpx.Client) -> None:
    pushed = push(client, REPOSITORY, "1.0")
    assert client.delete(f"/v2/{REPOSITORY}/manifests/1.0").status_code == 202
    assert client.get(f"/v2/{REPOSITORY}/manifests/1.0").status_code == 404
    assert client.get(f"/v2/{REPOSITORY}/manifests/{digest(pushed)}").content == pushed


def test_a_manifest_is_deleted_with_its_tags(client: httpx.Client) -> None:
    pushed = push(client, REPOSITORY, "1.0")
    put_manifest(client, REPOSITORY, "latest", pushed)
    assert client.delete(f"/v2/{REPOSITORY}/manifests/{digest(pushed)}").status_code == 202
    for reference in ("1.0", "latest", digest(pushed)):
        assert client.get(f"/v2/{REPOSITORY}/manifests/{reference}").status_code == 404
    assert client.get(f"/v2/{REPOSITORY}/tags/list").json()["tags"] == []


def test_a_manifest_of_an_index_is_deleted_after_the_index(client: httpx.Client) -> None:
    child = push(client, REPOSITORY, "", b"layer")
    put_manifest(client, REPOSITORY, "all", index(child))
    assert error(client.delete(f"/v2/{REPOSITORY}/manifests/{digest(child)}")) == (405, "UNSUPPORTED")
    for gone in (index(child), child):
        assert client.delete(f"/v2/{REPOSITORY}/manifests/{digest(gone)}").status_code == 202


def test_a_deletion_leaves_other_repositories_alone(client: httpx.Client) -> None:
    pushed = push(client, REPOSITORY, "1.0")
    push(client, "other/app", "1.0")
    client.delete(f"/v2/{REPOSITORY}/manifests/{digest(pushed)}")
    assert client.get("/v2/other/app/manifests/1.0").content == pushed
