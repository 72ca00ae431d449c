"""OCI distribution spec: "Pulling blobs", "Deleting blobs"."""

from __future__ import annotations

from http import HTTPStatus

import httpx
import pytest

from nbdock.oci.digest import Digest
from nbdock.server.blobs import parse_range
from nbdock.server.errors import APIError
from nbdock.store import Store
from tests.server.parts import digest, error, noise, push, push_blob

REPOSITORY = "team/app"


def test_a_blob_is_pulled(client: httpx.Client) -> None:
    content = noise(3_000_000)
    response = client.get(f"/v2/{REPOSITORY}/blobs/{push_blob(client, REPOSITORY, content)}")
    assert (response.status_code, response.content) == (200, content)
    assert response.headers["Content-Length"] == str(len(content))
    assert response.headers["Docker-Content-Digest"] == digest(content)
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Accept-Ranges"] == "bytes"


def test_an_empty_blob_is_a_blob(client: httpx.Client) -> None:
    response = client.get(f"/v2/{REPOSITORY}/blobs/{push_blob(client, REPOSITORY, b'')}")
    assert (response.status_code, response.content, response.headers["Content-Length"]) == (200, b"", "0")


def test_head_has_the_headers_of_get(client: httpx.Client) -> None:
    url = f"/v2/{REPOSITORY}/blobs/{push_blob(client, REPOSITORY, b'content')}"
    head, whole = client.head(url), client.get(url)
    assert head.content == b""
    assert {**head.headers, "date": ""} == {**whole.headers, "date": ""}


@pytest.mark.parametrize(
    ("header", "part", "said"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=8-100", b"89", "bytes 8-9/10"),
    ],
)
def test_a_range_of_a_blob_is_pulled(client: httpx.Client, header: str, part: bytes, said: str) -> None:
    url = f"/v2/{REPOSITORY}/blobs/{push_blob(client, REPOSITORY, b'0123456789')}"
    response = client.get(url, headers={"Range": header})
    assert (response.status_code, response.content, response.headers["Content-Range"]) == (206, part, said)


def test_a_range_may_begin_and_end_within_chunks(client: httpx.Client) -> None:
    content = noise(2_500_000)
    url = f"/v2/{REPOSITORY}/blobs/{push_blob(client, REPOSITORY, content)}"
    response = client.get(url, headers={"Range": "bytes=700001-2400000"})
    assert response.content == content[700_001:2_400_001]


def test_a_range_outside_the_blob_is_416(client: httpx.Client) -> None:
    url = f"/v2/{REPOSITORY}/blobs/{push_blob(client, REPOSITORY, b'0123456789')}"
    response = client.get(url, headers={"Range": "bytes=10-"})
    assert (error(response), response.headers["Content-Range"]) == ((416, "SIZE_INVALID"), "bytes */10")


def test_if_range_with_another_digest_ignores_the_range(client: httpx.Client) -> None:
    url = f"/v2/{REPOSITORY}/blobs/{push_blob(client, REPOSITORY, b'0123456789')}"
    response = client.get(url, headers={"Range": "bytes=2-4", "If-Range": f'"{digest(b"another")}"'})
    assert (response.status_code, response.content) == (200, b"0123456789")


def test_if_none_match_is_304(client: httpx.Client) -> None:
    url = f"/v2/{REPOSITORY}/blobs/{push_blob(client, REPOSITORY, b'content')}"
    etag = client.get(url).headers["Etag"]
    response = client.get(url, headers={"If-None-Match": f'"other", {etag}'})
    assert (response.status_code, response.content) == (304, b"")
    assert client.get(url, headers={"If-None-Match": '"other"'}).content == b"content"


def test_an_unknown_blob_is_404(client: httpx.Client) -> None:
    push_blob(client, REPOSITORY, b"content")
    assert error(client.get(f"/v2/{REPOSITORY}/blobs/{digest(b'other')}")) == (404, "BLOB_UNKNOWN")
    assert error(client.get(f"/v2/other/blobs/{digest(b'content')}")) == (404, "NAME_UNKNOWN")
    assert client.head(f"/v2/{REPOSITORY}/blobs/{digest(b'other')}").status_code == 404


@pytest.mark.parametrize(
    "text", ["sha256:short", "md5:" + "0" * 32, "latest", "sha256:" + "A" * 64, "sha256:" + "%2F" * 9]
)
def test_an_invalid_digest_is_400(client: httpx.Client, text: str) -> None:
    assert error(client.get(f"/v2/{REPOSITORY}/blobs/{text}")) == (400, "DIGEST_INVALID")


def test_a_blob_of_another_repository_cannot_be_read(client: httpx.Client) -> None:
    pushed = push_blob(client, "secret/app", b"content")
    push(client, REPOSITORY, "1", b"layer")
    assert error(client.get(f"/v2/{REPOSITORY}/blobs/{pushed}")) == (404, "BLOB_UNKNOWN")


def test_a_blob_of_an_image_can_be_read_through_its_repository(client: httpx.Client, readonly: httpx.Client) -> None:
    push(client, REPOSITORY, "1", b"layer")
    assert readonly.get(f"/v2/{REPOSITORY}/blobs/{digest(b'layer')}").content == b"layer"


def test_a_blob_is_deleted(client: httpx.Client, store: Store) -> None:
    pushed = push_blob(client, REPOSITORY, b"content")
    url = f"/v2/{REPOSITORY}/blobs/{pushed}"
    assert client.delete(url).status_code == 202
    assert client.get(url).status_code == client.delete(url).status_code == 404
    assert not list((store.root / "blobs/sha256").iterdir())


def test_a_deleted_blob_stays_in_other_repositories(client: httpx.Client) -> None:
    pushed = push_blob(client, REPOSITORY, b"content")
    push_blob(client, "other/app", b"content")
    client.delete(f"/v2/{REPOSITORY}/blobs/{pushed}")
    assert client.get(f"/v2/{REPOSITORY}/blobs/{pushed}").status_code == 404
    assert client.get(f"/v2/other/app/blobs/{pushed}").content == b"content"


def test_a_blob_of_a_manifest_is_not_deleted(client: httpx.Client) -> None:
    push(client, REPOSITORY, "1", b"layer")
    url = f"/v2/{REPOSITORY}/blobs/{digest(b'layer')}"
    assert error(client.delete(url)) == (405, "UNSUPPORTED")
    assert client.get(url).content == b"layer"


def test_a_blob_missing_from_the_store_is_404(client: httpx.Client, store: Store) -> None:
    pushed = push_blob(client, REPOSITORY, b"content")
    store.delete([Digest.parse(pushed)])
    assert error(client.get(f"/v2/{REPOSITORY}/blobs/{pushed}")) == (404, "BLOB_UNKNOWN")


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-9", range(10)),
        ("bytes=90-", range(90, 100)),
        ("bytes=-10", range(90, 100)),
        ("bytes=-1000", range(100)),
        ("bytes=90-1000", range(90, 100)),
        (" bytes=0-0 ", range(1)),
    ],
)
def test_a_range_ends_with_the_content(header: str, part: range) -> None:
    assert parse_range(header, 100) == part


@pytest.mark.parametrize(
    "header", ["", "bytes=-", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b", "bytes=٣-٤", "bytes=0-9\n1"]
)
def test_other_ranges_are_ignored(header: str) -> None:
    assert parse_range(header, 100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=5-4", "bytes=-0", "bytes=999999999999999999-"])
def test_an_empty_range_is_416_with_the_size(header: str) -> None:
    with pytest.raises(APIError) as refused:
        parse_range(header, 100)
    assert refused.value.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    assert refused.value.headers == {"Content-Range": "bytes */100"}
