"""Search: Docker Hub's two APIs, played; catalogs of real registries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbdock.errors import BadResponse, RateLimited, Unreachable
from nbdock.registry import discovery
from nbdock.registry.client import Registry
from nbdock.registry.credentials import Credentials
from nbdock.registry.discovery import Found
from nbdock.registry.hosts import Endpoint, Hosts
from tests.parts import registries as parts
from tests.registry.conftest import Impatient
from tests.registry.faults import Reply, Server

HTTPD = {"name": "httpd", "description": "The Apache\nHTTP Server", "star_count": 4800, "is_official": True}
OTHER = {"name": "me/httpd", "description": None, "star_count": 0}


def results(*found: object) -> Reply:
    return Reply(200, json.dumps({"results": found}).encode())


@pytest.fixture
def hub(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Stands for index.docker.io; hub.docker.com cannot be reached."""
    monkeypatch.setattr(discovery, "INDEX", Endpoint(server.host, insecure=True))
    monkeypatch.setattr(discovery, "WEB", Endpoint("hub.invalid"))
    yield server


def test_docker_hub_is_asked_as_docker_asks(client: Registry, hub: Server, task: Impatient) -> None:
    hub.on("GET /v1/search", results(HTTPD, OTHER))
    found = client.search("library/httpd", 2, task=task)
    assert found.found == (
        Found("httpd", "The Apache\nHTTP Server", 4800, True),
        Found("me/httpd", "", 0, False),
    )
    (asked,) = hub.asked("GET", "/v1/search")
    assert asked.path == "/v1/search?q=httpd&n=2"
    assert asked.headers["X-Docker-Token"] == "true"


def test_pull_counts_come_from_the_web_api(
    client: Registry, hub: Server, task: Impatient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "WEB", discovery.INDEX)
    hub.on("GET /v1/search", results(HTTPD, OTHER))
    hub.on("GET /v2/search/repositories/", results({"repo_name": "library/httpd", "pull_count": 5_000_000_000}))
    assert [each.pulls for each in client.search("httpd", task=task).found] == [5_000_000_000, None]


def test_a_web_api_that_fails_is_done_without(
    client: Registry, hub: Server, task: Impatient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "WEB", discovery.INDEX)
    hub.on("GET /v1/search", results(HTTPD))
    hub.on("GET /v2/search/repositories/", Reply(200, b"<html>"))
    assert client.search("httpd", task=task).found[0].pulls is None


def test_a_web_api_that_is_silent_is_not_waited_for(
    client: Registry, hub: Server, task: Impatient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "WEB", discovery.INDEX)
    monkeypatch.setattr(discovery, "_PULL_COUNT_TIMEOUT", 0)
    hub.on("GET /v1/search", results(HTTPD))
    hub.on("GET /v2/search/repositories/", Reply(silent=True))
    assert client.search("httpd", task=task).found[0].pulls is None


def test_no_more_than_the_limit_is_given(client: Registry, hub: Server, task: Impatient) -> None:
    hub.on("GET /v1/search", results(HTTPD, OTHER))
    assert len(client.search("httpd", 1, task=task).found) == 1


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"[]", b'{"results": "none"}', b'{"results": [{"name": 5}]}', b'{"results": [{"star_count": "*"}]}'],
)
def test_what_is_no_result_is_a_bad_response(client: Registry, hub: Server, task: Impatient, body: bytes) -> None:
    hub.on("GET /v1/search", Reply(200, body))
    with pytest.raises(BadResponse):
        client.search("httpd", task=task)


def test_too_many_searches_are_told(client: Registry, hub: Server, task: Impatient) -> None:
    hub.on("GET /v1/search", Reply(429, b"Too many requests"))
    with pytest.raises(RateLimited, match="toomanyrequests: Too many requests"):
        client.search("httpd", task=task)


def test_without_docker_hub_its_mirrors_catalog_is_searched(
    registry: parts.Registry, credentials: Credentials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "INDEX", Endpoint("index.invalid"))
    monkeypatch.setattr(discovery, "WEB", Endpoint("hub.invalid"))
    conf = tmp_path / "registries.conf"
    conf.write_text(
        '[[registry]]\nlocation = "docker.io"\n[[registry.mirror]]\nlocation = "mirror.invalid"\n'
        f'[[registry.mirror]]\nlocation = "{registry.host}"\n'
    )
    found = Registry(Hosts.load([conf]), credentials).search("http")
    assert found.found == (Found("httpd"),)
    assert found.source == f"catalog of {registry.host}"


def test_without_docker_hub_and_mirrors_there_is_nothing(
    client: Registry, task: Impatient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "INDEX", Endpoint("index.invalid"))
    monkeypatch.setattr(discovery, "WEB", Endpoint("hub.invalid"))
    with pytest.raises(Unreachable, match=r"cannot reach index\.invalid"):
        client.search("httpd", task=task)


def test_a_docker_hub_of_ones_own_is_searched_in_its_place(
    registry: parts.Registry, registries_conf: Path, credentials: Credentials
) -> None:
    found = Registry(Hosts.load([registries_conf]), credentials).search("busybox")
    assert (found.found, found.source) == ((Found("busybox"),), f"catalog of {registry.host}")


def test_another_registry_is_asked_for_its_index_first(client: Registry, server: Server, task: Impatient) -> None:
    server.on("GET /v1/search", results({"name": "team/app", "star_count": 1}))
    found = client.search("app", host=server.host, task=task)
    assert (found.found, found.source) == ((Found(f"{server.host}/team/app", stars=1),), server.host)


def test_a_registry_without_an_index_is_asked_for_its_catalog(
    client: Registry, server: Server, task: Impatient
) -> None:
    names = ["app", "application", "team/app", "unapp", "other"]
    server.on("GET /v2/_catalog", Reply(200, json.dumps({"repositories": names}).encode()))
    found = client.search("app", 4, server.host, task)
    assert [each.name.removeprefix(f"{server.host}/") for each in found.found] == [
        "app",
        "team/app",
        "application",
        "unapp",
    ]
    assert found.source == f"catalog of {server.host}"


def test_a_catalog_below_a_path_is_searched_there(
    server: Server, credentials: Credentials, tmp_path: Path, task: Impatient
) -> None:
    conf = tmp_path / "registries.conf"
    conf.write_text(f'[[registry]]\nprefix = "docker.io"\nlocation = "{server.host}/hub"\n')
    names = {"repositories": ["hub/library/httpd", "library/httpd", "hub/me/httpd"]}
    server.on("GET /v2/_catalog", Reply(200, json.dumps(names).encode()))
    found = Registry(Hosts.load([conf]), credentials).search("httpd", task=task)
    assert [each.name for each in found.found] == ["httpd", "me/httpd"]


def test_an_index_below_a_path_is_searched_there(
    server: Server, credentials: Credentials, tmp_path: Path, task: Impatient
) -> None:
    conf = tmp_path / "registries.conf"
    conf.write_text(f'[[registry]]\nprefix = "docker.io"\nlocation = "{server.host}/hub"\n')
    found = [{"name": name, "description": name} for name in ("library/httpd", "hub/library/httpd", "hub/me/httpd")]
    server.on("GET /v1/search", results(*found))
    searched = Registry(Hosts.load([conf]), credentials).search("httpd", 1, task=task)
    assert searched.found == (Found("httpd", "hub/library/httpd"),)
