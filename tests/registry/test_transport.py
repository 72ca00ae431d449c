"""HTTP: what is tried again, where redirects may lead, and what failures are called."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from nbdock import Reference
from nbdock.errors import BadResponse, Cancelled, Denied, NbdockError, RateLimited, Unreachable
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.registry.client import Registry as Client
from nbdock.registry.hosts import Endpoint
from nbdock.registry.request import Request
from nbdock.registry.transport import Response, Transport
from nbdock.task import Task
from tests.parts.registries import Registry
from tests.registry.conftest import Impatient
from tests.registry.faults import Reply, Server

OK = Reply(200, b"hello")


def request(server: Server | str, target: str = "/v2/x", method: str = "GET", insecure: bool = True) -> Request:
    host = server if isinstance(server, str) else server.host
    return Request(Endpoint(host, "team/app", insecure, "localhost/team/app"), method, target)


def failure(transport: Transport, server: Server | str, task: Task, insecure: bool = True) -> NbdockError:
    with pytest.raises(NbdockError) as caught:
        transport.send(request(server, insecure=insecure), task)
    return caught.value


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(transport: Transport, server: Server, task: Impatient, status: int) -> None:
    server.on("GET /v2/x", Reply(status), Reply(status), OK)
    assert transport.send(request(server), task).read().body == b"hello"
    assert len(task.slept) == 2
    assert task.slept[0] < task.slept[1]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 416, 501, 505])
def test_what_will_not_pass_is_tried_once(transport: Transport, server: Server, task: Impatient, status: int) -> None:
    server.on("GET /v2/x", Reply(status))
    failure(transport, server, task)
    assert len(server.asked("GET")) == 1


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_every_failure_may_say_when_to_come_back(
    transport: Transport, server: Server, task: Impatient, status: int
) -> None:
    server.on("GET /v2/x", Reply(status, headers={"Retry-After": "7"}), OK)
    transport.send(request(server), task).read()
    assert task.slept == [7]


def test_a_tls_handshake_that_breaks_is_made_again(transport: Transport, task: Impatient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as breaking:
        breaking.listen()

        def serve() -> None:
            for _ in range(5):
                connection, _address = breaking.accept()
                connection.recv(1)
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        problem = failure(transport, f"127.0.0.1:{breaking.getsockname()[1]}", task, insecure=False)
    assert isinstance(problem, Unreachable)
    assert len(task.slept) == 4


def test_thousands_of_headers_are_read_or_named(transport: Transport, server: Server, task: Impatient) -> None:
    server.on("GET /v2/x", Reply(200, b"hello", {f"X-{number}": "x" for number in range(3000)}))
    assert transport.send(request(server), task).read().body == b"hello"
    server.on("GET /v2/x", Reply(200, b"hello", {f"X-{number}": "x" * 100 for number in range(3000)}))
    assert str(failure(transport, server, task)) == f"{server.host} sends more headers than fit into 100 kB"
    assert task.slept == []


@pytest.mark.parametrize("host", ["[::::]", "[1]", "[::1", "\ud800.test", "localhost:99999999", "[::1]:99999999"])
def test_a_host_that_is_none_is_an_error_of_its_own(client: Client, task: Impatient, host: str) -> None:
    works = (
        lambda: client.login(host, "alice", "s3cret", task),
        lambda: client.search("x", host=host, task=task),
        lambda: client.repository(Reference(host, "app"), task).tags(),
    )
    for work in works:
        with pytest.raises(Unreachable):
            work()


@pytest.mark.parametrize("words", ["\ud800", "\udcff", "\x00", "é"])
def test_words_that_no_address_holds_are_searched_for(
    client: Client, server: Server, task: Impatient, words: str
) -> None:
    server.on("GET /v1/search", Reply(200, b'{"results": []}'))
    assert client.search(words, host=server.host, task=task).found == ()


@pytest.mark.parametrize("header", ["Location", "WWW-Authenticate", "Docker-Content-Digest", "Content-Range"])
@pytest.mark.parametrize(
    "value",
    [
        "http://[::::]/",
        "http://127.0.0.1:99999999/",
        "http://\xff\xfe.invalid/",
        "//",
        "https://xn--a.invalid/",
        "\x80",
    ],
)
def test_an_odd_header_is_an_error_of_its_own_at_most(
    client: Client, server: Server, task: Impatient, header: str, value: str
) -> None:
    odd = f'Bearer realm="{value}"' if header == "WWW-Authenticate" else value
    status = {"Location": 307, "WWW-Authenticate": 401, "Content-Range": 206}.get(header, 200)
    server.on("GET /v2/app/tags/list", Reply(status, b'{"tags": []}', {header: odd}))
    server.on("HEAD /v2/app/manifests/1", Reply(status, b"", {header: odd}))
    server.on("POST /v2/app/blobs/uploads/", Reply(202, b"", {header: odd}))
    repository = client.repository(f"{server.host}/app", task, push=True)
    layer = Descriptor.of(media.OCI_LAYER, b"x")
    for work in (
        repository.tags,
        lambda: repository.resolve(f"{server.host}/app:1"),
        lambda: repository.write(layer, [b"x"]),
    ):
        with suppress(NbdockError):
            work()


def test_five_tries_are_made(transport: Transport, server: Server, task: Impatient) -> None:
    server.on("GET /v2/x", Reply(503, b"busy"))
    problem = failure(transport, server, task)
    assert str(problem) == f"{server.host}: unexpected status code 503 Service Unavailable: busy"
    assert isinstance(problem, BadResponse)
    assert problem.status == 503
    assert len(server.asked("GET")) == 5


def test_a_connection_that_breaks_is_made_again(transport: Transport, server: Server, task: Impatient) -> None:
    server.on("GET /v2/x", Reply(200, OK.body, {"Content-Length": "nonsense"}), OK)
    assert transport.send(request(server), task).read().body == b"hello"


def test_the_registry_says_when_to_come_back(transport: Transport, server: Server, task: Impatient) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=50), usegmt=True)
    waits = ("7", soon, "60", "yesterday", "Wed, 21 Oct 2015 07:28:00 GMT")
    for wait in waits:
        server.on("GET /v2/x", Reply(429, headers={"Retry-After": wait}), OK)
        transport.send(request(server), task).read()
    seconds, date, longest, nonsense, past = task.slept
    assert (seconds, longest, past) == (7, 60, 0)
    assert 30 < date <= 50
    assert 0 < nonsense <= 2


def test_a_rate_limit_says_what_the_registry_says(transport: Transport, server: Server, task: Impatient) -> None:
    body = b'{"errors": [{"code": "TOOMANYREQUESTS", "message": "You have reached your pull rate limit."}]}'
    server.on("GET /v2/x", Reply(429, body, {"Retry-After": "90"}))
    problem = failure(transport, server, task)
    assert isinstance(problem, RateLimited)
    assert (str(problem), problem.retry_after) == ("toomanyrequests: You have reached your pull rate limit.", 90)
    login = f"log in for a higher limit: %image login {server.host} (in a terminal: nbdock login {server.host})"
    assert problem.hint == f"try again in 90 seconds, or {login}"
    assert task.slept == []


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("wait", "when"), [("61", "61 seconds"), ("3600", "about an hour")])
def test_what_is_too_long_to_wait_for_is_left_to_the_user(
    transport: Transport, server: Server, task: Impatient, status: int, wait: str, when: str
) -> None:
    """Asking earlier than the registry says is refused again, and a wait of many minutes looks like a hang."""
    server.on("GET /v2/x", Reply(status, headers={"Retry-After": wait}), OK)
    problem = failure(transport, server, task)
    assert isinstance(problem, RateLimited | BadResponse) and problem.retry_after == int(wait)
    assert task.slept == [] and len(server.requests) == 1
    assert when in problem.hint or status == 503


@pytest.mark.parametrize(
    ("warning", "words"),
    [
        (r'299 - "slowly, \"please\""', 'slowly, "please"'),
        ('299 - "' + "x" * 5000 + '"', "try again later"),
        ('299 - "\\x1b"', "try again later"),
        ("299 - slowly", "try again later"),
        ('199 - "other"', "try again later"),
    ],
)
def test_where_there_is_no_body_the_warning_says_why(
    transport: Transport, server: Server, task: Impatient, warning: str, words: str
) -> None:
    server.on("GET /v2/x", Reply(429, headers={"Retry-After": "90", "Warning": warning}))
    assert str(failure(transport, server, task)) == f"toomanyrequests: {words}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"errors": [{"code": "DENIED", "message": "not for you"}]}', "not for you"),
        (b'{"details": "incorrect"}', "incorrect"),
        (b'{"message": "a plain object"}', "a plain object"),
        (b'{"errors": "none"}', '{"errors": "none"}'),
        (b"<b>\n Sign in\x1b[31m</b>", r"<b> Sign in\x1b[31m</b>"),
        (b"\n<!DOCTYPE html>\n<h1>Sign in</h1>", "a web page, which no registry sends"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"x" * 100_000, "x" * 199 + "…"),
    ],
)
def test_words_of_strangers_are_short_and_harmless(
    transport: Transport, server: Server, task: Impatient, body: bytes, words: str
) -> None:
    server.on("GET /v2/x", Reply(400, body))
    assert str(failure(transport, server, task)) == f"{server.host}: unexpected status code 400 Bad Request: {words}"


def test_a_pull_limit_that_is_used_up_is_not_waited_for(transport: Transport, server: Server, task: Impatient) -> None:
    server.on("GET /v2/x", Reply(429, headers={"ratelimit-limit": "100;w=21600", "ratelimit-remaining": "0;w=21600"}))
    assert str(failure(transport, server, task)) == "toomanyrequests: You have reached your pull rate limit"
    assert task.slept == []
    assert transport.rate_limits[server.host].remaining == 0


def test_a_status_that_has_no_name_is_told(transport: Transport, server: Server, task: Impatient) -> None:
    server.on("GET /v2/x", Reply(599))
    assert str(failure(transport, server, task)) == f"{server.host}: unexpected status code 599"


def test_denied_is_dockers_sentence(transport: Transport, server: Server, task: Impatient) -> None:
    server.on("GET /v2/x", Reply(403))
    problem = failure(transport, server, task)
    assert isinstance(problem, Denied)
    assert (
        str(problem)
        == "pull access denied for localhost/team/app, repository does not exist or may require 'docker login'"
    )
    hint = "check the name; if it is private, log in: %image login {0} (in a terminal: nbdock login {0})"
    assert problem.hint == hint.format(server.host)


def test_redirects_lead_to_other_hosts_without_the_password(
    transport: Transport, server: Server, task: Impatient
) -> None:
    with Server() as other:
        server.on("GET /v2/x", Reply(307, headers={"Location": f"{other.url}/blob?signed=secret"}))
        other.on("GET /blob", OK)
        asked = request(server).authorized("Basic c2VjcmV0")
        assert transport.send(asked, task).read().body == b"hello"
    assert server.requests[-1].headers["Authorization"] == "Basic c2VjcmV0"
    assert "Authorization" not in other.requests[0].headers
    assert other.requests[0].path == "/blob?signed=secret"


def test_redirects_to_the_same_place_keep_the_password(transport: Transport, server: Server, task: Impatient) -> None:
    server.on("GET /v2/x", Reply(302, headers={"Location": "/v2/y"}))
    server.on("GET /v2/y", OK)
    transport.send(request(server).authorized("Basic c2VjcmV0"), task).read()
    assert server.requests[-1].headers["Authorization"] == "Basic c2VjcmV0"


def test_redirects_end(transport: Transport, server: Server, task: Impatient) -> None:
    server.on("GET /v2/x", Reply(307, headers={"Location": "/v2/x"}))
    assert "redirects without end" in str(failure(transport, server, task))
    assert len(server.asked("GET")) == 5


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/x",
        "http://cdn.test/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/",
        "https://2130706433/",
    ],
)
def test_a_secure_registry_leads_nowhere_unsafe(
    secure_server: Server, trust: ssl.SSLContext, task: Impatient, location: str
) -> None:
    secure_server.on("GET /v2/x", Reply(307, headers={"Location": location}))
    problem = failure(Transport(trust, timeout=20), secure_server, task, insecure=False)
    assert isinstance(problem, BadResponse)
    assert f"which is {'not HTTPS' if location.startswith('http:') else 'a private address'}" in str(problem)
    assert f"insecure = true for {secure_server.host} in registries.conf" in problem.hint


@pytest.mark.parametrize("location", ["http://{host}/v2/y", "//{host}/v2/y", "https://{host}/v2/y"])
def test_what_leads_to_the_same_host_and_port_stays_on_tls_with_the_password(
    secure_server: Server, trust: ssl.SSLContext, task: Impatient, location: str
) -> None:
    secure_server.on("GET /v2/x", Reply(307, headers={"Location": location.format(host=secure_server.host)}))
    secure_server.on("GET /v2/y", OK)
    asked = request(secure_server, insecure=False).authorized("Basic c2VjcmV0")
    assert Transport(trust, timeout=20).send(asked, task).read().body == b"hello"
    assert secure_server.requests[-1].headers["Authorization"] == "Basic c2VjcmV0"


def test_another_port_of_the_same_host_is_no_reason_to_leave_tls(
    secure_server: Server, trust: ssl.SSLContext, task: Impatient
) -> None:
    secure_server.on("GET /v2/x", Reply(307, headers={"Location": "http://127.0.0.1/v2/y"}))
    problem = failure(Transport(trust, timeout=20), secure_server, task, insecure=False)
    assert str(problem) == f"{secure_server.host} points to http://127.0.0.1, which is not HTTPS"
    assert "X-Forwarded-Proto" in problem.hint


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("http://registry.test/v2/y?a=b", "/v2/y?a=b"),
        ("http://registry.test:443/v2/y", "/v2/y"),
        ("//registry.test/v2/y", "/v2/y"),
        ("http://registry.test:80/v2/y", "/v2/y"),
        ("http://registry.test:5000/v2/y", "http://registry.test:5000/v2/y"),
        ("//other.test/v2/y", "https://other.test/v2/y"),
    ],
)
def test_a_location_at_the_registry_itself_is_a_path_there(location: str, target: str) -> None:
    assert located("https://registry.test").target(location) == target


def test_an_address_with_a_backslash_is_not_guessed_at() -> None:
    with pytest.raises(BadResponse, match="an address that cannot be read"):
        located("https://registry.test").target("\\https://registry.test/v2/y")


def located(url: str) -> Response:
    base = httpx.URL(url)
    return Response(httpx.Response(202, request=httpx.Request("POST", base)), base, Task())


def test_a_secure_registry_may_lead_to_itself(secure_server: Server, trust: ssl.SSLContext, task: Impatient) -> None:
    secure_server.on("GET /v2/x", Reply(307, headers={"Location": "/v2/y"}))
    secure_server.on("GET /v2/y", OK)
    assert Transport(trust, timeout=20).send(request(secure_server, insecure=False), task).read().body == b"hello"


@pytest.mark.parametrize("location", ["http://[", "ftp://a.test/x", "https://\x7f/"])
def test_a_redirect_to_nowhere_is_a_bad_response(
    transport: Transport, server: Server, task: Impatient, location: str
) -> None:
    server.on("GET /v2/x", Reply(307, headers={"Location": location}))
    problem = failure(transport, server, task)
    assert isinstance(problem, (BadResponse, Unreachable))
    assert server.host in str(problem)


def test_a_redirect_with_a_backslash_is_not_guessed_at(transport: Transport, server: Server, task: Impatient) -> None:
    server.on("GET /v2/x", Reply(307, headers={"Location": f"\\{server.url}/v2/y"}))
    problem = failure(transport, server, task)
    assert str(problem) == f"{server.host} points to an address that cannot be read"
    assert "proxy" in problem.hint
    assert len(server.asked("GET", "/v2/x")) == len(server.asked("GET", "/v2/"))


def test_who_cannot_be_reached_is_named_and_who_led_there(
    transport: Transport, server: Server, task: Impatient
) -> None:
    server.on("GET /v2/x", Reply(307, headers={"Location": "http://127.0.0.1:1/blob"}))
    assert f"cannot reach 127.0.0.1:1, where {server.host} points to: connection refused" in str(
        failure(transport, server, task)
    )


def test_an_insecure_host_is_asked_over_https_first(
    secure_server: Server, transport: Transport, task: Impatient
) -> None:
    secure_server.on("GET /v2/x", OK)
    assert transport.send(request(secure_server), task).read().body == b"hello"
    assert [each.method for each in secure_server.requests] == ["HEAD", "GET"]


def test_https_with_an_unknown_certificate_is_refused(
    tls_registry: Registry, transport: Transport, task: Impatient
) -> None:
    problem = failure(transport, tls_registry.host, task, insecure=False)
    assert isinstance(problem, Unreachable)
    assert "tls: failed to verify certificate" in str(problem)
    assert "SSL_CERT_FILE" in problem.hint
    assert task.slept == []


def test_https_with_a_certificate_of_ones_own_authority_is_taken(tls_registry: Registry, task: Impatient) -> None:
    transport = Transport(ssl.create_default_context(cafile=str(tls_registry.ca)), timeout=20)
    assert transport.send(request(tls_registry.host, "/v2/", insecure=False), task).read().status == 200


def test_plain_http_is_never_spoken_silently(empty_registry: Registry, transport: Transport, task: Impatient) -> None:
    problem = failure(transport, empty_registry.host, task, insecure=False)
    assert "http: server gave HTTP response to HTTPS client" in str(problem)
    assert problem.hint == "set insecure = true in registries.conf"
    assert empty_registry.requests() == []


@pytest.mark.parametrize("host", ["registry.invalid", "UPPER.invalid", "a" * 64 + ".invalid", "a..invalid"])
def test_an_unknown_host_is_named(transport: Transport, task: Impatient, host: str) -> None:
    problem = failure(transport, host, task, insecure=False)
    assert str(problem) == f"cannot reach {host}: no such host"
    assert task.slept == []


def test_a_closed_port_is_named(transport: Transport, task: Impatient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    assert str(failure(transport, host, task)) == f"cannot reach {host}: connection refused"


def test_a_server_that_says_nothing_is_given_up(server: Server, task: Impatient) -> None:
    transport = Transport(None, timeout=0.2)
    server.on("GET /v2/x", Reply(silent=True))
    assert str(failure(transport, server, task)) == f"cannot reach {server.host}: no answer in time"


def test_a_silent_server_holds_nobody_who_wants_to_end(server: Server, transport: Transport) -> None:
    server.on("GET /v2/x", Reply(silent=True))
    task = Task()
    threading.Thread(target=lambda: server.reached.wait() and task.cancel()).start()
    with pytest.raises(Cancelled):
        transport.send(request(server), task)


def test_a_body_that_stops_holds_nobody_who_wants_to_end(server: Server, transport: Transport) -> None:
    server.on("GET /v2/x", Reply(200, b"x" * 1_000_000, cut=500_000, silent=True))
    task = Task()
    chunks = transport.send(request(server), task).chunks()
    next(chunks)
    threading.Thread(target=lambda: server.reached.wait() and task.cancel()).start()
    with pytest.raises(Cancelled):
        list(chunks)


def test_a_handshake_that_stops_is_left_behind(transport: Transport) -> None:
    task = Task()
    accepted: list[socket.socket] = []

    def accept() -> None:
        accepted.append(listener.accept()[0])
        accepted[0].recv(1 << 16)
        task.cancel()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept).start()
        with pytest.raises(Cancelled):
            transport.send(request(f"127.0.0.1:{listener.getsockname()[1]}", insecure=False), task)
    with accepted[0] as connection, pytest.raises(BlockingIOError):  # nobody closed it: nobody waited until it failed
        connection.setblocking(False)
        connection.recv(1)


def test_an_upload_that_nobody_reads_holds_nobody_who_wants_to_end() -> None:
    task, transport = Task(), Transport(None, timeout=3600)

    def content() -> Iterator[bytes]:
        yield b"x"
        threading.Timer(0.2, task.cancel).start()
        yield bytes(1 << 26)  # more than any system keeps for a reader

    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(Cancelled):
        upload = replace(request(f"127.0.0.1:{listener.getsockname()[1]}", method="PUT"), content=content())
        transport._schemes[upload.endpoint.host] = "http"
        transport.send(upload, task)


def test_a_path_that_looks_like_a_host_stays_at_the_registry(
    server: Server, transport: Transport, task: Impatient
) -> None:
    server.on("GET /elsewhere.invalid/v2/x", OK)  # Python's server drops one of two slashes
    assert transport.send(request(server, "//elsewhere.invalid/v2/x"), task).read().body == b"hello"


def test_many_requests_take_no_thread_each(
    server: Server, transport: Transport, task: Impatient, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("GET /v2/x", *[OK] * 20)
    transport.send(request(server), task).read()
    monkeypatch.setattr("nbdock.http.network.in_thread", None)  # a connection that is kept needs none
    for _ in range(19):
        assert transport.send(request(server), task).read().body == b"hello"


def test_nothing_is_sent_for_a_task_that_has_ended(server: Server, transport: Transport) -> None:
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        transport.send(request(server), task)
    assert server.asked("GET") == []


def test_loopback_is_reached_past_the_proxy(server: Server, task: Impatient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    server.on("GET /v2/x", OK)
    assert Transport(None, timeout=20).send(request(server), task).read().body == b"hello"


def test_other_hosts_are_reached_through_the_proxy(
    server: Server, transport: Transport, task: Impatient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    server.on("GET http://registry.invalid/v2/x", OK)
    assert transport.send(request("registry.invalid"), task).read().body == b"hello"


def test_an_answer_too_long_is_not_read(server: Server, transport: Transport, task: Impatient) -> None:
    server.on("GET /v2/x", Reply(200, b"x" * 1001))
    with pytest.raises(BadResponse, match="more than 1000 bytes"):
        transport.send(request(server), task).read(1000)


def test_connections_are_used_again(empty_registry: Registry, transport: Transport, task: Impatient) -> None:
    for method in ("GET", "HEAD", "GET"):
        transport.send(request(empty_registry.host, "/v2/", method), task).read()
    ports = {line.split('http.request.remoteaddr="')[1].split('"')[0] for line in responses(empty_registry)}
    assert len(ports) == 1


def responses(registry: Registry) -> list[str]:
    """What the log says of the requests after the first, which asked for TLS."""
    return [line for line in registry.log.read_text().splitlines() if "response completed" in line]


def test_who_asks_says_so_and_takes_bytes_as_they_are(server: Server, transport: Transport, task: Impatient) -> None:
    server.on("GET /v2/x", Reply(200, b"\x1f\x8b not gzip", {"Content-Encoding": "gzip"}))
    assert transport.send(request(server), task).read().body == b"\x1f\x8b not gzip"
    headers = server.requests[-1].headers
    assert headers["User-Agent"].startswith("nbdock/")
    assert headers["Accept-Encoding"] == "identity"


def test_the_pull_limit_is_remembered(server: Server, transport: Transport, task: Impatient) -> None:
    limit = {"ratelimit-limit": "100;w=21600", "ratelimit-remaining": "20;w=21600", "docker-ratelimit-source": "::1"}
    server.on("GET /v2/x", Reply(200, b"", limit), Reply(200, b"", {"ratelimit-limit": "many"}))
    transport.send(request(server), task).read()
    transport.send(request(server), task).read()
    found = transport.rate_limits[server.host]
    assert (found.limit, found.remaining, found.window_seconds, found.source) == (100, 20, 21600, "::1")
