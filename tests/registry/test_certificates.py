"""Certificates: those kept by host, those that Go takes, and what is wrong with the others."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from nbdock.dock.dock import Settings
from nbdock.errors import InvalidContent, NbdockError, Unreachable
from nbdock.registry.certificates import context, explain
from nbdock.registry.transport import Transport
from tests.parts import certificates
from tests.parts.certificates import Certificate
from tests.registry.conftest import Impatient
from tests.registry.faults import Reply, Server
from tests.registry.test_transport import failure, request

Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server with a certificate; one with `clients` wants one of theirs, signed by that authority."""
    with ExitStack() as stack:

        def begin(own: Certificate, clients: Certificate | None = None) -> Server:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(own.certificate, own.key)
            if clients:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(clients.certificate)
            server = stack.enter_context(Server(context))
            server.on("GET /v2/x", Reply(200, b"hello"))
            return server

        yield begin


def keep(folder: Path, host: str, **files: Path) -> Transport:
    """A client with a folder like certs.d, in which the host has files."""
    own = folder / "certs.d" / host
    own.mkdir(parents=True, exist_ok=True)
    for name, path in files.items():
        (own / name.replace("_", ".")).write_bytes(path.read_bytes())
    return Transport(None, timeout=20, certificates=[folder / "none", folder / "certs.d"])


def hello(transport: Transport, server: Server, task: Impatient) -> bool:
    return transport.send(request(server, insecure=False), task).read().body == b"hello"


def test_an_authority_is_trusted_for_the_host_that_it_is_kept_for(
    serve: Serve, authority: Certificate, task: Impatient, tmp_path: Path
) -> None:
    own = certificates.loopback(tmp_path, authority)
    server, other = serve(own), serve(own)
    transport = keep(tmp_path, server.host, ca_crt=authority.certificate)
    assert hello(transport, server, task)
    assert "signed by an unknown authority" in str(failure(transport, other, task, insecure=False))


def test_a_client_shows_the_certificate_that_is_kept_for_the_host(
    serve: Serve, authority: Certificate, task: Impatient, tmp_path: Path
) -> None:
    server = serve(certificates.loopback(tmp_path, authority), clients=authority)
    transport = keep(tmp_path, server.host, ca_crt=authority.certificate)
    problem = failure(transport, server, task, insecure=False)
    assert "takes no client without a certificate" in str(problem)
    assert f"certs.d/{server.host}, as client.cert and client.key" in problem.hint
    assert task.slept == []
    mine = certificates.client(tmp_path, authority)
    transport = keep(tmp_path, server.host, my_cert=mine.certificate, my_key=mine.key)
    assert hello(transport, server, task)
    assert transport.send(request(server), task).read().body == b"hello"  # an insecure one gets it too


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"ca_crt": b"not PEM"}, "ca.crt: it is no certificate in PEM"),
        ({"my_cert": b"not PEM"}, "my.cert has no key"),
        ({"my_cert": b"not PEM", "my_key": b"neither"}, "my.cert: it is no certificate in PEM"),
    ],
)
def test_a_file_that_is_no_certificate_is_named(
    tmp_path: Path, task: Impatient, files: dict[str, bytes], words: str
) -> None:
    written = {name: tmp_path / name for name in files}
    for name, path in written.items():
        path.write_bytes(files[name])
    problem = failure(keep(tmp_path, "registry.test", **written), "registry.test", task, insecure=False)
    assert isinstance(problem, InvalidContent)
    assert words in str(problem)


@pytest.mark.parametrize(
    "usual",
    [{"usage": False}, {"usage": False, "key_identifiers": False}],
    ids=["no key usage", "no key identifiers"],
)
def test_an_authority_that_go_takes_is_taken_on_every_python(
    serve: Serve, task: Impatient, tmp_path: Path, usual: dict[str, bool]
) -> None:
    made = certificates.authority(tmp_path, **usual)
    server = serve(certificates.loopback(tmp_path, made, key_identifiers=usual.get("key_identifiers", True)))
    assert hello(keep(tmp_path, server.host, ca_crt=made.certificate), server, task)


def test_python_is_never_stricter_than_go() -> None:
    """What Python 3.13 asks of certificates by default, where the tests run on an older one."""
    flags = context().verify_flags
    assert not flags & ssl.VERIFY_X509_STRICT
    assert flags & ssl.VERIFY_X509_PARTIAL_CHAIN


def test_the_certificate_of_the_server_itself_may_be_kept(
    serve: Serve, authority: Certificate, task: Impatient, tmp_path: Path
) -> None:
    own = certificates.loopback(tmp_path, authority)
    server = serve(own)
    assert hello(keep(tmp_path, server.host, server_crt=own.certificate), server, task)


@pytest.mark.parametrize(
    ("made", "why", "remedy"),
    [
        ({"names": "DNS:elsewhere.test,IP:127.0.0.2"}, "it is not for this IP address", "subjectAltName"),
        ({"names": ""}, "it is not for this IP address", "subjectAltName"),
    ],
    ids=["another host", "no host"],
)
def test_what_is_wrong_with_a_certificate_is_said(
    serve: Serve, authority: Certificate, task: Impatient, tmp_path: Path, made: dict[str, str], why: str, remedy: str
) -> None:
    server = serve(certificates.loopback(tmp_path, authority, **made))
    problem = failure(keep(tmp_path, server.host, ca_crt=authority.certificate), server, task, insecure=False)
    assert said(problem, server) == f"tls: failed to verify certificate: {why}"
    assert remedy in problem.hint


@pytest.mark.parametrize(
    ("code", "why", "remedy"),
    [(9, "it is not valid yet", "clock"), (10, "it is expired", "renew it"), (99, "odd", "another")],
)
def test_what_openssl_says_is_put_into_words(code: int, why: str, remedy: str) -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = code, "odd"
    said, hint = explain(error, "registry.test")
    assert said.endswith(why) and remedy in hint


def test_a_common_name_is_no_host_name(serve: Serve, authority: Certificate, task: Impatient, tmp_path: Path) -> None:
    server = serve(certificates.loopback(tmp_path, authority, names="", common_name="localhost"))
    server.host = server.host.replace("127.0.0.1", "localhost")
    problem = failure(keep(tmp_path, server.host, ca_crt=authority.certificate), server, task, insecure=False)
    assert said(problem, server) == "tls: failed to verify certificate: it is not for this host name"
    assert "a common name does not count" in problem.hint


def test_where_to_put_an_authority_is_said(
    serve: Serve, authority: Certificate, transport: Transport, task: Impatient, tmp_path: Path
) -> None:
    unknown, alone = serve(certificates.loopback(tmp_path, authority)), serve(authority)
    for server, why in ((unknown, "signed by an unknown authority"), (alone, "self-signed")):
        problem = failure(transport, server, task, insecure=False)
        assert said(problem, server) == f"tls: failed to verify certificate: it is {why}"
        assert f"/etc/docker/certs.d/{server.host}/ca.crt" in problem.hint and "SSL_CERT_FILE" in problem.hint


def said(problem: NbdockError, server: Server) -> str:
    assert isinstance(problem, Unreachable)
    return str(problem).removeprefix(f"cannot reach {server.host}: ")


def test_the_folders_of_docker_and_podman_are_read() -> None:
    folders = Settings.read({"HOME": "/home/me"}).certificates
    assert [str(each) for each in folders] == [
        "/home/me/.config/containers/certs.d",
        "/home/me/.config/docker/certs.d",
        "/etc/containers/certs.d",
        "/etc/docker/certs.d",
    ]
