"""Log-ins that grow old or are refused, token servers elsewhere, and what must not see a password."""

from __future__ import annotations

import logging
import ssl
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbdock.errors import BadResponse, Denied, NbdockError, Unauthorized
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.registry.auth import Session
from nbdock.registry.client import Registry
from nbdock.registry.credentials import Credential, Credentials
from nbdock.registry.transport import Transport
from tests.parts import registries as parts
from tests.registry.conftest import Impatient
from tests.registry.faults import Reply, Server
from tests.registry.test_auth import bearer, pull, request
from tests.registry.test_repository import name

OK = Reply(200, b"hello")
EXPIRED = Reply(403, b'{"errors": [{"code": "DENIED", "message": "Your authorization token has expired"}]}')
ALICE = Credential("alice", "s3cret")
PATH = "/v2/app"


@pytest.fixture
def realm() -> Iterator[Server]:
    """A token server that gives a new token each time."""
    with Server() as running:
        running.on("GET /token", *(Reply(200, b'{"token": "%d"}' % number) for number in range(1, 9)))
        yield running


@pytest.fixture
def talk(credentials: Credentials) -> Session:
    return Session(Transport(None, timeout=20), credentials)


def sent(server: Server, method: str = "GET") -> list[str]:
    return [each.headers.get("Authorization", "") for each in server.asked(method, PATH)]


class Told(Impatient):
    """Keeps what the user is told."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []

    def note(self, line: str) -> None:
        self.notes.append(line)


@pytest.fixture
def task() -> Told:
    return Told()


# What grows old


def test_a_403_for_a_token_that_is_too_old_renews_it(talk: Session, server: Server, realm: Server, task: Told) -> None:
    server.on(f"GET {PATH}", bearer(f"{realm.url}/token"), OK, EXPIRED, OK)
    for _ in range(2):
        assert talk.fetch(request(server), task).body == b"hello"
    assert sent(server) == ["", "Bearer 1", "Bearer 1", "Bearer 2"]


def test_a_403_for_a_new_token_is_a_denial(talk: Session, server: Server, realm: Server, task: Told) -> None:
    server.on(f"GET {PATH}", bearer(f"{realm.url}/token"), EXPIRED)
    with pytest.raises(Denied, match="has expired"):
        talk.fetch(request(server), task)
    assert sent(server) == ["", "Bearer 1"]


def test_a_token_that_lives_for_no_second_does_for_one_request(
    talk: Session, server: Server, realm: Server, task: Told
) -> None:
    asks = bearer(f"{realm.url}/token")
    realm.on("GET /token", *(Reply(200, b'{"token": "%d", "expires_in": 0}' % number) for number in range(1, 9)))
    server.on(f"GET {PATH}", asks, OK, asks, OK, asks, OK)
    for _ in range(3):
        assert talk.fetch(request(server), task).body == b"hello"


def test_a_clock_that_is_wrong_ages_no_token(talk: Session, server: Server, realm: Server, task: Told) -> None:
    realm.on("GET /token", Reply(200, b'{"token": "1", "expires_in": 300, "issued_at": "1999-01-01T00:00:00Z"}'))
    server.on(f"GET {PATH}", bearer(f"{realm.url}/token"), OK)
    for _ in range(2):
        assert talk.fetch(request(server), task).body == b"hello"
    assert len(realm.asked("GET")) == 1


def test_a_registry_that_changes_from_basic_to_tokens_is_followed(
    talk: Session, credentials: Credentials, server: Server, realm: Server, task: Told
) -> None:
    credentials.store(server.host, ALICE, session=True)
    basic = Reply(401, headers={"WWW-Authenticate": 'Basic realm="r"'})
    server.on(f"GET {PATH}", basic, OK, bearer(f"{realm.url}/token"), OK)
    for _ in range(2):
        assert talk.fetch(request(server), task).body == b"hello"
    assert sent(server) == ["", ALICE.basic, ALICE.basic, "Bearer 1"]


def test_a_token_server_that_moves_is_followed(talk: Session, server: Server, realm: Server, task: Told) -> None:
    old, new = bearer(f"{server.url}/gone"), bearer(f"{realm.url}/token")
    server.on("GET /gone", Reply(200, b'{"token": "old"}'), Reply(404))
    server.on(f"GET {PATH}", old, OK)
    server.on("GET /v2/app/other", new, OK)
    talk.fetch(request(server), task)
    assert talk.fetch(request(server, "repository:app/other:pull", path="/v2/app/other"), task).body == b"hello"


def test_the_scope_that_the_registry_asks_for_is_asked_of_the_token_server(
    talk: Session, server: Server, realm: Server, task: Told
) -> None:
    scope = ',scope="repository:app:pull repository:real/app:pull"'
    server.on(f"GET {PATH}", bearer(f"{realm.url}/token", scope), OK)
    server.on("GET /v2/app/other", OK)
    talk.fetch(request(server), task)
    talk.fetch(request(server, "repository:other:pull", path="/v2/app/other"), task)
    first, second = (each.path for each in realm.asked("GET"))
    assert first.count("scope=") == 2
    assert "scope=repository%3Areal%2Fapp%3Apull" in first
    assert "real" not in second


@pytest.mark.parametrize("refusal", [Reply(401), EXPIRED], ids=["401", "403"])
def test_an_upload_whose_token_dies_goes_on_with_a_new_one(
    client: Registry, server: Server, realm: Server, task: Told, refusal: Reply
) -> None:
    layer = Descriptor.of(media.OCI_LAYER, b"layer")
    place = {"Location": "/v2/app/blobs/uploads/1"}
    server.on("POST /v2/app/blobs/uploads/", bearer(f"{realm.url}/token"), Reply(202, headers=place))
    server.on("PUT /v2/app/blobs/uploads/1", refusal, Reply(201))
    server.on("GET /v2/app/blobs/uploads/1", Reply(204, headers={**place, "Range": "0-0"}))
    client.repository(name(server.host), task, push=True).write(layer, [b"layer"])
    assert sent(server, "PUT") == ["Bearer 1", "Bearer 2"]
    assert task.slept == []


def test_an_upload_that_is_denied_ends(client: Registry, server: Server, realm: Server, task: Told) -> None:
    layer = Descriptor.of(media.OCI_LAYER, b"layer")
    place = {"Location": "/v2/app/blobs/uploads/1"}
    server.on("POST /v2/app/blobs/uploads/", bearer(f"{realm.url}/token"), Reply(202, headers=place))
    server.on("PUT /v2/app/blobs/uploads/1", EXPIRED)
    server.on("GET /v2/app/blobs/uploads/1", Reply(204, headers={**place, "Range": "0-0"}))
    with pytest.raises(Denied):
        client.repository(name(server.host), task, push=True).write(layer, [b"layer"])
    assert len(server.asked("PUT")) == 2


def test_the_wait_for_a_helper_is_told(credentials: Credentials, server: Server, task: Told) -> None:
    waits: list[str] = []

    def find(host: str, repository: str) -> None:
        waits.extend(what for _, what in task._waits.values())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credentials, "find", find)
        server.on(f"GET {PATH}", Reply(401, headers={"WWW-Authenticate": 'Basic realm="r"'}))
        with pytest.raises(Unauthorized):
            Session(Transport(None, timeout=20), credentials).fetch(request(server), task)
    assert waits == [f"the credential helper to find the log-in of {server.host}"]


# What is refused


def picky(server: Server, realm: Server, credentials: Credentials, refusal: Reply) -> None:
    """A public image, and a token server that refuses the saved log-in but gives anyone else a token."""
    credentials.store(server.host, ALICE)
    realm.on("GET /token", refusal, Reply(200, b'{"token": "anyone"}'))
    server.on(f"GET {PATH}", bearer(f"{realm.url}/token"), OK)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_log_in_that_the_token_server_refuses_hides_no_public_image(
    talk: Session, credentials: Credentials, server: Server, realm: Server, task: Told, status: int, tmp_path: Path
) -> None:
    picky(server, realm, credentials, Reply(status, b'{"details": "no"}'))
    for _ in range(2):
        assert talk.fetch(request(server), task).body == b"hello"
    (note,) = task.notes
    assert f"with the log-in of alice, from {tmp_path / 'docker' / 'config.json'}" in note
    assert f"nbdock logout {server.host}" in note
    assert [bool(each.headers.get("Authorization")) for each in realm.asked("GET")] == [True, False]


def test_a_log_in_whose_token_the_registry_refuses_hides_no_public_image(
    talk: Session, credentials: Credentials, server: Server, realm: Server, task: Told
) -> None:
    credentials.store(server.host, ALICE, session=True)
    server.on(f"GET {PATH}", bearer(f"{realm.url}/token"), EXPIRED, OK)
    assert talk.fetch(request(server), task).body == b"hello"
    assert sent(server) == ["", "Bearer 1", "Bearer 2"]
    assert [bool(each.headers.get("Authorization")) for each in realm.asked("GET")] == [True, False]


def test_a_password_that_was_right_once_hides_no_public_image(
    talk: Session, credentials: Credentials, server: Server, task: Told
) -> None:
    credentials.store(server.host, ALICE, session=True)
    basic = Reply(401, headers={"WWW-Authenticate": 'Basic realm="r"'})
    server.on("GET /v2/app/private", basic, OK)
    server.on(f"GET {PATH}", basic, basic, OK)
    talk.fetch(request(server, path="/v2/app/private"), task)
    assert talk.fetch(request(server), task).body == b"hello"


def test_a_private_image_names_the_log_in_that_was_refused(client: Registry, private_registry: parts.Registry) -> None:
    client.credentials.store(private_registry.host, Credential("alice", "0ld"))
    with pytest.raises(
        Unauthorized, match=r"incorrect username or password .with the log-in of alice, from .*json"
    ) as no:
        pull(client, private_registry.host, "library/hello-world")
    assert f"drop the log-in: %image logout {private_registry.host}" in no.value.hint
    assert "0ld" not in "".join(traceback.format_exception(no.value))


def test_a_wrong_password_hides_no_public_image_of_a_real_registry(
    client: Registry, token_registry: parts.Registry
) -> None:
    client.credentials.store(token_registry.host, Credential("alice", "0ld"))
    assert pull(client, token_registry.host, "library/hello-world").startswith("sha256:")
    with pytest.raises(Unauthorized, match="with the log-in of alice"):
        pull(client, token_registry.host, "private/hello-world")


def test_a_push_is_not_tried_without_the_log_in(
    talk: Session, credentials: Credentials, server: Server, realm: Server, task: Told
) -> None:
    picky(server, realm, credentials, Reply(403))
    with pytest.raises(Denied, match="with the log-in of alice"):
        talk.fetch(request(server, "repository:app:pull,push"), task)
    assert all(each.headers.get("Authorization") for each in realm.asked("GET"))


# Where a password goes


@pytest.mark.parametrize("login", [ALICE, Credential("alice", identity_token="refresh")])
@pytest.mark.parametrize("away", ["http://auth.invalid/token", "http://10.0.0.1/token"])
def test_no_password_goes_to_another_host_over_plain_http(
    talk: Session, credentials: Credentials, server: Server, task: Told, away: str, login: Credential
) -> None:
    credentials.store(server.host, login, session=True)
    server.on(f"GET {PATH}", bearer(away))
    with pytest.raises(Unauthorized) as refusal:
        talk.fetch(request(server, "repository:app:pull,push"), task)
    assert away.removesuffix("/token") in str(refusal.value)
    assert "over HTTPS, or over HTTP to the registry's own host only" in str(refusal.value)
    assert f"nbdock logout {server.host}" in refusal.value.hint


def test_a_registry_with_https_gets_no_password_sent_over_http(
    secure_server: Server, trust: ssl.SSLContext, credentials: Credentials, realm: Server, task: Told
) -> None:
    credentials.store(secure_server.host, ALICE, session=True)
    secure_server.on(f"GET {PATH}", bearer(f"{realm.url}/token"))
    with pytest.raises(NbdockError):
        Session(Transport(trust, timeout=20), credentials).fetch(request(secure_server), task)
    assert not [each for each in realm.requests if each.headers.get("Authorization")]


def test_a_token_server_of_another_host_is_asked_over_https(
    talk: Session, credentials: Credentials, server: Server, secure_server: Server, task: Told, trust: ssl.SSLContext
) -> None:
    credentials.store(server.host, ALICE, session=True)
    away = secure_server.url.replace("127.0.0.1", "localhost")
    server.on(f"GET {PATH}", bearer(f"{away}/token"), OK)
    secure_server.on("GET /token", Reply(200, b'{"token": "abc"}'))
    talk = Session(Transport(trust, timeout=20), credentials)
    assert talk.fetch(request(server), task).body == b"hello"
    assert secure_server.asked("GET")[0].headers["Authorization"] == ALICE.basic


@pytest.mark.parametrize("status", [307, 308])
def test_no_redirect_takes_an_identity_token_elsewhere(
    talk: Session, credentials: Credentials, server: Server, realm: Server, task: Told, status: int
) -> None:
    credentials.store(server.host, Credential("alice", identity_token="refresh"), session=True)
    server.on(f"GET {PATH}", bearer(f"{realm.url}/token"), OK)
    with Server() as thief:
        realm.on("POST /token", Reply(status, headers={"Location": f"{thief.url}/token"}))
        with pytest.raises(BadResponse, match="with a secret"):
            talk.fetch(request(server, "repository:app:pull,push"), task)
        assert thief.requests == []


def test_no_redirect_takes_a_password_elsewhere(
    talk: Session, credentials: Credentials, server: Server, realm: Server, task: Told
) -> None:
    credentials.store(server.host, ALICE, session=True)
    server.on(f"GET {PATH}", bearer(f"{realm.url}/token"), OK)
    with Server() as thief:
        thief.on("GET /token", Reply(200, b'{"token": "abc"}'))
        realm.on("GET /token", Reply(307, headers={"Location": f"{thief.url}/token"}))
        talk.fetch(request(server), task)
        assert [each.headers.get("Authorization") for each in thief.requests] == [None]


def test_cookies_are_neither_kept_nor_sent(talk: Session, server: Server, task: Told) -> None:
    server.on(f"GET {PATH}", Reply(200, b"hello", {"Set-Cookie": "session=1; Path=/"}))
    for _ in range(2):
        talk.fetch(request(server), task)
    assert [each.headers.get("Cookie") for each in server.requests] == [None, None]


def test_libraries_log_no_signed_address(
    talk: Session, server: Server, task: Told, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.on(f"GET {PATH}", Reply(307, headers={"Location": "/blob?X-Amz-Signature=s1gned"}))
    server.on("GET /blob", OK)
    talk.fetch(request(server).authorized("Basic c2VjcmV0"), task)
    assert "/blob?…" in caplog.text
    assert "s1gned" not in caplog.text
    assert "c2VjcmV0" not in caplog.text


def test_other_users_of_the_libraries_keep_their_log_lines(
    talk: Session, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").info("HTTP Request: GET %s", "https://theirs.test/?page=2")
    assert "?page=2" in caplog.text


def test_a_request_shows_no_signed_address(server: Server) -> None:
    assert "s1gned" not in repr(request(server, path="/blob?X-Amz-Signature=s1gned"))
