"""When Docker Hub refuses, end to end: nbdock and skopeo behind an `nbdock serve --proxy`, and Docker Hub itself.

Waits are counted by what was asked of whom and for how long somebody meant to sleep, never by a clock.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nbdock.api import Dock
from nbdock.errors import RateLimited
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.media import OCI_MANIFEST
from nbdock.registry.client import Registry
from nbdock.registry.hosts import Hosts
from nbdock.server import Options
from nbdock.server import Server as Proxy
from nbdock.store import Store
from nbdock.task import Task
from tests.parts.layers import file
from tests.places import Shelf
from tests.registry.faults import Reply, Server

WORDS = "slowly, please"
LIMITED = Reply(
    429,
    json.dumps({"errors": [{"code": "TOOMANYREQUESTS", "message": WORDS}]}).encode(),
    {"Retry-After": "90", "Content-Type": "application/json"},
)
CONF = '[[registry]]\nprefix = "docker.io"\nlocation = "{}"\ninsecure = true\n'
MIRROR = '[[registry.mirror]]\nlocation = "{}"\ninsecure = true\n'
APP = "library/app"
AT_ONCE = 2


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long somebody would have slept."""
    waits: list[float] = []
    monkeypatch.setattr(Task, "sleep", lambda _, seconds: waits.append(seconds))
    return waits


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy asks few things at once, so that others wait for their turn."""
    monkeypatch.setattr("nbdock.server.content._MAX_REQUESTS", AT_ONCE)


@pytest.fixture
def upstream() -> Iterator[Server]:
    """What the proxy takes for Docker Hub."""
    with Server() as running:
        yield running


@pytest.fixture
def hub() -> Iterator[Server]:
    """What the client takes for Docker Hub."""
    with Server() as running:
        running.on("GET /v2/", Reply(200, b"{}"))
        yield running


@pytest.fixture
def proxy(upstream: Server, tmp_path: Path) -> Iterator[Proxy]:
    conf = tmp_path / "proxy.conf"
    conf.write_text(CONF.format(upstream.host))
    registry = Registry(Hosts.load([conf]))
    running = Proxy(Store(tmp_path / "cache"), Options(port=0, proxy="docker.io"), registry.hurried)
    yield running
    running.stop()


@pytest.fixture
def conf(proxy: Proxy, hub: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Docker Hub with the proxy as its mirror, as a class has it."""
    path = tmp_path / "registries.conf"
    path.write_text(CONF.format(hub.host) + MIRROR.format(proxy.host))
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(path))
    return path


def refuse(server: Server, reply: Reply = LIMITED, *repositories: str) -> None:
    """As Docker Hub does: a HEAD, which it does not count, is answered; what it counts is not."""
    for repository in repositories or (APP,):
        made = server.holds(repository, b"{}", OCI_MANIFEST, "latest")
        for reference in ("latest", made.digest):
            server.on(f"GET /v2/{repository}/manifests/{reference}", reply)


def stock(server: Server) -> Descriptor:
    """Have an image; its layer."""
    shelf = Shelf()
    layer = shelf.layer(file("a", b"a"))
    target = shelf.image(layer)
    server.holds(APP, shelf.content[target.digest], target.media_type, "latest")
    for digest, content in shelf.content.items():
        if digest != target.digest:
            server.holds(APP, content)
    return layer


def asked(server: Server) -> int:
    """How often it was asked for what it counts."""
    return len([each for each in server.asked("GET", "/v2/library") if "/manifests/" in each.path])


def test_where_the_hub_remains_the_proxy_s_refusal_is_not_waited_for(
    conf: Path, upstream: Server, hub: Server, slept: list[float]
) -> None:
    refuse(upstream)
    stock(hub)
    dock = Dock()
    assert dock.pull("app").error.isna().all() and dock.ls("app").shape[0] == 1
    assert slept == [] and asked(upstream) == 1


def test_where_nobody_remains_it_ends_with_the_hub_s_words_and_when_it_goes_on(
    conf: Path, upstream: Server, hub: Server, slept: list[float]
) -> None:
    refuse(upstream)
    refuse(hub)
    with pytest.raises(RateLimited, match=f"toomanyrequests: {WORDS}") as failure:
        Dock().pull("app")
    assert "in 90 seconds" in failure.value.hint
    assert slept == [] and asked(upstream) == 1 and asked(hub) == 1


def test_where_the_hub_cannot_be_reached_the_proxy_s_words_are_told(
    conf: Path, upstream: Server, hub: Server, slept: list[float]
) -> None:
    refuse(upstream)
    hub.server_close()
    with pytest.raises(RateLimited, match=f"toomanyrequests: {WORDS}; this cache asks .* again in \\d+ seconds"):
        Dock().pull("app")
    assert slept == []


def test_a_refusal_in_the_middle_is_told_where_the_hub_cannot_be_reached(
    conf: Path, upstream: Server, hub: Server, slept: list[float]
) -> None:
    layer = stock(upstream)
    for method in ("HEAD", "GET"):
        upstream.on(f"{method} /v2/{APP}/blobs/{layer.digest}", LIMITED)
    hub.server_close()
    with pytest.raises(RateLimited, match=f"toomanyrequests: {WORDS}"):
        Dock().pull("app")
    assert slept == []


def test_a_short_wait_is_waited_where_nobody_else_remains(
    conf: Path, upstream: Server, hub: Server, slept: list[float]
) -> None:
    refuse(upstream)
    stock(hub)
    found = hub.reply(f"HEAD /v2/{APP}/manifests/latest")
    for method in ("HEAD", "GET"):
        hub.on(f"{method} /v2/{APP}/manifests/latest", Reply(429, LIMITED.body, {"Retry-After": "7"}), found)
    assert Dock().pull("app").error.isna().all()
    assert set(slept) == {7.0} and asked(upstream) == 1


def test_all_who_wait_are_told_at_once(
    conf: Path, upstream: Server, hub: Server, slept: list[float], tmp_path: Path
) -> None:
    names = [f"app{number}" for number in range(12)]
    for server in (upstream, hub):
        refuse(server, LIMITED, *(f"library/{name}" for name in names))
    docks = [Dock(tmp_path / name) for name in names]

    def told(dock: Dock, name: str) -> str:
        with pytest.raises(RateLimited) as failure:
            dock.pull(name)
        assert failure.value.hint
        return str(failure.value).partition(";")[0]

    with ThreadPoolExecutor(len(names)) as pool:
        assert set(pool.map(told, docks, names)) == {f"toomanyrequests: {WORDS}"}
    assert slept == [] and asked(hub) == len(names) and asked(upstream) <= AT_ONCE


def test_skopeo_goes_on_at_the_hub(conf: Path, upstream: Server, hub: Server) -> None:
    """It asks the mirror five times, as it asks any registry; the proxy asks its own no more often than it may."""
    refuse(upstream, Reply(429, LIMITED.body, {**LIMITED.headers, "Retry-After": "1"}))
    stock(hub)
    assert json.loads(inspected(conf).stdout)["layers"]
    assert asked(upstream) <= 5


def test_skopeo_is_told_in_the_hub_s_words(conf: Path, upstream: Server, hub: Server) -> None:
    for server in (upstream, hub):
        refuse(server, Reply(429, LIMITED.body, {**LIMITED.headers, "Retry-After": "1"}))
    said = inspected(conf).stderr
    assert f": toomanyrequests: {WORDS}; this cache asks {upstream.host} again in " in said
    assert asked(upstream) <= 10


def inspected(conf: Path) -> subprocess.CompletedProcess[str]:
    command = [
        "skopeo",
        "--insecure-policy",
        "--registries-conf",
        str(conf),
        "inspect",
        "--raw",
        "docker://docker.io/library/app",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)
