"""Bodies: large ones are received past httpx, and nobody can tell."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator

import httpx
import pytest

from nbdock.errors import Cancelled, Unreachable
from nbdock.http import body
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.reference import Reference
from nbdock.registry.client import Registry
from nbdock.registry.hosts import Endpoint
from nbdock.registry.request import Request
from nbdock.registry.transport import Transport
from nbdock.task import Task
from tests.registry.conftest import Impatient
from tests.registry.faults import Reply, Server

CONTENT = bytes(range(256)) * 32_768  # 8 MiB
HALF = len(CONTENT) // 2


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20, trust_env=False) as client:
        yield client


def received(client: httpx.Client, url: str) -> tuple[bytes, httpx.Response]:
    """The body, and the response that it is of."""
    with client.stream("GET", url) as response:
        return b"".join(body.chunks(response)), response


def port(response: httpx.Response) -> int:
    """Of this end of the connection."""
    number: int = response.extensions["network_stream"].get_extra_info("client_addr")[1]
    return number


def test_a_large_body_comes_past_httpx_and_its_connection_is_used_again(server: Server, http: httpx.Client) -> None:
    server.on("GET /blob", Reply(200, CONTENT))
    server.on("GET /next", Reply(200, b"hello"))
    ports = set()
    for _ in range(2):
        with http.stream("GET", f"{server.url}/blob") as response:
            assert b"".join(body.chunks(response)) == CONTENT
            assert response.num_bytes_downloaded < HALF
            ports.add(port(response))
    with http.stream("GET", f"{server.url}/next") as response:
        assert b"".join(body.chunks(response)) == b"hello"
        ports.add(port(response))
    assert len(ports) == 1


def test_a_large_body_comes_over_tls(secure_server: Server, trust: ssl.SSLContext) -> None:
    secure_server.on("GET /blob", Reply(200, CONTENT))
    with httpx.Client(verify=trust, trust_env=False) as client:
        content, response = received(client, f"{secure_server.url}/blob")
    assert content == CONTENT
    assert response.num_bytes_downloaded < HALF


@pytest.mark.parametrize("name", ["_stream", "_connection", "_h11_state"])
def test_without_the_private_parts_of_httpx_it_receives_all_itself(
    server: Server, http: httpx.Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tuple(f"renamed{each}" if each == name else each for each in body._H11_CONNECTION)
    monkeypatch.setattr(body, "_H11_CONNECTION", path)
    server.on("GET /blob", Reply(200, CONTENT))
    content, response = received(http, f"{server.url}/blob")
    assert content == CONTENT
    assert response.num_bytes_downloaded == len(CONTENT)


def test_a_body_of_unknown_length_is_left_to_httpx(server: Server, http: httpx.Client) -> None:
    framed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(CONTENT), CONTENT)
    server.on("GET /blob", Reply(200, framed, {"Transfer-Encoding": "chunked"}))
    content, response = received(http, f"{server.url}/blob")
    assert content == CONTENT
    assert response.num_bytes_downloaded == len(CONTENT)


def test_what_came_before_a_cut_is_given(server: Server, http: httpx.Client) -> None:
    server.on("GET /blob", Reply(200, CONTENT, cut=HALF))
    got = bytearray()
    with pytest.raises(httpx.TransportError), http.stream("GET", f"{server.url}/blob") as response:
        for chunk in body.chunks(response):
            got += chunk
    assert got == CONTENT[:HALF]


def test_a_server_that_goes_silent_is_given_up(server: Server) -> None:
    server.on("GET /v2/blob", Reply(200, CONTENT, cut=HALF, silent=True))
    response = Transport(None, timeout=0.2).send(request(server), Task())
    got = bytearray()
    with pytest.raises(Unreachable, match=f"cannot reach {server.host}: no answer in time"):
        for chunk in response.chunks():
            got += chunk
    assert got == CONTENT[:HALF]


def test_a_silent_server_holds_nobody_who_wants_to_end(server: Server) -> None:
    server.on("GET /v2/blob", Reply(200, CONTENT, cut=HALF, silent=True))
    task = Task()
    threading.Thread(target=lambda: server.reached.wait() and task.cancel()).start()
    with pytest.raises(Cancelled):
        list(Transport(None, timeout=20).send(request(server), task).chunks())


def test_a_large_download_goes_on_where_it_broke(client: Registry, server: Server, task: Impatient) -> None:
    layer = Descriptor.of(media.OCI_LAYER, CONTENT)
    rest = {"Content-Range": f"bytes {HALF}-{len(CONTENT) - 1}/{len(CONTENT)}"}
    server.on(f"GET /v2/app/blobs/{layer.digest}", Reply(200, CONTENT, cut=HALF), Reply(206, CONTENT[HALF:], rest))
    assert b"".join(client.repository(Reference.parse(f"{server.host}/app"), task).open(layer)) == CONTENT
    assert [each.headers.get("Range", "") for each in server.asked("GET")] == ["", f"bytes={HALF}-"]


def request(server: Server) -> Request:
    return Request(Endpoint(server.host, insecure=True), "GET", "/v2/blob")
