from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nbdock.errors import UsageError
from nbdock.server import Options, Server, users
from nbdock.server.users import Users
from nbdock.store import Store
from tests.parts.registries import BCRYPT
from tests.parts.tokens import PASSWORD, USER
from tests.server.parts import no_upstream

URL = "/v2/team/app/tags/list"


@pytest.fixture
def htpasswd(tmp_path: Path) -> Path:
    path = tmp_path / "htpasswd"
    path.write_text(f"# users\n\n{USER}:{BCRYPT}\n")
    return path


@pytest.fixture
def client(store: Store, htpasswd: Path) -> Iterator[httpx.Client]:
    running = Server(store, Options(port=0, writable=True, htpasswd=htpasswd), no_upstream)
    with httpx.Client(base_url=running.url) as client:
        yield client
    running.stop()


def accepted(path: Path, authorization: str) -> bool:
    return bool(asyncio.run(Users.read(path).authenticate(authorization)))


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_a_user_of_the_file_is_accepted(client: httpx.Client) -> None:
    for _ in range(2):
        assert client.get("/v2/", auth=(USER, PASSWORD)).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("url", ["/v2/", URL, "/v2/_catalog", "/v2/team/app/manifests/1"])
def test_requests_without_credentials_are_401(client: httpx.Client, method: str, url: str) -> None:
    response = client.request(method, url, content=b"x" if method[0] == "P" else None)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Basic realm="nbdock", charset="UTF-8"'
    assert method == "HEAD" or response.json()["errors"][0]["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic !",
        "Bearer token",
        basic(""),
        basic(USER),
        basic(f"{USER}:"),
        basic(f"{USER}:wrong"),
        basic(f"{USER}:{PASSWORD} "),
        basic(f"bob:{PASSWORD}"),
        basic(f"{USER}:{PASSWORD}\0"),
        basic(f"{USER}:{'x' * 1000}"),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
    ],
)
def test_invalid_credentials_are_refused(htpasswd: Path, authorization: str) -> None:
    assert not accepted(htpasswd, authorization)


def test_the_scheme_is_case_insensitive(htpasswd: Path) -> None:
    assert accepted(htpasswd, basic(f"{USER}:{PASSWORD}").replace("Basic", "bASIC"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("alice:$apr1$abc$def", "not a bcrypt hash"),
        ("alice:{SHA}abc", "not a bcrypt hash"),
        ("alice:secret", "not a bcrypt hash"),
        ("alice", "not a bcrypt hash"),
        ("", "no users in"),
        ("\udcff", "cannot read"),
    ],
)
def test_an_unusable_file_is_refused_without_showing_passwords(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "htpasswd"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UsageError, match=message) as refused:
        Users.read(path)
    assert "secret" not in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        Users.read(tmp_path / "nothing")


def test_a_header_that_is_no_ascii_is_nobody() -> None:
    assert users._basic("Basic \xe9") == ("", "")
