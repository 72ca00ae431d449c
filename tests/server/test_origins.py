"""Web pages in a browser on this machine, which can send requests to the server but must not use it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from nbdock.server import Options, Server
from nbdock.store import Store
from tests.server.parts import digest, error, keep, no_upstream, push_blob

LAYER = b"private"
READS = (
    "/v2/",
    "/v2/_catalog",
    "/v2/team/app/tags/list",
    "/v2/team/app/manifests/1",
    f"/v2/team/app/blobs/{digest(LAYER)}",
)
FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:8888"},  # JupyterLab, which shows pages of strangers
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    {"Sec-Fetch-Site": "same-site"},
)
REBOUND = (
    "evil.example",
    "evil.example:5000",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "x@",
    "[::1",
    "[evil]:1",
    "",
)


@pytest.mark.parametrize("url", READS)
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_page_of_another_site_reads_nothing(
    store: Store, client: httpx.Client, url: str, headers: dict[str, str]
) -> None:
    keep(store, "team/app:1", LAYER)
    assert client.get(url).status_code == 200
    refused = client.get(url, headers=headers)
    assert error(refused) == (403, "DENIED")
    assert "Access-Control-Allow-Origin" not in refused.headers


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_page_of_another_site_changes_nothing(store: Store, client: httpx.Client, headers: dict[str, str]) -> None:
    keep(store, "team/app:1", LAYER)
    before = store.names()
    for method, url in [("DELETE", READS[3]), ("POST", "/v2/team/app/blobs/uploads/"), ("OPTIONS", "/v2/")]:
        assert error(client.request(method, url, headers=headers)) == (403, "DENIED")
    assert store.names() == before


@pytest.mark.parametrize("host", REBOUND)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_whose_name_was_rebound_to_this_machine_gets_nothing(
    store: Store, client: httpx.Client, host: str, method: str
) -> None:
    keep(store, "team/app:1", LAYER)
    refused = client.request(method, READS[3], headers={"Host": host, "Sec-Fetch-Site": "same-origin"})
    assert refused.status_code in (400, 403)
    assert LAYER.decode() not in refused.text


def test_the_refusal_names_the_remedy(client: httpx.Client) -> None:
    refused = client.get("/v2/", headers={"Host": "hub.example:5000"})
    assert "nbdock serve --allow-host hub.example" in refused.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:5000", "192.0.2.7:80", socket.gethostname()]
)
def test_its_own_names_and_every_address_are_fine(client: httpx.Client, host: str) -> None:
    assert client.get("/v2/", headers={"Host": host}).status_code == 200


def test_a_page_of_the_server_itself_is_fine(server: Server, client: httpx.Client) -> None:
    for headers in ({"Origin": server.url}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        assert client.get("/v2/", headers=headers).status_code == 200
    push_blob(client, "team/app", LAYER)


@pytest.fixture
def proxied(store: Store) -> Iterator[httpx.Client]:
    running = Server(store, Options(port=0, allow_host=("Hub.example",)), no_upstream)
    with httpx.Client(base_url=running.url) as client:
        yield client
    running.stop()


def test_an_allowed_host_is_fine_and_so_are_its_pages(proxied: httpx.Client) -> None:
    for headers in ({"Host": "hub.example"}, {"Origin": "https://hub.example:8000", "Sec-Fetch-Site": "cross-site"}):
        assert proxied.get("/v2/", headers=headers).status_code == 200
    assert proxied.get("/v2/", headers={"Host": "other.example"}).status_code == 403
