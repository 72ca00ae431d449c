"""What a server tells: its log, its metrics, and its page."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from nbdock.errors import RateLimited, StoreError
from nbdock.registry.transport import RateLimit
from nbdock.server import Options, Server
from nbdock.server.server import OpenUpstream
from nbdock.store import Store
from tests.parts.registries import BCRYPT
from tests.parts.tokens import PASSWORD
from tests.server.parts import digest, keep, manifest, no_upstream, noise, push
from tests.server.test_cache import LAYERS, REPOSITORY, Source, pull, wait

LIMIT = RateLimit(100, 41, 21600, "")
Serve = Callable[..., httpx.Client]


@pytest.fixture
def serve(store: Store) -> Iterator[Serve]:
    running: list[Server] = []

    def start(options: Options, upstream: OpenUpstream = no_upstream) -> httpx.Client:
        running.append(Server(store, options, upstream, lambda: LIMIT))
        return httpx.Client(base_url=running[-1].url)

    yield start
    for server in running:
        server.stop()


def metrics(client: httpx.Client) -> dict[str, float]:
    """The value of each, under its name and labels."""
    response = client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples = (each for family in text_string_to_metric_families(response.text) for each in family.samples)
    return {" ".join([each.name, *map(str, each.labels.values())]): each.value for each in samples}


def test_the_log_says_who_pulled_what_and_where_it_came_from(serve: Serve, store: Store, tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text(f"alice:{BCRYPT}\n")
    source = Source()
    source.offer("1", *LAYERS)
    client = serve(Options(port=0, proxy="docker.io", log=tmp_path / "log", htpasswd=users), source)
    client.auth = httpx.BasicAuth("alice", PASSWORD)
    pull(client, "1")
    pull(client, "1")
    source.failure = RateLimited("toomanyrequests: slowly", host="docker.io")
    client.get(f"/v2/{REPOSITORY}/manifests/2")
    wait(lambda: "/manifests/2" in (tmp_path / "log").read_text())  # written after the response
    lines = [line.split(" ", 2)[2] for line in (tmp_path / "log").read_text().splitlines()]
    tag = f'127.0.0.1 alice "GET /v2/{REPOSITORY}/manifests/1" 200 '
    origins = [line.rpartition(" from ")[2] for line in lines if line.startswith(tag)]
    assert origins == ["registry", "cache"]
    assert any(line.startswith("docker.io refuses: toomanyrequests: slowly") for line in lines)
    assert any(line.startswith(f'127.0.0.1 alice "GET /v2/{REPOSITORY}/manifests/2" 429 ') for line in lines)
    assert PASSWORD not in "".join(lines)


def test_the_log_says_why_a_request_failed(serve: Serve, tmp_path: Path) -> None:
    users, log = tmp_path / "users", tmp_path / "log"
    users.write_text(f"alice:{BCRYPT}\n")
    client = serve(Options(port=0, writable=True, htpasswd=users, own_namespace=True, log=log))
    client.auth = httpx.BasicAuth("alice", PASSWORD)
    for method, path in (("GET", "library/nothing/manifests/1"), ("PUT", "bob/app/manifests/1")):
        client.request(method, f"/v2/{path}")
    wait(lambda: len(log.read_text().splitlines()) == 2)
    missing, foreign = log.read_text().splitlines()
    assert missing.endswith(" ms: name unknown to registry")
    assert foreign.endswith(" ms: alice may push to repositories below alice/ only")


def test_the_log_says_why_a_body_was_cut_off(serve: Serve, tmp_path: Path) -> None:
    source, layer, log = Source(), noise(100_000), tmp_path / "log"
    source.offer("1", layer)
    client = serve(Options(port=0, proxy="docker.io", log=log), source)
    client.get(f"/v2/{REPOSITORY}/manifests/1")
    source.held.clear()
    with client.stream("GET", f"/v2/{REPOSITORY}/blobs/{digest(layer)}") as response:
        chunks = response.iter_raw()
        next(chunks)
        source.failure = StoreError("cannot write blobs: No space left on device")
        source.held.set()
        with pytest.raises(httpx.RemoteProtocolError):
            list(chunks)
    wait(lambda: "/blobs/" in log.read_text())
    assert log.read_text().endswith(" ms from registry: cannot write blobs: No space left on device\n")


def test_metrics_count_what_comes_from_where(serve: Serve) -> None:
    source = Source()
    made = source.offer("1", *LAYERS)
    client = serve(Options(port=0, proxy="docker.io"), source)
    pull(client, "1")
    pull(client, "1")
    source.failure = RateLimited("toomanyrequests", host="docker.io")
    client.get(f"/v2/{REPOSITORY}/manifests/2")
    found = metrics(client)
    blobs = sum(map(len, (b"{}", *LAYERS)))
    assert found["nbdock_pulls_total registry"] == found["nbdock_pulls_total cache"] == 1
    assert found["nbdock_sent_bytes_total registry"] == len(made) + blobs
    assert found["nbdock_sent_bytes_total cache"] == len(made) + blobs
    assert found["nbdock_requests_total GET 429"] == found["nbdock_upstream_refusals_total"] == 1
    assert (found["nbdock_upstream_pull_limit"], found["nbdock_upstream_pulls_left"]) == (100, 41)


def test_metrics_count_pushes(serve: Serve) -> None:
    client = serve(Options(port=0, writable=True))
    made = push(client, "team/app", "1", b"layer")
    client.get("/v2/team/app/manifests/1")
    found = metrics(client)
    assert found["nbdock_pushes_total"] == found["nbdock_pulls_total store"] == 1
    assert found["nbdock_sent_bytes_total store"] == len(made) == len(manifest(b"layer"))


def test_methods_that_nobody_knows_are_one(serve: Serve) -> None:
    client = serve(Options(port=0))
    for number in range(3):
        with contextlib.suppress(httpx.ReadError):  # the connection ends with such a request
            httpx.request(f"X{number}", client.base_url.join("/v2/"))
    wait(lambda: metrics(client).get("nbdock_requests_total other 405") == 3)
    assert not any("X1" in name for name in metrics(client))


@pytest.mark.parametrize("proxy", ["", "docker.io"])
def test_the_page_says_what_to_paste(serve: Serve, store: Store, proxy: str) -> None:
    keep(store, "team/app:1", b"layer")
    client = serve(Options(port=0, proxy=proxy))
    response = client.get("/")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    host = client.base_url.netloc.decode()
    conf, docker, magic = (part.splitlines()[1] for part in response.text.strip().split("\n\n"))
    (rule,) = tomllib.loads(conf)["registry"]
    place = rule["mirror"][0] if proxy else rule
    assert (place["location"], place["insecure"]) == (host, True)
    assert host in docker and magic == f"%image pull {host}/library/httpd"
