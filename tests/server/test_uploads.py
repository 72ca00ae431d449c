"""OCI distribution spec: "Pushing blobs"."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from nbdock.server import Options, Server, handler, listener, upload_sessions
from nbdock.server.errors import APIError
from nbdock.server.uploads import parse_content_range
from nbdock.store import Store
from tests.server.parts import chunks, digest, error, manifest, no_upstream, noise, push_blob, put_manifest

REPOSITORY = "team/app"
CONTENT = b"0123456789"


def begin(client: httpx.Client) -> str:
    """Start an upload; returns its location."""
    response = client.post(f"/v2/{REPOSITORY}/blobs/uploads/")
    assert (response.status_code, response.headers["Range"]) == (202, "0-0")
    return response.headers["Location"]


def chunk(client: httpx.Client, location: str, start: int, content: bytes) -> httpx.Response:
    headers = {"Content-Range": f"{start}-{start + len(content) - 1}", "Content-Type": "application/octet-stream"}
    return client.patch(location, content=content, headers=headers)


def pulled(client: httpx.Client, content: bytes, repository: str = REPOSITORY) -> bool:
    return client.get(f"/v2/{repository}/blobs/{digest(content)}").content == content


def ingest(store: Store) -> list[Path]:
    return list((store.root / "ingest").iterdir())


def test_a_blob_in_one_request(client: httpx.Client) -> None:
    url = f"/v2/{REPOSITORY}/blobs/uploads/"
    response = client.post(url, params={"digest": digest(CONTENT)}, content=CONTENT)
    assert (response.status_code, response.headers["Docker-Content-Digest"]) == (201, digest(CONTENT))
    assert client.get(response.headers["Location"]).content == CONTENT


def test_a_blob_in_two_requests(client: httpx.Client) -> None:
    response = client.put(begin(client), params={"digest": digest(CONTENT)}, content=CONTENT)
    assert response.status_code == 201
    assert client.get(response.headers["Location"]).content == CONTENT


def test_a_blob_as_a_stream_of_unknown_length(client: httpx.Client, store: Store) -> None:
    content = noise(3_000_000)
    response = client.patch(begin(client), content=chunks(content))
    assert (response.status_code, response.headers["Range"]) == (202, "0-2999999")
    assert client.put(response.headers["Location"], params={"digest": digest(content)}).status_code == 201
    assert pulled(client, content)
    assert not ingest(store)


def test_a_blob_in_chunks(client: httpx.Client) -> None:
    location = begin(client)
    assert chunk(client, location, 0, b"0123").headers["Range"] == "0-3"
    assert chunk(client, location, 4, b"4567").headers["Range"] == "0-7"
    headers = {"Content-Range": "8-9"}
    assert client.put(location, params={"digest": digest(CONTENT)}, content=b"89", headers=headers).status_code == 201
    assert pulled(client, CONTENT)


@pytest.mark.parametrize("start", [0, 3, 5, 1000])
def test_a_chunk_out_of_order_is_416_and_changes_nothing(client: httpx.Client, start: int) -> None:
    location = begin(client)
    chunk(client, location, 0, b"0123")
    response = chunk(client, location, start, b"xxxx")
    assert error(response) == (416, "BLOB_UPLOAD_INVALID")
    assert (response.headers["Range"], response.headers["Location"]) == ("0-3", location)
    assert client.get(location).headers["Range"] == "0-3"
    chunk(client, location, 4, b"456789")
    assert client.put(location, params={"digest": digest(CONTENT)}).status_code == 201


def test_a_chunk_of_another_length_than_its_content_range_is_refused(client: httpx.Client) -> None:
    headers = {"Content-Range": "0-9"}
    assert error(client.patch(begin(client), content=b"0123", headers=headers)) == (400, "SIZE_INVALID")


def test_the_status_of_an_upload(client: httpx.Client) -> None:
    location = begin(client)
    chunk(client, location, 0, b"0123")
    response = client.get(location)
    assert (response.status_code, response.headers["Location"], response.headers["Range"]) == (204, location, "0-3")


def test_an_upload_is_cancelled(client: httpx.Client, store: Store) -> None:
    location = begin(client)
    chunk(client, location, 0, b"0123")
    assert client.delete(location).status_code == 204
    assert error(client.get(location)) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert error(chunk(client, location, 4, b"4")) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert not ingest(store)


def test_an_upload_belongs_to_its_repository(client: httpx.Client) -> None:
    location = begin(client).replace(REPOSITORY, "other/app")
    assert error(client.patch(location, content=b"x")) == (404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize("id", ["x", "..%2F..%2Findex.json", "%2Fetc%2Fpasswd"])
def test_an_unknown_upload_is_404(client: httpx.Client, id: str) -> None:
    assert error(client.patch(f"/v2/{REPOSITORY}/blobs/uploads/{id}", content=b"x")) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_content_with_another_digest_is_400_and_not_kept(client: httpx.Client, store: Store) -> None:
    for response in (
        client.post(f"/v2/{REPOSITORY}/blobs/uploads/", params={"digest": digest(b"x")}, content=CONTENT),
        client.put(begin(client), params={"digest": digest(b"x")}, content=CONTENT),
        client.put(begin(client), params={"digest": digest(b"x", "sha512")}, content=CONTENT),
    ):
        assert error(response) == (400, "DIGEST_INVALID")
    assert client.get(f"/v2/{REPOSITORY}/blobs/{digest(b'x')}").status_code == 404
    assert not ingest(store)
    assert not (store.root / "blobs").exists()


@pytest.mark.parametrize("query", ["", "?digest=", "?digest=sha256:short", "?digest=../../x"])
def test_a_final_request_without_a_valid_digest_is_refused(client: httpx.Client, query: str) -> None:
    location = begin(client)
    assert error(client.put(location + query, content=CONTENT)) == (400, "DIGEST_INVALID")
    assert client.get(location).headers["Range"] == "0-0"


def test_a_blob_by_sha512(client: httpx.Client) -> None:
    name = digest(CONTENT, "sha512")
    assert client.put(begin(client), params={"digest": name}, content=CONTENT).status_code == 201
    assert client.get(f"/v2/{REPOSITORY}/blobs/{name}").content == CONTENT


def test_a_blob_is_mounted_from_another_repository(client: httpx.Client) -> None:
    pushed = push_blob(client, "other/app", CONTENT)
    response = client.post(f"/v2/{REPOSITORY}/blobs/uploads/", params={"mount": pushed, "from": "other/app"})
    assert (response.status_code, response.headers["Location"]) == (201, f"/v2/{REPOSITORY}/blobs/{pushed}")
    assert pulled(client, CONTENT)


def test_a_blob_is_mounted_from_any_repository(client: httpx.Client) -> None:
    pushed = push_blob(client, "other/app", CONTENT)
    assert client.post(f"/v2/{REPOSITORY}/blobs/uploads/", params={"mount": pushed}).status_code == 201
    assert pulled(client, CONTENT)


@pytest.mark.parametrize("origin", ["third/app", "", "Not A Name"])
def test_a_failed_mount_starts_an_upload(client: httpx.Client, origin: str) -> None:
    push_blob(client, "other/app", b"something else")
    response = client.post(f"/v2/{REPOSITORY}/blobs/uploads/", params={"mount": digest(CONTENT), "from": origin})
    assert response.status_code == 202
    location = response.headers["Location"]
    assert client.put(location, params={"digest": digest(CONTENT)}, content=CONTENT).status_code == 201


def test_a_blob_is_not_mounted_from_a_repository_that_lacks_it(client: httpx.Client) -> None:
    pushed = push_blob(client, "other/app", CONTENT)
    push_blob(client, "third/app", b"something else")
    response = client.post(f"/v2/{REPOSITORY}/blobs/uploads/", params={"mount": pushed, "from": "third/app"})
    assert response.status_code == 202


@pytest.mark.parametrize(
    "repository",
    [
        "Team/App",
        "team//app",
        "team/%2E%2E/app",
        "-app",
        "team/app:tag",
        "team/app@sha256:x",
        "a" * 300,
        "%00",
        "a%0Ab",
    ],
)
def test_an_invalid_repository_name_is_refused_and_nothing_written(
    client: httpx.Client, store: Store, repository: str
) -> None:
    for response in (
        client.post(f"/v2/{repository}/blobs/uploads/"),
        client.post(f"/v2/{repository}/blobs/uploads/", params={"digest": digest(CONTENT)}, content=CONTENT),
        put_manifest(client, repository, "latest", manifest()),
        client.get(f"/v2/{repository}/manifests/latest"),
        client.get(f"/v2/{repository}/tags/list"),
    ):
        assert response.status_code in (400, 404)
        assert response.json()["errors"]
    assert not (store.root / "ingest").exists()


def cut(server: Server, request: str) -> None:
    """Send a part of a request and disconnect; returns when the server has noticed."""
    with socket.create_connection(server.host.split(":")) as connection:
        connection.sendall(request.encode())
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1000):
            pass


def test_an_interrupted_upload_is_resumed(server: Server, client: httpx.Client, store: Store) -> None:
    location = begin(client)
    cut(server, f"PATCH {location} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n01234")
    assert client.get(location).headers["Range"] == "0-4"
    assert not (store.root / "blobs").exists()
    assert chunk(client, location, 5, b"56789").status_code == 202
    assert client.put(location, params={"digest": digest(CONTENT)}).status_code == 201
    assert pulled(client, CONTENT)


def test_an_interrupted_push_in_one_request_leaves_nothing(store: Store) -> None:
    server = Server(store, Options(port=0, writable=True), no_upstream)
    url = f"/v2/{REPOSITORY}/blobs/uploads/?digest={digest(CONTENT)}"
    cut(server, f"POST {url} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n01234")
    server.stop()
    assert not ingest(store)


def test_the_latest_request_takes_over_an_upload(server: Server, client: httpx.Client) -> None:
    location = begin(client)
    with socket.create_connection(server.host.split(":")) as hung:
        hung.sendall(f"PATCH {location} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n01234".encode())
        while client.get(location).headers["Range"] != "0-4":
            pass
        assert chunk(client, location, 5, b"56789").status_code == 202
        hung.sendall(b"xxxxx")
        assert hung.recv(1000).startswith(b"HTTP/1.1 416 ")
    assert client.put(location, params={"digest": digest(CONTENT)}).status_code == 201


def test_an_unused_upload_expires(client: httpx.Client, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    location = begin(client)
    monkeypatch.setattr(upload_sessions, "_EXPIRY", -1.0)
    begin(client)
    assert client.get(location).status_code == 404
    assert len(ingest(store)) == 1


def test_a_client_that_sends_nothing_is_disconnected(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "CLIENT_TIMEOUT", 0.05)
    with socket.create_connection(server.host.split(":")) as connection:
        assert connection.recv(1000) == b""


def test_a_client_that_stops_sending_is_disconnected(
    server: Server, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive = handler.Handler.data_received

    async def impatient(handler: handler.Handler, chunk: bytes) -> None:
        monkeypatch.setattr(listener, "CLIENT_TIMEOUT", 0.05)  # only now: the request itself may take longer
        await receive(handler, chunk)

    monkeypatch.setattr(handler.Handler, "data_received", impatient)
    request = f"PATCH {begin(client)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n01234"
    with socket.create_connection(server.host.split(":")) as connection:
        connection.sendall(request.encode())
        assert connection.recv(1000) == b""


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_discarded_body_is_limited(server: Server, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr(handler, "_MAX_DISCARDED", 100)
    with socket.create_connection(server.host.split(":")) as connection:
        head = f"{method} /v2/{REPOSITORY}/blobs/uploads/x HTTP/1.1\r\nHost: localhost\r\n"
        connection.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + b"80\r\n" + b"x" * 128 + b"\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 404 ")


def test_a_full_disk_ends_the_upload(client: httpx.Client, store: Store) -> None:
    location = begin(client)
    for path in ingest(store):
        path.unlink()
    assert error(client.patch(location, content=b"0123")) == (507, "UNKNOWN")
    assert client.get(location).status_code == 404


@pytest.mark.parametrize("header", ["0-9", "bytes 0-9/*", "bytes=0-9", "0-9/100"])
def test_a_content_range_is_the_first_and_last_byte(header: str) -> None:
    assert parse_content_range(header) == range(10)


@pytest.mark.parametrize("header", ["", "9-0", "-9", "0-", "a-b", "0 - 9", "1" * 30 + "-" + "2" * 30])
def test_an_invalid_content_range_is_refused(header: str) -> None:
    with pytest.raises(APIError):
        parse_content_range(header)
