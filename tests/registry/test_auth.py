"""Authentication: real registries with Basic and with a token server, and token servers that misbehave."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import pytest

from nbdock import Reference
from nbdock.errors import BadResponse, Cancelled, Denied, NbdockError, RegistryError, Unauthorized, Unreachable
from nbdock.registry import auth
from nbdock.registry.auth import Challenge, Session, challenges
from nbdock.registry.client import Registry
from nbdock.registry.credentials import Credential, Credentials
from nbdock.registry.hosts import Endpoint
from nbdock.registry.request import Request
from nbdock.registry.transport import Transport
from nbdock.task import Task
from tests.parts import registries as parts
from tests.parts.tokens import IDENTITY, PASSWORD, USER
from tests.registry.conftest import Impatient
from tests.registry.faults import Reply, Server


def pull(client: Registry, host: str, repository: str, task: Task | None = None) -> str:
    reference = Reference.parse(f"{host}/{repository}:latest")
    return str(client.repository(reference, task).resolve(reference).digest)


def log_in(client: Registry, host: str) -> None:
    client.credentials.store(host, client.login(host, USER, PASSWORD), session=True)


# Basic


def test_basic_takes_a_password_of_any_characters(client: Registry, private_registry: parts.Registry) -> None:
    log_in(client, private_registry.host)
    assert pull(client, private_registry.host, "library/hello-world").startswith("sha256:")


def test_basic_without_a_password_says_so(client: Registry, private_registry: parts.Registry) -> None:
    host = private_registry.host
    with pytest.raises(Unauthorized, match="no basic auth credentials") as failure:
        pull(client, host, "library/hello-world")
    assert failure.value.hint == f"log in: %image login {host} (in a terminal: nbdock login {host})"


@pytest.mark.parametrize("kind", ["private_registry", "token_registry"])
def test_a_wrong_password_is_told_at_log_in(client: Registry, kind: str, request: pytest.FixtureRequest) -> None:
    host = request.getfixturevalue(kind).host
    with pytest.raises(Unauthorized, match="unauthorized: incorrect username or password") as failure:
        client.login(host, USER, "wr0ng")
    assert "wr0ng" not in repr(failure.value) + failure.value.hint


def test_a_log_in_where_none_is_needed_succeeds(client: Registry, empty_registry: parts.Registry) -> None:
    assert client.login(f"http://{empty_registry.host}/v2/", USER, PASSWORD) == Credential(USER, PASSWORD)


def test_a_log_in_that_the_registry_does_not_take_fails(
    client: Registry, server: Server, realm: Server, task: Impatient
) -> None:
    server.on("GET /v2/", bearer(f"{realm.url}/token"))
    with pytest.raises(Unauthorized, match=f"unauthorized: {server.host} denied access"):
        client.login(server.host, USER, PASSWORD, task)


def test_a_registry_that_wants_a_password_for_some_things_only_is_asked_the_others(
    talk: Session, server: Server, task: Impatient
) -> None:
    server.on("GET /v2/private", Reply(401, headers={"WWW-Authenticate": "Basic"}))
    server.on("GET /v2/app", Reply(200, b"hello"))
    with pytest.raises(Unauthorized, match="no basic auth credentials"):
        talk.fetch(request(server, path="/v2/private"), task)
    assert talk.fetch(request(server), task).body == b"hello"


def test_a_log_in_to_nothing_is_unreachable(client: Registry) -> None:
    with pytest.raises(Unreachable):
        client.login("registry.invalid", USER, PASSWORD)


# Tokens


def test_anyone_may_have_a_token(client: Registry, token_registry: parts.Registry) -> None:
    pull(client, token_registry.host, "library/hello-world")
    (asked,) = token_registry.tokens.requests
    assert (asked.method, asked.scopes, asked.user) == ("GET", ("repository:library/hello-world:pull",), "")


def test_a_token_is_kept_for_its_repository(client: Registry, token_registry: parts.Registry) -> None:
    for repository in ("library/hello-world", "library/hello-world", "library/busybox", "library/hello-world"):
        pull(client, token_registry.host, repository)
    assert len(token_registry.tokens.requests) == 2


def test_an_identity_token_takes_the_passwords_place(client: Registry, token_registry: parts.Registry) -> None:
    given = client.login(token_registry.host, USER, PASSWORD)
    assert given == Credential(USER, identity_token=IDENTITY)
    client.credentials.store(token_registry.host, given)
    pull(client, token_registry.host, "private/hello-world")
    asked = token_registry.tokens.requests[-1]
    assert (asked.method, asked.grant_type, asked.user) == ("POST", "refresh_token", USER)


def test_a_private_repository_is_denied_to_strangers(client: Registry, token_registry: parts.Registry) -> None:
    name = f"{token_registry.host}/private/hello-world"
    with pytest.raises(Denied, match=f"pull access denied for {name}, repository does not exist or may require"):
        pull(client, token_registry.host, "private/hello-world")


def test_logging_in_and_out_holds_at_once(client: Registry, token_registry: parts.Registry) -> None:
    client.credentials.store(token_registry.host, Credential(USER, PASSWORD), session=True)
    pull(client, token_registry.host, "private/hello-world")
    client.credentials.delete(token_registry.host)
    with pytest.raises(Denied):
        pull(client, token_registry.host, "private/hello-world")


def test_a_token_that_died_is_renewed_once(client: Registry, token_registry: parts.Registry) -> None:
    pull(client, token_registry.host, "library/busybox")
    token_registry.tokens.doom(1)
    pull(client, token_registry.host, "library/hello-world")
    assert len(token_registry.tokens.requests) == 3


def test_a_token_that_dies_again_is_a_denial(client: Registry, token_registry: parts.Registry) -> None:
    token_registry.tokens.doom(9)
    with pytest.raises(Denied, match="pull access denied"):
        pull(client, token_registry.host, "library/hello-world")


def test_a_token_is_renewed_before_it_ends(
    client: Registry, token_registry: parts.Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(auth, "monotonic", lambda: now)
    token_registry.tokens.expire_after(100)
    pull(client, token_registry.host, "library/hello-world")
    now += 74
    pull(client, token_registry.host, "library/hello-world")
    assert len(token_registry.tokens.requests) == 1
    now += 2
    pull(client, token_registry.host, "library/hello-world")
    assert len(token_registry.tokens.requests) == 2
    assert all("401" not in line for line in completed(token_registry)[-2:])


def completed(registry: parts.Registry) -> list[str]:
    return [line for line in registry.log.read_text().splitlines() if ' HTTP/1.1" ' in line]


# Token servers and registries that misbehave


@pytest.fixture
def realm() -> Iterator[Server]:
    with Server() as running:
        running.on("GET /token", Reply(200, b'{"access_token": "abc"}'))
        yield running


@pytest.fixture
def guarded(server: Server, realm: Server) -> Server:
    """A registry that asks once for a token of the realm."""
    server.on("GET /v2/app", bearer(f"{realm.url}/token"), Reply(200, b"hello"))
    return server


def bearer(realm: str, more: str = "") -> Reply:
    return Reply(401, headers={"WWW-Authenticate": f'Bearer realm="{realm}",service="s"{more}'})


@pytest.fixture
def talk(credentials: Credentials) -> Session:
    return Session(Transport(None, timeout=20), credentials)


def request(server: Server, *scopes: str, insecure: bool = True, path: str = "/v2/app") -> Request:
    return Request(Endpoint(server.host, "app", insecure, "app"), "GET", path, scopes or ("repository:app:pull",))


def test_a_token_server_is_asked_as_the_specification_says(
    talk: Session, credentials: Credentials, guarded: Server, realm: Server, task: Impatient
) -> None:
    credentials.store(guarded.host, Credential("alice", "s3cret"), session=True)
    scopes = ("repository:app:pull,push", "repository:base:pull")
    assert talk.fetch(request(guarded, *scopes), task).body == b"hello"
    asked = realm.requests[0]
    assert parse_qs(asked.path.partition("?")[2]) == {
        "service": ["s"],
        "scope": list(scopes),
        "account": ["alice"],
        "client_id": ["nbdock"],
    }
    assert asked.headers["Authorization"] == Credential("alice", "s3cret").basic
    assert guarded.requests[-1].headers["Authorization"] == "Bearer abc"


@pytest.mark.parametrize("status", [400, 401, 404, 405])
def test_a_token_server_without_post_is_asked_by_get(
    talk: Session, credentials: Credentials, guarded: Server, realm: Server, task: Impatient, status: int
) -> None:
    credentials.store(guarded.host, Credential("alice", identity_token="t"), session=True)
    realm.on("POST /token", Reply(status, b"no"))
    assert talk.fetch(request(guarded), task).body == b"hello"
    assert [each.method for each in realm.requests if each.method != "HEAD"] == ["POST", "GET"]


def test_an_identity_token_is_exchanged_as_the_specification_says(
    talk: Session, credentials: Credentials, guarded: Server, realm: Server, task: Impatient
) -> None:
    credentials.store(guarded.host, Credential("alice", identity_token="t"), session=True)
    realm.on("POST /token", Reply(200, b'{"token": "abc"}'))
    talk.fetch(request(guarded), task)
    assert parse_qs(realm.asked("POST")[0].body.decode()) == {
        "grant_type": ["refresh_token"],
        "service": ["s"],
        "scope": ["repository:app:pull"],
        "client_id": ["nbdock"],
        "refresh_token": ["t"],
    }


def test_a_registry_token_is_shown_as_it_is(
    talk: Session, credentials: Credentials, guarded: Server, realm: Server, task: Impatient
) -> None:
    credentials.store(guarded.host, Credential(registry_token="given"), session=True)
    talk.fetch(request(guarded), task)
    assert guarded.requests[-1].headers["Authorization"] == "Bearer given"
    assert realm.requests == []


def test_bearer_is_taken_before_basic(talk: Session, server: Server, realm: Server, task: Impatient) -> None:
    both = f'Negotiate, Basic realm="a, b", Bearer realm="{realm.url}/token"'
    server.on("GET /v2/app", Reply(401, headers={"WWW-Authenticate": both}), Reply(200, b"hello"))
    assert talk.fetch(request(server), task).body == b"hello"


def test_a_challenge_that_nobody_knows_is_named(talk: Session, server: Server, task: Impatient) -> None:
    server.on("GET /v2/app", Reply(401, headers={"WWW-Authenticate": "Negotiate"}))
    with pytest.raises(Unauthorized, match="neither Basic nor Bearer"):
        talk.fetch(request(server), task)


@pytest.mark.parametrize(
    "body", [b"<html>Sign in</html>", b"{}", b'{"token": 5}', b'{"token": "a\nb"}', b'{"token": "a", "expires_in": -1}']
)
def test_a_token_that_is_none_is_a_bad_response(
    talk: Session, guarded: Server, realm: Server, task: Impatient, body: bytes
) -> None:
    realm.on("GET /token", Reply(200, body))
    with pytest.raises(BadResponse) as failure:
        talk.fetch(request(guarded), task)
    assert "Sign in" not in str(failure.value)


@pytest.mark.parametrize("address", ["http://[", "", "http://127.0.0.1:1/", "mailto:x"])
def test_a_realm_that_leads_nowhere_is_an_error(talk: Session, server: Server, task: Impatient, address: str) -> None:
    server.on("GET /v2/app", bearer(address))
    with pytest.raises(RegistryError):
        talk.fetch(request(server), task)


@pytest.mark.parametrize(
    "realm", ["http://auth.test/token", "https://10.0.0.1/token", "https://localhost/token", "file:///etc/passwd"]
)
def test_a_secure_registry_sends_its_password_nowhere_unsafe(
    secure_server: Server, trust: ssl.SSLContext, credentials: Credentials, task: Impatient, realm: str
) -> None:
    secure_server.on("GET /v2/app", bearer(realm))
    with pytest.raises(NbdockError, match=r"which is (not HTTPS|a private address)"):
        Session(Transport(trust, timeout=20), credentials).fetch(request(secure_server, insecure=False), task)


def test_many_threads_fetch_one_token(talk: Session, server: Server, realm: Server, task: Impatient) -> None:
    server.on("GET /v2/first", bearer(f"{realm.url}/token"), Reply(200))
    server.on("GET /v2/app", Reply(200, b"hello"))
    talk.fetch(request(server, "registry:catalog:*", path="/v2/first"), task)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: talk.fetch(request(server), task).body, range(32)))
    assert answers == [b"hello"] * 32
    assert len(realm.asked("GET")) == 2


def test_a_silent_token_server_holds_nobody_who_wants_to_end(talk: Session, guarded: Server, realm: Server) -> None:
    realm.on("GET /token", Reply(silent=True))
    task = Task()
    threading.Thread(target=lambda: realm.reached.wait() and task.cancel()).start()
    with pytest.raises(Cancelled):
        talk.fetch(request(guarded), task)


def test_waiting_for_another_threads_token_holds_nobody_who_wants_to_end(
    talk: Session, guarded: Server, realm: Server
) -> None:
    realm.on("GET /token", Reply(silent=True))
    first, second = Task(), Task()
    with ThreadPoolExecutor(2) as pool:
        fetching = pool.submit(talk.fetch, request(guarded), first)
        realm.reached.wait()
        waiting = pool.submit(talk.fetch, request(guarded), second)
        second.cancel()
        with pytest.raises(Cancelled):
            waiting.result()
        first.cancel()
        with pytest.raises(Cancelled):
            fetching.result()


# Challenges


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", []),
        ('Basic realm="r"', [Challenge("basic", {"realm": "r"})]),
        ("bAsIc", [Challenge("basic", {})]),
        (
            'Bearer REALM="https://a.test/token",service="s",scope="repository:a/b:pull,push repository:c:pull"',
            [
                Challenge(
                    "bearer",
                    {
                        "realm": "https://a.test/token",
                        "service": "s",
                        "scope": "repository:a/b:pull,push repository:c:pull",
                    },
                )
            ],
        ),
        (
            'Negotiate, Basic realm="a, b=c" , Bearer realm = "x",error=invalid_token',
            [
                Challenge("negotiate", {}),
                Challenge("basic", {"realm": "a, b=c"}),
                Challenge("bearer", {"realm": "x", "error": "invalid_token"}),
            ],
        ),
        (r'Basic realm="say \"hello\""', [Challenge("basic", {"realm": 'say "hello"'})]),
        ('Bearer realm="never closed', [Challenge("bearer", {}), Challenge("realm", {})]),
        ("\x00\x01", []),
    ],
)
def test_challenges_are_told_apart(header: str, expected: list[Challenge]) -> None:
    assert list(challenges(header)) == expected


def test_scopes_are_split_at_blanks() -> None:
    (challenge,) = challenges('Bearer scope="repository:a:pull,push repository:b:pull"')
    assert challenge.scopes == ("repository:a:pull,push", "repository:b:pull")


def test_a_long_header_takes_no_long_time() -> None:
    assert len(list(challenges("a " + "," * 100_000 + ' b="'))) == 2
