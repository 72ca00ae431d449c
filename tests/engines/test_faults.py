"""Engines that misbehave: slow, broken, hostile, or none at all."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from nbdock.engines import failures
from nbdock.engines.address import TLS, Address
from nbdock.engines.candidates import candidates
from nbdock.engines.client import Engine, find
from nbdock.engines.settings import EngineSettings
from nbdock.errors import BadResponse, Cancelled, ImageNotFound, NbdockError, RegistryError, Unreachable
from nbdock.task import Task
from tests.parts import certificates
from tests.parts.certificates import Certificate
from tests.registry.faults import Reply, Server

ID = f"sha256:{'a' * 64}"
IMAGE = b'{"Id": "%s", "RepoTags": ["app:dev"]}' % ID.encode()
PONG = Reply(200, b"OK", {"Api-Version": "1.41"})
ASKED = {
    "GET /_ping": Engine.ping,
    "GET /images/json": Engine.images,
    "GET /images/app/json": lambda engine: engine.image("app"),
    "GET /images/get": lambda engine: list(engine.save([])),
    "POST /images/load": lambda engine: engine.load([b"archive"]),
}


def failure(work: Callable[[], object]) -> NbdockError:
    """The error: one line that is safe to print."""
    with pytest.raises(NbdockError) as caught:
        work()
    assert str(caught.value).isprintable() and len(str(caught.value)) < 400
    assert isinstance(caught.value, RegistryError | ImageNotFound)
    return caught.value


@pytest.mark.parametrize("line", ASKED)
def test_an_engine_that_stops_in_the_middle_is_a_broken_connection(server: Server, engine: Engine, line: str) -> None:
    server.on(line, Reply(200, b"[" + b" " * 1000, {"Api-Version": "1.41"}, cut=500))
    error = failure(lambda: ASKED[line](engine))
    assert isinstance(error, Unreachable)
    assert str(error).startswith(f"tcp://{server.host}: ")


def test_a_large_archive_that_stops_in_the_middle_is_a_broken_connection(server: Server, engine: Engine) -> None:
    server.on("GET /images/get", Reply(200, bytes(3 << 20), cut=2 << 20))
    assert isinstance(failure(lambda: list(engine.save([]))), Unreachable)


@pytest.mark.parametrize("cut", [None, 10])
@pytest.mark.parametrize("line", ASKED)
def test_an_engine_that_says_nothing_more_is_left(server: Server, line: str, cut: int | None) -> None:
    server.on(line, Reply(200, b"[" + b" " * 1000, silent=True, cut=cut))
    error = failure(lambda: ASKED[line](Engine("docker", Address(host=server.host), Task(), timeout=0.01)))
    assert isinstance(error, Unreachable)
    assert str(error) == f"tcp://{server.host}: no answer in time"


@pytest.mark.parametrize("cut", [None, 10])
@pytest.mark.parametrize("line", ASKED)
def test_an_interrupt_ends_the_wait_at_once(server: Server, line: str, cut: int | None) -> None:
    server.on(line, Reply(200, b"[" + b" " * 1000, silent=True, cut=cut))
    task = Task()
    threading.Thread(target=lambda: server.reached.wait() and task.cancel()).start()
    with pytest.raises(Cancelled):
        ASKED[line](Engine("docker", Address(host=server.host), task))


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'["a"]', b"[" * 5000, b"{}", b"null", b"<html>", b"\xff" * 50])
@pytest.mark.parametrize("line", ["GET /images/json", "GET /images/app/json"])
def test_a_body_that_is_none_is_a_bad_response(server: Server, engine: Engine, line: str, body: bytes) -> None:
    server.on(line, Reply(200, body))
    error = failure(lambda: ASKED[line](engine))
    assert isinstance(error, BadResponse)
    assert error.hint == "is that an engine of Docker or Podman?"


@pytest.mark.parametrize(
    "item",
    [
        b'{"Id": 5}',
        b'{"Id": "x"}',
        b'{"Id": "%s", "RepoTags": 5}',
        b'{"Id": "%s", "Size": -1}',
        b'{"Id": "%s", "Labels": []}',
    ],
)
def test_a_field_of_another_type_is_a_bad_response(server: Server, engine: Engine, item: bytes) -> None:
    server.on("GET /images/json", Reply(200, b"[%s]" % item.replace(b"%s", ID.encode())))
    assert isinstance(failure(engine.images), BadResponse)


def test_names_and_times_that_are_none_are_left_out(server: Server, engine: Engine) -> None:
    names = b'"RepoTags": ["<none>:<none>", "a\\u001b[31m:b", "app:dev"], "RepoDigests": ["<none>@<none>"]'
    times = (b"-62135596800", b"9e99", b"99999999999999", b"null", b'"yesterday"', b"true")
    items = b",".join(b'{"Id": "%s", "Created": %s, %s}' % (ID.encode(), time, names) for time in times)
    server.on("GET /images/json", Reply(200, b"[%s]" % items))
    for image in engine.images():
        assert [each.familiar for each in image.tags] == ["app:dev"]
        assert image.digests == ()
        assert image.created is None or image.created.year == 1970


@pytest.mark.parametrize("line", ["GET /images/json", "GET /images/app/json", "POST /images/load"])
def test_a_body_without_end_is_not_read(server: Server, engine: Engine, line: str) -> None:
    server.on(line, Reply(200, b'{"stream": "x"}\n' * (17 << 16)))
    assert "a response of more than" in str(failure(lambda: ASKED[line](engine)))


def test_headers_without_end_are_not_read(server: Server, engine: Engine) -> None:
    server.on("GET /images/json", Reply(200, b"[]", {f"X-{number}": "x" * 1000 for number in range(1000)}))
    assert isinstance(failure(engine.images), Unreachable)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 409, 500, 503])
def test_an_engines_own_words_are_told(server: Server, engine: Engine, status: int) -> None:
    server.on("GET /images/json", Reply(status, b'{"message": "no\\nspace\\u001b[31m left"}', {"Location": "/x"}))
    error = failure(engine.images)
    assert str(error) == f"tcp://{server.host}: no space\\x1b[31m left"
    assert isinstance(error, BadResponse) and error.status == status
    assert len(server.requests) == 1


def test_a_status_without_words_is_told(server: Server, engine: Engine) -> None:
    server.on("GET /images/json", Reply(503))
    assert str(failure(engine.images)) == f"tcp://{server.host}: 503 Service Unavailable"


def test_an_error_in_the_lines_of_a_load_is_raised(server: Server, engine: Engine) -> None:
    lines = b'{"stream": "Loaded image: a\\n"}\r\n{"errorDetail": {"message": "full"}, "error": "no space left"}\r\n'
    server.on("POST /images/load", Reply(200, lines))
    assert str(failure(lambda: engine.load([b"archive"]))) == f"tcp://{server.host}: no space left"


def test_the_lines_of_a_load_are_safe_to_print(server: Server, engine: Engine) -> None:
    server.on("POST /images/load", Reply(200, b'{"stream": "Loaded image: a\\u001b[31m\\n"}\r\n\r\n{"status": "x"}'))
    assert engine.load([b"archive"]) == ("Loaded image: a\\x1b[31m",)


def test_another_server_is_no_engine(server: Server) -> None:
    server.on("GET /_ping", Reply(200, b"OK"))
    error = failure(lambda: find("docker", EngineSettings(docker_host=f"tcp://{server.host}")))
    assert str(error) == f"no Docker engine: tcp://{server.host}: another server answers"
    assert error.hint == "is that an engine of Docker or Podman?"


def test_every_address_that_was_tried_is_told(home: Path) -> None:
    (home / ".docker/run").mkdir(parents=True)
    (home / ".docker/desktop").touch()
    with socket.socket(socket.AF_UNIX) as ended:
        ended.bind(str(home / ".docker/run/docker.sock"))
    settings = EngineSettings(home=home, runtime=home, docker=home)
    usual, rootless, stale, file = (each.shown for each in candidates("docker", settings))
    error = failure(lambda: find("docker", settings))
    assert f"{rootless}: no such file; {stale}: connection refused; {file}: " in str(error)
    assert str(error).startswith(f"no Docker engine: {usual}: ")


@pytest.mark.parametrize(("path", "hint"), [("/var/run/docker.sock", "usermod -aG docker"), ("/x/podman.sock", "")])
def test_a_socket_that_may_not_be_used_has_its_remedy(path: str, hint: str) -> None:
    wrapped = httpx.ConnectError("x")
    wrapped.__cause__ = PermissionError(errno.EACCES, "Permission denied")
    error = failures.broken(wrapped, Address(socket=path))
    assert str(error) == f"unix://{path}: permission denied"
    assert hint in error.hint and bool(hint) == bool(error.hint)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder with the certificates of a client, as docker has it."""
    authority = certificates.authority(tmp_path)
    own = certificates.client(tmp_path, authority)
    folder = tmp_path / "keys"
    folder.mkdir()
    for name, path in (("ca.pem", authority.certificate), ("cert.pem", own.certificate), ("key.pem", own.key)):
        (folder / name).write_bytes(path.read_bytes())
    return folder


@pytest.fixture
def secure(keys: Path, tmp_path: Path) -> object:
    """An engine that takes nobody without a certificate of its authority."""
    own = certificates.loopback(tmp_path, Certificate(tmp_path / "authority.crt", tmp_path / "authority.key"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)
    context.load_verify_locations(keys / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with Server(context) as running:
        running.on("GET /_ping", PONG)
        yield running


def ping(server: Server, tls: TLS | None) -> None:
    Engine("docker", Address(host=server.host, tls=tls), Task()).ping()


@pytest.mark.parametrize("verify", [True, False])
def test_an_engine_and_its_client_show_each_other_certificates(secure: Server, keys: Path, verify: bool) -> None:
    ping(secure, TLS(keys, verify=verify))


def test_an_engine_of_another_authority_is_refused(secure: Server, keys: Path) -> None:
    (keys / "ca.pem").unlink()
    error = failure(lambda: ping(secure, TLS(keys)))
    assert "tls: failed to verify certificate: it is signed by an unknown authority" in str(error)
    assert error.hint == f"put its authority in {keys}/ca.pem"


def test_a_client_without_a_certificate_is_told_where_to_put_it(secure: Server, keys: Path) -> None:
    (keys / "cert.pem").unlink()
    error = failure(lambda: ping(secure, TLS(keys)))
    assert error.hint == f"put yours in {keys}, as cert.pem and key.pem"


def test_an_engine_without_tls_is_told(server: Server, keys: Path) -> None:
    error = failure(lambda: ping(server, TLS(keys)))
    assert error.hint


def test_an_engine_that_wants_tls_is_told(server: Server) -> None:
    server.on("GET /_ping", Reply(400, b"Client sent an HTTP request to an HTTPS server.\n"))
    error = failure(lambda: ping(server, None))
    assert error.hint == "set DOCKER_TLS_VERIFY=1: it speaks TLS"
