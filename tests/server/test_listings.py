"""OCI distribution spec: "Content discovery", and docker's `_catalog`."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest

from nbdock.oci import media
from nbdock.server.errors import APIError
from nbdock.server.listings import Page, paginate
from tests.server.parts import described, digest, error, index, push, push_blob, put_manifest

PATH = "team/app"
NAMES = ["b", "a", "c", "A"]


def followed(client: httpx.Client, url: str, key: str) -> list[list[object]]:
    """The pages, as the links lead from one to the next."""
    found = []
    while url:
        response = client.get(url)
        found.append(response.json()[key])
        link = response.links.get("next", {})
        url = link.get("url", "")
    return found


def test_the_version_check(client: httpx.Client) -> None:
    for url in ("/v2/", "/v2"):
        response = client.get(url)
        assert (response.status_code, response.headers["Docker-Distribution-Api-Version"]) == (200, "registry/2.0")


def test_tags_are_listed_in_order(client: httpx.Client) -> None:
    for tag in ("b", "a", "1.0"):
        push(client, PATH, tag)
    response = client.get(f"/v2/{PATH}/tags/list")
    assert response.json() == {"name": PATH, "tags": ["1.0", "a", "b"]}
    assert "Link" not in response.headers


def test_tags_are_listed_in_pages(client: httpx.Client) -> None:
    for tag in "edcba":
        push(client, PATH, tag)
    assert followed(client, f"/v2/{PATH}/tags/list?n=2", "tags") == [["a", "b"], ["c", "d"], ["e"]]
    assert client.get(f"/v2/{PATH}/tags/list?n=0").json()["tags"] == []
    assert client.get(f"/v2/{PATH}/tags/list?last=c").json()["tags"] == ["d", "e"]


@pytest.mark.parametrize("n", ["x", "-1", "1e3"])
def test_a_page_of_no_number_is_400(client: httpx.Client, n: str) -> None:
    push(client, PATH, "1")
    assert error(client.get(f"/v2/{PATH}/tags/list?n={n}")) == (400, "UNSUPPORTED")


def test_a_repository_without_tags_has_none(client: httpx.Client) -> None:
    push(client, PATH, "")
    assert client.get(f"/v2/{PATH}/tags/list").json()["tags"] == []
    assert error(client.get("/v2/other/tags/list")) == (404, "NAME_UNKNOWN")


def test_the_catalog_lists_repositories_in_pages(client: httpx.Client) -> None:
    for path in ("c", "a", "b/x"):
        push(client, path, "1")
    push_blob(client, "blobs/alone", b"content")
    assert client.get("/v2/_catalog").json() == {"repositories": ["a", "b/x", "c"]}
    assert followed(client, "/v2/_catalog?n=2", "repositories") == [["a", "b/x"], ["c"]]


def test_an_unknown_path_is_404(client: httpx.Client) -> None:
    for url in ("/", "/v1/", "/v2/app", f"/v2/{PATH}/blobs/", f"/v2/{PATH}/manifests", "/v2/%2E%2E/etc/passwd"):
        response = client.get(url)
        assert (response.status_code, response.json()["errors"][0]["code"]) == (404, "UNSUPPORTED")


def test_another_method_is_405(client: httpx.Client) -> None:
    assert error(client.post(f"/v2/{PATH}/manifests/latest")) == (405, "UNSUPPORTED")
    assert error(client.delete("/v2/_catalog")) == (405, "UNSUPPORTED")


def test_a_push_with_a_subject_names_it(client: httpx.Client) -> None:
    subject = described(push(client, PATH, "1"), media.OCI_MANIFEST)
    signature = push(client, PATH, "", b"signature", subject=subject, artifactType="application/signature")
    response = put_manifest(client, PATH, digest(signature), signature)
    assert response.headers["OCI-Subject"] == subject["digest"]


def test_referrers_are_described(client: httpx.Client) -> None:
    subject = described(push(client, PATH, "1"), media.OCI_MANIFEST)
    notes = {"org.example.note": "hello"}
    first = push(client, PATH, "", b"1", subject=subject, artifactType="application/one", annotations=notes)
    second = push(client, PATH, "", b"2", subject=subject)
    third = index(subject=subject, artifactType="application/three")
    put_manifest(client, PATH, digest(third), third)
    response = client.get(f"/v2/{PATH}/referrers/{subject['digest']}")
    assert response.headers["Content-Type"] == media.OCI_INDEX
    found = response.json()
    assert (found["schemaVersion"], found["mediaType"]) == (2, media.OCI_INDEX)
    assert sorted(found["manifests"], key=lambda each: each["artifactType"]) == [
        {**described(first, media.OCI_MANIFEST), "artifactType": "application/one", "annotations": notes},
        {**described(third, media.OCI_INDEX), "artifactType": "application/three"},
        {**described(second, media.OCI_MANIFEST), "artifactType": media.OCI_EMPTY},
    ]


def test_referrers_are_filtered_by_their_artifact_type(client: httpx.Client) -> None:
    subject = described(b"not even here", media.OCI_MANIFEST)
    for kind in ("application/one", "application/two"):
        push(client, PATH, "", kind.encode(), subject=subject, artifactType=kind)
    url = f"/v2/{PATH}/referrers/{subject['digest']}"
    response = client.get(url, params={"artifactType": "application/two"})
    assert [each["artifactType"] for each in response.json()["manifests"]] == ["application/two"]
    assert response.headers["OCI-Filters-Applied"] == "artifactType"
    assert "OCI-Filters-Applied" not in client.get(url).headers


def test_nothing_refers_to_what_is_unknown(client: httpx.Client) -> None:
    assert client.get(f"/v2/{PATH}/referrers/{digest(b'x')}").json()["manifests"] == []
    assert error(client.get(f"/v2/{PATH}/referrers/sha256:short")) == (400, "DIGEST_INVALID")
    assert error(client.get(f"/v2/Not-A-Name/referrers/{digest(b'x')}")) == (400, "NAME_INVALID")


def test_referrers_are_listed_in_pages_that_are_not_too_large(client: httpx.Client) -> None:
    subject, notes = described(b"subject", media.OCI_MANIFEST), {"large": "x" * 1_500_000}
    pushed = [push(client, PATH, "", bytes([number]), subject=subject, annotations=notes) for number in range(3)]
    kind = quote(media.OCI_EMPTY, safe="")
    found = followed(client, f"/v2/{PATH}/referrers/{subject['digest']}?artifactType={kind}", "manifests")
    assert [len(page) for page in found] == [2, 1]
    assert {each["digest"] for page in found for each in page} == set(map(digest, pushed))


def test_names_are_in_the_order_of_their_characters() -> None:
    assert paginate(NAMES, "", "", 10) == Page(["A", "a", "b", "c"])


def test_a_page_says_how_to_ask_for_the_next() -> None:
    assert paginate(NAMES, "2", "", 10) == Page(["A", "a"], {"n": "2", "last": "a"})
    assert paginate(NAMES, "2", "a", 10) == Page(["b", "c"])


def test_a_page_is_never_longer_than_the_most() -> None:
    assert paginate(NAMES, "", "", 3) == paginate(NAMES, "100", "", 3) == Page(["A", "a", "b"], {"n": "3", "last": "b"})


def test_none_are_none_and_no_next() -> None:
    assert paginate(NAMES, "0", "", 10) == Page([])


def test_a_last_that_is_not_there_is_a_place_all_the_same() -> None:
    assert paginate(NAMES, "", "aa", 10) == Page(["b", "c"])


@pytest.mark.parametrize("n", ["-1", "x", "1.5", "٣", "9" * 20])
def test_what_is_no_number_is_refused(n: str) -> None:
    with pytest.raises(APIError):
        paginate(NAMES, n, "", 10)
