"""The server: address, TLS, slow and many clients, stopping."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from nbdock.errors import Refused, UsageError
from nbdock.server import Options, Server, listener, start, stop
from nbdock.server.handler import Handler
from nbdock.store import Store
from tests.parts import certificates
from tests.server.parts import digest, error, keep, no_upstream, noise, push_blob


def test_a_port_in_use_is_refused(store: Store, server: Server) -> None:
    port = int(server.host.split(":")[1])
    with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}"):
        Server(store, Options(port=port), no_upstream)


@pytest.mark.parametrize("port", [-1, 70000])
def test_an_invalid_port_is_refused(store: Store, port: int) -> None:
    with pytest.raises(UsageError, match="cannot listen"):
        Server(store, Options(port=port), no_upstream)


@pytest.mark.parametrize(
    ("host", "name"), [("0.0.0.0", "localhost"), ("localhost", "localhost"), ("127.0.0.1", "127.0.0.1")]
)
def test_the_host_is_a_valid_registry_name(store: Store, host: str, name: str) -> None:
    server = Server(store, Options(host=host, port=0), no_upstream)
    assert server.host.rpartition(":")[0] == name
    assert httpx.get(f"{server.url}/v2/").status_code == 200
    server.stop()


def test_a_stopped_server_accepts_no_connections(store: Store) -> None:
    server = Server(store, Options(port=0), no_upstream)
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/v2/")


def test_a_server_stops_while_a_client_is_being_served(store: Store) -> None:
    keep(store, "team/app:1", layer := noise(20_000_000))
    server = Server(store, Options(port=0), no_upstream)
    with httpx.stream("GET", f"{server.url}/v2/team/app/blobs/{digest(layer)}") as response:
        chunks = response.iter_raw()
        next(chunks)
        server.stop()
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            for _ in chunks:
                pass


def test_a_cache_accepts_no_pushes(store: Store) -> None:
    with pytest.raises(UsageError, match="cannot be used together"):
        Server(store, Options(port=0, writable=True, proxy="docker.io"), no_upstream)


def test_it_serves_over_tls(store: Store, tmp_path: Path) -> None:
    authority = certificates.authority(tmp_path)
    own = certificates.loopback(tmp_path, authority)
    options = Options(port=0, writable=True, tls_cert=own.certificate, tls_key=own.key)
    server = Server(store, options, no_upstream)
    context = ssl.create_default_context(cafile=authority.certificate)
    with httpx.Client(base_url=server.url, verify=context) as client:
        content = noise(2_000_000)
        assert client.get(f"/v2/team/app/blobs/{push_blob(client, 'team/app', content)}").content == content
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(server.url)
    server.stop()


@pytest.mark.parametrize("files", [("server.crt", None), (None, "server.key"), ("nothing", "nothing"), ("bad", "bad")])
def test_an_unusable_certificate_is_refused(store: Store, tmp_path: Path, files: tuple[str | None, str | None]) -> None:
    (tmp_path / "bad").write_text("no certificate")
    cert, key = (tmp_path / name if name else None for name in files)
    with pytest.raises(UsageError):
        Server(store, Options(port=0, tls_cert=cert, tls_key=key), no_upstream)


def test_a_tls_handshake_is_rejected_at_once_without_tls(server: Server) -> None:
    with pytest.raises(httpx.ConnectError, match="SSL"):
        httpx.get(server.url.replace("http:", "https:"), timeout=30)


def test_a_client_that_sends_nothing_and_disconnects_does_no_harm(server: Server, client: httpx.Client) -> None:
    socket.create_connection(server.host.split(":")).close()
    assert client.get("/v2/").status_code == 200


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v2/ HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"\0" * 70_000,
    ],
)
def test_invalid_http_does_no_harm(server: Server, client: httpx.Client, request_: bytes) -> None:
    with socket.create_connection(server.host.split(":")) as connection:
        connection.sendall(request_)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1000)
    assert client.get("/v2/").status_code == 200


def test_a_client_that_does_not_receive_is_disconnected(
    store: Store, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, "team/app:1", layer := noise(20_000_000))
    stream, close, closed = Handler.stream, Handler.close_connection, threading.Event()

    async def impatient(handler: Handler, chunks: AsyncIterator[bytes]) -> None:
        monkeypatch.setattr(listener, "CLIENT_TIMEOUT", 0.05)  # only now: the request itself may take longer
        await stream(handler, chunks)

    monkeypatch.setattr(Handler, "stream", impatient)
    monkeypatch.setattr(Handler, "close_connection", lambda handler: (close(handler), closed.set()))
    with socket.create_connection(server.host.split(":")) as connection:
        connection.sendall(f"GET /v2/team/app/blobs/{digest(layer)} HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode())
        closed.wait()
        received = 0
        while chunk := connection.recv(1 << 20):
            received += len(chunk)
    assert 0 < received < len(layer)


def test_many_clients_at_once_receive_every_byte(store: Store, server: Server) -> None:
    layers = [noise(3_000_000) for _ in range(3)]
    keep(store, "team/app:1", *layers)

    def client(_: int) -> list[str]:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            found = []
            for layer in layers:
                with client.stream("GET", f"/v2/team/app/blobs/{digest(layer)}") as response:
                    hasher = hashlib.sha256()
                    for chunk in response.iter_raw():
                        hasher.update(chunk)
                found.append(f"sha256:{hasher.hexdigest()}")
            return found

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(client, range(32))) == [list(map(digest, layers))] * 32


def test_a_damaged_store_is_500_without_details(store: Store, client: httpx.Client) -> None:
    store.root.mkdir()
    (store.root / "index.json").write_text("{")
    response = client.get("/v2/team/app/tags/list")
    assert error(response) == (500, "UNKNOWN")
    assert str(store.root) not in response.text


def test_a_store_is_served_once_until_it_is_stopped(store: Store) -> None:
    server = start(store, Options(port=0), no_upstream)
    with pytest.raises(Refused, match=server.url):
        start(store, Options(port=0), no_upstream)
    assert stop(store) is server
    with pytest.raises(Refused, match="not being served"):
        stop(store)
