"""Readers and writers, public servers, and users who are held to their own namespace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from nbdock.errors import UsageError
from nbdock.server import Options, Server
from nbdock.store import Store
from tests.parts.programs import skopeo
from tests.parts.registries import BCRYPT
from tests.parts.tokens import PASSWORD
from tests.server.parts import error, keep, no_upstream, push

ALICE, BOB = ("alice", PASSWORD), ("bob", PASSWORD)
Serve = Callable[..., httpx.Client]


@pytest.fixture
def serve(store: Store, tmp_path: Path) -> Iterator[Serve]:
    """Starts a writable server of which alice is a writer and bob a reader; a client of it."""
    running: list[tuple[Server, httpx.Client]] = []

    def start(**options: Any) -> httpx.Client:
        files = {"htpasswd": tmp_path / "writers", "readers": tmp_path / "readers"}
        for name, path in zip(("alice", "bob"), files.values(), strict=True):
            path.write_text(f"{name}:{BCRYPT}\n")
        server = Server(store, Options(port=0, writable=True, **files, **options), no_upstream)
        running.append((server, httpx.Client(base_url=server.url)))
        return running[-1][1]

    yield start
    for server, client in running:
        client.close()
        server.stop()


def begun(client: httpx.Client, repository: str, auth: tuple[str, str] | None) -> int:
    """The status of an upload that begins."""
    return client.post(f"/v2/{repository}/blobs/uploads/", auth=auth).status_code


def test_readers_pull_and_writers_push(serve: Serve, store: Store) -> None:
    keep(store, "team/app:1", b"layer")
    client = serve()
    for user, can_write in ((ALICE, True), (BOB, False)):
        assert client.get("/v2/team/app/manifests/1", auth=user).status_code == 200
        assert begun(client, "team/app", user) == (202 if can_write else 403)
    refused = client.delete("/v2/team/app/manifests/1", auth=BOB)
    assert error(refused) == (403, "DENIED") and "bob may pull" in refused.text
    assert client.get("/v2/").status_code == begun(client, "team/app", None) == 401


def test_everybody_pulls_from_a_public_server(serve: Serve, store: Store) -> None:
    keep(store, "team/app:1", b"layer")
    client = serve(public=True)
    assert client.get("/v2/").status_code == client.get("/v2/team/app/manifests/1").status_code == 200
    assert client.get("/v2/", auth=("alice", "wrong")).status_code == 401
    assert begun(client, "team/app", None) == 401 and begun(client, "team/app", ALICE) == 202


@pytest.mark.parametrize("repository", ["bob/app", "alicea/app", "team/alice/app", "library/alice", "alice2"])
def test_a_user_is_held_to_the_own_namespace(serve: Serve, repository: str) -> None:
    client = serve(own_namespace=True)
    refused = client.post(f"/v2/{repository}/blobs/uploads/", auth=ALICE)
    assert error(refused) == (403, "DENIED") and "below alice/ only" in refused.text
    assert client.put(f"/v2/{repository}/manifests/1", auth=ALICE, content=b"{}").status_code == 403
    client.auth = httpx.BasicAuth(*ALICE)
    push(client, "alice/app", "1", b"layer")
    assert client.delete("/v2/alice/app/manifests/1").status_code == 202


def test_another_tool_pushes_to_the_own_namespace(serve: Serve, tmp_path: Path, store: Store) -> None:
    keep(store, "team/app:1", b"layer")
    client = serve(own_namespace=True)
    host = client.base_url.netloc.decode()
    copy = ["copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false"]
    users = ["--src-creds", ":".join(BOB), "--dest-creds", ":".join(ALICE)]
    skopeo(*copy, *users, f"docker://{host}/team/app:1", f"docker://{host}/alice/app:1")
    assert client.get("/v2/alice/app/tags/list", auth=BOB).json()["tags"] == ["1"]


@pytest.mark.parametrize("flag", ["public", "own_namespace"])
def test_a_flag_that_needs_users_says_so(store: Store, flag: str) -> None:
    with pytest.raises(UsageError, match=f"--{flag.replace('_', '-')} requires users"):
        Server(store, Options(port=0, **{flag: True}), no_upstream)


def test_a_user_is_a_reader_or_a_writer(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text(f"alice:{BCRYPT}\n")
    with pytest.raises(UsageError, match="'alice' is in"):
        Server(store, Options(port=0, htpasswd=path, readers=path), no_upstream)
