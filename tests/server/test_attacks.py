"""Strangers who want the server's memory, disk, time or attention."""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import create_autospec

import bcrypt
import httpx
import pytest

from nbdock.errors import UsageError
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.server import Options, Server, handler, listener, upload_sessions
from nbdock.server import server as running
from nbdock.server.listings import VersionHandler
from nbdock.server.users import Users
from nbdock.store import Store
from tests.parts import certificates
from tests.parts.registries import BCRYPT
from tests.parts.tokens import PASSWORD, USER
from tests.server.parts import digest, error, keep, manifest, no_upstream, push, put_manifest

UPLOADS = "/v2/team/app/blobs/uploads/"
MALFORMED = (
    b"GET\r\n\r\n",
    b"\x1b[31m\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /v2/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
    b"GET /v2/ HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
    b"POST /v2/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    b"GET /v2/%ff/tags/list HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"GET /v2/_catalog?n=%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the server would have written into the notebook."""
    told = (each for each in caplog.records if each.levelno >= logging.INFO)
    return [each.getMessage() for each in told if each.name.split(".")[0] in ("tornado", "asyncio", "nbdock")]


def wait(server: Server, request: bytes) -> bytes:
    """The response to a request on a connection of its own, until the server closes it."""
    with socket.create_connection(server.host.split(":")) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: _received(connection), b""))


@contextmanager
def lazy_client(server: Server) -> Iterator[socket.socket]:
    """A connection on which little waits to be received."""
    server._sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, port = server.host.split(":")
        lazy.connect((host, int(port)))
        yield lazy


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("request_", MALFORMED)
def test_a_malformed_request_is_a_400_and_no_line(
    server: Server, logged: pytest.LogCaptureFixture, request_: bytes
) -> None:
    assert wait(server, request_).startswith(b"HTTP/1.1 400 ")
    assert not lines(logged)


def test_headers_are_bounded(server: Server, logged: pytest.LogCaptureFixture) -> None:
    assert wait(server, b"GET /v2/ HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 33_000) == b""
    assert not lines(logged)


def test_what_is_no_tls_is_no_line_of_a_server_with_tls(
    store: Store, tmp_path: Path, logged: pytest.LogCaptureFixture
) -> None:
    own = certificates.loopback(tmp_path, certificates.authority(tmp_path))
    server = Server(store, Options(port=0, tls_cert=own.certificate, tls_key=own.key), no_upstream)
    wait(server, b"GET /v2/ HTTP/1.1\r\n\r\n")
    with pytest.raises(ssl.SSLError), socket.create_connection(server.host.split(":")) as connection:
        ssl.create_default_context(cafile=None).wrap_socket(connection, server_hostname="evil.example")
    server.stop()
    assert not lines(logged)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    async def get(_: VersionHandler) -> None:
        raise RuntimeError("a bug\x1b[31m")

    monkeypatch.setattr(VersionHandler, "get", get)


@pytest.mark.usefixtures("broken")
def test_an_error_that_nobody_expected_is_no_line(client: httpx.Client, logged: pytest.LogCaptureFixture) -> None:
    assert client.get("/v2/").status_code == 500
    assert not lines(logged)


@pytest.mark.usefixtures("broken")
def test_the_log_that_one_asks_for_has_requests_and_errors(store: Store, tmp_path: Path) -> None:
    server = Server(store, Options(port=0, log=tmp_path / "log"), no_upstream)
    wait(server, b"GET /v2/_catalog?n=\xc2\x9b31m HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert httpx.get(f"{server.url}/v2/").status_code == 500
    server.stop()
    text = (tmp_path / "log").read_text()
    assert '127.0.0.1 - "GET /v2/_catalog?n=' in text and '"GET /v2/" 500 ' in text
    assert "RuntimeError: a bug" in text
    assert all(each.isprintable() or each in "\n\t" for each in text)


def test_a_log_that_cannot_be_written_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot write .*: Is a directory"):
        Server(store, Options(port=0, log=tmp_path), no_upstream)


def test_more_connections_than_there_is_room_for_wait(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MAX_CONNECTIONS", 2)
    server = Server(store, Options(port=0), no_upstream)
    address = server.host.split(":")
    idle = [socket.create_connection(address) for _ in range(2)]
    with socket.create_connection(address) as third:
        third.sendall(b"GET /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        third.settimeout(0.2)
        with pytest.raises(TimeoutError):
            third.recv(1)
        third.settimeout(30)
        idle[0].close()
        assert third.recv(1000).startswith(b"HTTP/1.1 200 ")
    idle[1].close()
    server.stop()


_WITHOUT_FILES = """
import ctypes, os, resource, socket, sys, time
ctypes.CDLL("libgcc_s.so.1")  # glibc opens it when a thread ends, and says so if it cannot
from nbdock.server import Options, Server
from nbdock.store import Store
server = Server(Store(sys.argv[1]), Options(port=0), None)
address = server.host.split(":")
clients = [socket.socket() for _ in range(3)]
resource.setrlimit(resource.RLIMIT_NOFILE, (clients[-1].fileno() + 1,) * 2)
for client in clients[:2]:
    client.connect((address[0], int(address[1])))
time.sleep(1)
clients[2].close()
clients[0].sendall(b"GET /v2/ HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
print(clients[0].recv(1000).split()[1].decode())
"""


def test_without_file_descriptors_the_server_waits_and_says_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WITHOUT_FILES, tmp_path]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ran.stdout, ran.stderr) == ("200\n", "")


class Clock:
    """The time of an event loop, and how long its timers are to run."""

    now = 0.0

    def __init__(self) -> None:
        self.delays: list[float] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, _: object) -> asyncio.TimerHandle:
        self.delays.append(delay)
        return create_autospec(asyncio.TimerHandle)


def test_a_byte_now_and_then_is_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: clock)
    timer = listener.ClientTimer(lambda: None)
    for moved in (1, 1, listener.PROGRESS, 1):
        timer.start()
        clock.now += 20
        timer.cancel(moved)
    assert clock.delays == [60, 40, 20, 60]


def test_a_client_that_does_not_receive_a_manifest_is_disconnected(
    store: Store, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = keep(store, "team/app:1", b"layer", annotations={"long": "x" * 3_000_000})
    monkeypatch.setattr(listener, "CLIENT_TIMEOUT", 0.5)
    with lazy_client(server) as lazy:
        lazy.sendall(b"GET /v2/team/app/manifests/1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        lazy.recv(1)
        threading.Event().wait(2)
        received = b"".join(iter(lambda: _received(lazy), b""))
    assert len(received) < len(made)


def test_manifests_that_are_pushed_at_once_are_bounded_together(
    server: Server, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(client, "team/app", "1", b"layer")
    monkeypatch.setattr(handler, "_MAX_HELD", 2000)
    head = b"PUT /v2/team/app/manifests/2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000\r\n\r\n"
    with socket.create_connection(server.host.split(":")) as slow:
        slow.sendall(head + b"x" * 1900)
        while server._services.bodies._held < 1900:
            pass
        refused = put_manifest(client, "team/app", "3", manifest(b"layer"))
        assert error(refused) == (429, "TOOMANYREQUESTS") and refused.headers["Retry-After"] == "1"
    while server._services.bodies._held:
        pass
    assert put_manifest(client, "team/app", "3", manifest(b"layer")).status_code == 201
    assert server._services.bodies._held == 0


def test_a_manifest_that_is_not_received_is_not_in_memory(
    store: Store, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, "team/app:1", b"layer", annotations={"long": "x" * 3_900_000})
    opened: list[list[int]] = []

    def counted(descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        opened.append([])
        for chunk in store._blobs.open(descriptor, start):
            opened[-1].append(len(chunk))
            yield chunk

    monkeypatch.setattr(store, "open", counted)
    with lazy_client(server) as lazy:
        lazy.sendall(b"GET /v2/team/app/manifests/1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        lazy.recv(1)
        assert sum(opened[-1]) < media.MAX_MANIFEST / 2


def test_of_too_many_uploads_the_oldest_gives_way(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_sessions, "_MAX_SESSIONS", 3)
    first, *others = (client.post(UPLOADS).headers["Location"] for _ in range(4))
    assert client.get(first).status_code == 404
    assert [client.get(each).status_code for each in others] == [204] * 3


def test_unfinished_uploads_leave_half_of_the_disk(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    locations = [client.post(UPLOADS).headers["Location"] for _ in range(2)]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 80, 20))
    assert client.patch(locations[0], content=b"x" * 15).status_code == 202
    assert error(client.patch(locations[1], content=b"x" * 15)) == (429, "TOOMANYREQUESTS")


def test_unused_uploads_are_deleted_though_no_other_begins(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_EXPIRY_PERIOD", 10)
    server = Server(store, Options(port=0, writable=True), no_upstream)
    assert httpx.post(server.url + UPLOADS).status_code == 202
    monkeypatch.setattr(upload_sessions, "_EXPIRY", -1.0)
    while any((store.root / "ingest").iterdir()):
        pass
    server.stop()


def test_a_manifest_and_its_tags_are_bounded(client: httpx.Client) -> None:
    large = manifest(annotations={"x": "x" * media.MAX_MANIFEST})
    assert error(put_manifest(client, "team/app", "1", large)) == (413, "SIZE_INVALID")
    tags = {"tag": [f"t{number}" for number in range(101)]}
    refused = client.put(f"/v2/team/app/manifests/{digest(manifest())}", params=tags, content=manifest())
    assert error(refused) == (400, "MANIFEST_INVALID")


@pytest.mark.parametrize("header", ["bytes=" + "0-," * 9000, "bytes=0-1,2-3", "bytes=" + "9" * 30_000 + "-"])
def test_a_list_of_ranges_is_the_whole_blob_once(store: Store, client: httpx.Client, header: str) -> None:
    keep(store, "team/app:1", b"layer")
    response = client.get(f"/v2/team/app/blobs/{digest(b'layer')}", headers={"Range": header})
    assert (response.status_code, response.content) == (200, b"layer")


@pytest.fixture
def guarded(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, threading.Event]]:
    """A server with users, and the event without which no password is ever checked."""
    (tmp_path / "htpasswd").write_text(f"{USER}:{BCRYPT}\n")
    check, quick = bcrypt.checkpw, threading.Event()
    quick.set()
    monkeypatch.setattr(bcrypt, "checkpw", lambda *given: quick.wait() and check(*given))
    server = Server(store, Options(port=0, htpasswd=tmp_path / "htpasswd"), no_upstream)
    yield server, quick
    quick.set()
    server.stop()


def test_guesses_do_not_keep_a_user_waiting(store: Store, guarded: tuple[Server, threading.Event]) -> None:
    server, quick = guarded
    keep(store, "team/app:1", b"layer")
    with httpx.Client(base_url=server.url, auth=(USER, PASSWORD), timeout=20) as user, ExitStack() as guesses:
        assert user.get("/v2/").status_code == 200
        quick.clear()
        for number in range(16):
            guess = httpx.BasicAuth(USER, f"{number}")._auth_header
            connection = guesses.enter_context(socket.create_connection(server.host.split(":")))
            connection.sendall(f"GET /v2/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: {guess}\r\n\r\n".encode())
        for _ in range(3):
            assert user.get("/v2/").status_code == 200  # by then the server has read the guesses
        assert user.get("/v2/team/app/tags/list").json()["tags"] == ["1"]


def test_an_unknown_user_takes_as_long_as_a_known_one() -> None:
    asked: list[bytes] = []

    def check(_password: bytes, hashed: bytes) -> bool:
        asked.append(hashed)
        return True

    async def authenticate() -> list[bool]:
        names = [f"{number:064}" for number in range(100)]
        headers = [httpx.BasicAuth(name, "x")._auth_header for name in names]
        return [await users.authenticate(header) for header in headers * 2]

    users = Users({"alice": b"cheap", "bob": b"dear"}, check)
    assert not any(asyncio.run(authenticate()))
    assert asked[:100] == asked[100:] and set(asked) == {b"cheap", b"dear"}
