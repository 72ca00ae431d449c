"""OCI distribution spec: "Pulling blobs", "Deleting blobs"."""

from __future__ import annotations

import httpx
import pytest

from nbdock.oci.digest import Digest
from nbdock.store import Store
from tests.server.parts import digest, error, noise, push, push_blob

PATH = "team/app"


def test_a_blob_comes_whole(client: httpx.Client) -> None:
    content = noise(3_000_000)
    answer = client.get(f"/v2/{PATH}/blobs/{push_blob(client, PATH, content)}")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["Docker-Content-Digest"] == digest(content)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_an_empty_blob_is_a_blob(client: httpx.Client) -> None:
    answer = client.get(f"/v2/{PATH}/blobs/{push_blob(client, PATH, b'')}")
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (200, b"", "0")


def test_head_says_what_get_would(client: httpx.Client) -> None:
    url = f"/v2/{PATH}/blobs/{push_blob(client, PATH, b'content')}"
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
def test_a_part_of_a_blob_can_be_had(client: httpx.Client, header: str, part: bytes, said: str) -> None:
    url = f"/v2/{PATH}/blobs/{push_blob(client, PATH, b'0123456789')}"
    answer = client.get(url, headers={"Range": header})
    assert (answer.status_code, answer.content, answer.headers["Content-Range"]) == (206, part, said)


def test_a_part_begins_and_ends_within_pieces(client: httpx.Client) -> None:
    content = noise(2_500_000)
    url = f"/v2/{PATH}/blobs/{push_blob(client, PATH, content)}"
    answer = client.get(url, headers={"Range": "bytes=700001-2400000"})
    assert answer.content == content[700_001:2_400_001]


def test_a_part_that_is_not_there_is_416(client: httpx.Client) -> None:
    url = f"/v2/{PATH}/blobs/{push_blob(client, PATH, b'0123456789')}"
    answer = client.get(url, headers={"Range": "bytes=10-"})
    assert (error(answer), answer.headers["Content-Range"]) == ((416, "SIZE_INVALID"), "bytes */10")


def test_a_part_of_another_blob_is_not_taken_for_a_part_of_this(client: httpx.Client) -> None:
    url = f"/v2/{PATH}/blobs/{push_blob(client, PATH, b'0123456789')}"
    answer = client.get(url, headers={"Range": "bytes=2-4", "If-Range": f'"{digest(b"another")}"'})
    assert (answer.status_code, answer.content) == (200, b"0123456789")


def test_what_the_client_has_is_not_sent(client: httpx.Client) -> None:
    url = f"/v2/{PATH}/blobs/{push_blob(client, PATH, b'content')}"
    etag = client.get(url).headers["Etag"]
    answer = client.get(url, headers={"If-None-Match": f'"other", {etag}'})
    assert (answer.status_code, answer.content) == (304, b"")
    assert client.get(url, headers={"If-None-Match": '"other"'}).content == b"content"


def test_an_unknown_blob_is_404(client: httpx.Client) -> None:
    push_blob(client, PATH, b"content")
    assert error(client.get(f"/v2/{PATH}/blobs/{digest(b'other')}")) == (404, "BLOB_UNKNOWN")
    assert error(client.get(f"/v2/other/blobs/{digest(b'content')}")) == (404, "NAME_UNKNOWN")
    assert client.head(f"/v2/{PATH}/blobs/{digest(b'other')}").status_code == 404


@pytest.mark.parametrize(
    "text", ["sha256:short", "md5:" + "0" * 32, "latest", "sha256:" + "A" * 64, "sha256:" + "%2F" * 9]
)
def test_what_is_no_digest_is_400(client: httpx.Client, text: str) -> None:
    assert error(client.get(f"/v2/{PATH}/blobs/{text}")) == (400, "DIGEST_INVALID")


def test_a_blob_of_another_repository_cannot_be_read(client: httpx.Client) -> None:
    pushed = push_blob(client, "secret/app", b"content")
    push(client, PATH, "1", b"layer")
    assert error(client.get(f"/v2/{PATH}/blobs/{pushed}")) == (404, "BLOB_UNKNOWN")


def test_a_blob_of_an_image_can_be_read_through_its_repository(client: httpx.Client, readonly: httpx.Client) -> None:
    push(client, PATH, "1", b"layer")
    assert readonly.get(f"/v2/{PATH}/blobs/{digest(b'layer')}").content == b"layer"


def test_a_blob_is_deleted(client: httpx.Client, store: Store) -> None:
    pushed = push_blob(client, PATH, b"content")
    url = f"/v2/{PATH}/blobs/{pushed}"
    assert client.delete(url).status_code == 202
    assert client.get(url).status_code == client.delete(url).status_code == 404
    assert not list((store.root / "blobs/sha256").iterdir())


def test_a_deleted_blob_stays_in_other_repositories(client: httpx.Client) -> None:
    pushed = push_blob(client, PATH, b"content")
    push_blob(client, "other/app", b"content")
    client.delete(f"/v2/{PATH}/blobs/{pushed}")
    assert client.get(f"/v2/{PATH}/blobs/{pushed}").status_code == 404
    assert client.get(f"/v2/other/app/blobs/{pushed}").content == b"content"


def test_a_blob_of_a_manifest_is_not_deleted(client: httpx.Client) -> None:
    push(client, PATH, "1", b"layer")
    url = f"/v2/{PATH}/blobs/{digest(b'layer')}"
    assert error(client.delete(url)) == (405, "UNSUPPORTED")
    assert client.get(url).content == b"layer"


def test_a_blob_that_went_from_the_disk_is_404(client: httpx.Client, store: Store) -> None:
    pushed = push_blob(client, PATH, b"content")
    store.delete([Digest.parse(pushed)])
    assert error(client.get(f"/v2/{PATH}/blobs/{pushed}")) == (404, "BLOB_UNKNOWN")
