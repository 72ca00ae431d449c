"""OCI distribution spec: "Content Discovery"; docker's `_catalog`."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest

from nbdock.oci import media
from nbdock.server.errors import APIError
from nbdock.server.listings import paginate, search
from tests.server.parts import described, digest, error, index, push, push_blob, put_manifest

REPOSITORY = "team/app"
NAMES = ["b", "a", "c", "A"]


def followed(client: httpx.Client, url: str, key: str) -> list[list[object]]:
    """All pages, following the Link headers."""
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
        push(client, REPOSITORY, tag)
    response = client.get(f"/v2/{REPOSITORY}/tags/list")
    assert response.json() == {"name": REPOSITORY, "tags": ["1.0", "a", "b"]}
    assert "Link" not in response.headers


def test_tags_are_listed_in_pages(client: httpx.Client) -> None:
    for tag in "edcba":
        push(client, REPOSITORY, tag)
    assert followed(client, f"/v2/{REPOSITORY}/tags/list?n=2", "tags") == [["a", "b"], ["c", "d"], ["e"]]
    assert client.get(f"/v2/{REPOSITORY}/tags/list?n=0").json()["tags"] == []
    assert client.get(f"/v2/{REPOSITORY}/tags/list?last=c").json()["tags"] == ["d", "e"]


@pytest.mark.parametrize("n", ["x", "-1", "1e3"])
def test_an_invalid_page_size_is_400(client: httpx.Client, n: str) -> None:
    push(client, REPOSITORY, "1")
    assert error(client.get(f"/v2/{REPOSITORY}/tags/list?n={n}")) == (400, "UNSUPPORTED")


def test_a_repository_without_tags_has_none(client: httpx.Client) -> None:
    push(client, REPOSITORY, "")
    assert client.get(f"/v2/{REPOSITORY}/tags/list").json()["tags"] == []
    assert error(client.get("/v2/other/tags/list")) == (404, "NAME_UNKNOWN")


def test_the_catalog_lists_repositories_in_pages(client: httpx.Client) -> None:
    for repository in ("c", "a", "b/x"):
        push(client, repository, "1")
    push_blob(client, "blobs/alone", b"content")
    assert client.get("/v2/_catalog").json() == {"repositories": ["a", "b/x", "c"]}
    assert followed(client, "/v2/_catalog?n=2", "repositories") == [["a", "b/x"], ["c"]]


def test_an_unknown_path_is_404(client: httpx.Client) -> None:
    for url in (
        "/x",
        "/v1/",
        "/v2/app",
        f"/v2/{REPOSITORY}/blobs/",
        f"/v2/{REPOSITORY}/manifests",
        "/v2/%2E%2E/etc/passwd",
    ):
        response = client.get(url)
        assert (response.status_code, response.json()["errors"][0]["code"]) == (404, "UNSUPPORTED")


def test_another_method_is_405(client: httpx.Client) -> None:
    assert error(client.post(f"/v2/{REPOSITORY}/manifests/latest")) == (405, "UNSUPPORTED")
    assert error(client.delete("/v2/_catalog")) == (405, "UNSUPPORTED")


def test_a_push_with_a_subject_names_it(client: httpx.Client) -> None:
    subject = described(push(client, REPOSITORY, "1"), media.OCI_MANIFEST)
    signature = push(client, REPOSITORY, "", b"signature", subject=subject, artifactType="application/signature")
    response = put_manifest(client, REPOSITORY, digest(signature), signature)
    assert response.headers["OCI-Subject"] == subject["digest"]


def test_referrers_have_artifact_types_and_annotations(client: httpx.Client) -> None:
    subject = described(push(client, REPOSITORY, "1"), media.OCI_MANIFEST)
    notes = {"org.example.note": "hello"}
    first = push(client, REPOSITORY, "", b"1", subject=subject, artifactType="application/one", annotations=notes)
    second = push(client, REPOSITORY, "", b"2", subject=subject)
    third = index(subject=subject, artifactType="application/three")
    put_manifest(client, REPOSITORY, digest(third), third)
    response = client.get(f"/v2/{REPOSITORY}/referrers/{subject['digest']}")
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
        push(client, REPOSITORY, "", kind.encode(), subject=subject, artifactType=kind)
    url = f"/v2/{REPOSITORY}/referrers/{subject['digest']}"
    response = client.get(url, params={"artifactType": "application/two"})
    assert [each["artifactType"] for each in response.json()["manifests"]] == ["application/two"]
    assert response.headers["OCI-Filters-Applied"] == "artifactType"
    assert "OCI-Filters-Applied" not in client.get(url).headers


def test_an_unknown_subject_has_no_referrers(client: httpx.Client) -> None:
    assert client.get(f"/v2/{REPOSITORY}/referrers/{digest(b'x')}").json()["manifests"] == []
    assert error(client.get(f"/v2/{REPOSITORY}/referrers/sha256:short")) == (400, "DIGEST_INVALID")
    assert error(client.get(f"/v2/Not-A-Name/referrers/{digest(b'x')}")) == (400, "NAME_INVALID")


def test_pages_of_referrers_are_no_larger_than_a_manifest(client: httpx.Client) -> None:
    subject, notes = described(b"subject", media.OCI_MANIFEST), {"large": "x" * 1_500_000}
    pushed = [push(client, REPOSITORY, "", bytes([number]), subject=subject, annotations=notes) for number in range(3)]
    kind = quote(media.OCI_EMPTY, safe="")
    found = followed(client, f"/v2/{REPOSITORY}/referrers/{subject['digest']}?artifactType={kind}", "manifests")
    assert [len(page) for page in found] == [2, 1]
    assert {each["digest"] for page in found for each in page} == set(map(digest, pushed))


def test_items_are_in_code_point_order() -> None:
    assert paginate(NAMES, "", "", 10) == (["A", "a", "b", "c"], {})


def test_a_page_has_the_query_of_the_next() -> None:
    assert paginate(NAMES, "2", "", 10) == (["A", "a"], {"n": "2", "last": "a"})
    assert paginate(NAMES, "2", "a", 10) == (["b", "c"], {})


def test_a_page_is_no_longer_than_the_limit() -> None:
    assert paginate(NAMES, "", "", 3) == paginate(NAMES, "100", "", 3) == (["A", "a", "b"], {"n": "3", "last": "b"})


def test_a_page_of_size_0_is_empty_and_the_last() -> None:
    assert paginate(NAMES, "0", "", 10) == ([], {})


def test_last_need_not_be_an_item() -> None:
    assert paginate(NAMES, "", "aa", 10) == (["b", "c"], {})


@pytest.mark.parametrize("n", ["-1", "x", "1.5", "٣", "9" * 20])
def test_a_size_that_is_no_number_is_refused(n: str) -> None:
    with pytest.raises(APIError):
        paginate(NAMES, n, "", 10)


def test_a_search_finds_names_and_descriptions_the_name_itself_first() -> None:
    said = {"a/web": "", "web/x": "", "other": "A WEB server", "app": ""}
    assert search(said, "Web", 10) == ["a/web", "web/x", "other"]
    assert search(said, "web", 1) == ["a/web"] and search(said, "", 10) == sorted(said)


def test_a_search_answers_as_docker_hub_does(client: httpx.Client) -> None:
    for repository in ("team/app", "team/other"):
        push(client, repository, "1")
    found = client.get("/v1/search", params={"q": "app", "n": "5"}).json()
    assert (found["query"], found["num_results"]) == ("app", 1)
    assert found["results"] == [
        {"name": "team/app", "description": "", "star_count": 0, "is_official": False, "is_automated": False}
    ]
    assert client.get("/v1/search?n=0").json()["results"] == []
    assert error(client.get("/v1/search?q=app&n=many")) == (400, "UNSUPPORTED")
