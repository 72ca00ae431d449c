"""The panel's part of a real Jupyter server: who may ask, what is answered, and that a page that goes away ends it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from nbdock.api import Dock
from nbdock.lab.desk import Desk, Page
from tests.browser import servers
from tests.browser.servers import Server
from tests.parts.gate import Gate
from tests.parts.mirror import mirror

BASE = "/user/a%40b/"
Bring = Callable[..., None]


@pytest.fixture(scope="module")
def conf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's registries.conf: a test that needs a registry writes it."""
    return tmp_path_factory.mktemp("conf") / "registries.conf"


@pytest.fixture(scope="module")
def server(conf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Its pages ask for the test's own store, as with the setting of that name."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CONTAINERS_REGISTRIES_CONF", str(conf))
        with servers.jupyter("jupyter_server", tmp_path_factory.mktemp("jupyter"), BASE) as running:
            yield running


@pytest.fixture
def script(server: Server, home: Path) -> Iterator[httpx.Client]:
    """With the server's token."""
    own = {"Authorization": f"token {server.token}"}
    with httpx.Client(base_url=f"{server.url}/nbdock", headers=own, params={"store": str(home / "store")}) as client:
        yield client


@pytest.fixture
def browser(server: Server, home: Path) -> Iterator[httpx.Client]:
    """Logged in: cookies alone."""
    own = {"store": str(home / "store")}
    with httpx.Client(base_url=f"{server.url}/nbdock", follow_redirects=True, params=own) as client:
        form = client.get(f"{server.url}/login")
        sent = {"password": server.token, "_xsrf": client.cookies["_xsrf"]}
        client.post(form.url, data=sent).raise_for_status()
        yield client


async def listen(url: str, **headers: str) -> WebSocketClientConnection:
    store = urlencode({"store": Dock().settings.store})
    address = f"{url}/nbdock/events?{store}".replace("http", "ws", 1)
    return await websocket_connect(HTTPRequest(address, headers=headers))


async def heard(socket: WebSocketClientConnection, passes: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            message = json.loads(await socket.read_message() or "{}")
            if not message or passes(message):
                return dict(message)


async def told(url: str, **headers: str) -> None:
    (await listen(url, **headers)).close()


def refused(server: Server, **headers: str) -> int:
    with pytest.raises(HTTPClientError) as caught:
        asyncio.run(listen(server.url, **headers))
    return int(caught.value.code)


def test_only_the_user_may_ask(server: Server, browser: httpx.Client, bring: Bring) -> None:
    bring("busybox:latest")
    stranger = httpx.Client(base_url=f"{server.url}/nbdock")
    for name in ("images", "pull", "remove", "archive", "nothing"):
        assert stranger.post(f"ask/{name}", json={}).status_code == 403
    assert refused(server) == 403
    assert browser.post("ask/images", json={}).status_code == 403, "a form of another site could ask"
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    assert refused(server, Cookie=cookies, Origin="https://example.org") == 403
    known = {"X-XSRFToken": browser.cookies["_xsrf"]}
    evil = browser.post("ask/images", json={}, headers={**known, "Origin": "https://example.org"})
    assert evil.status_code in (403, 404)
    answer = browser.post("ask/images", json={}, headers=known)
    assert [each["tags"] for each in answer.json()["images"]] == [["busybox:latest"]]
    asyncio.run(told(server.url, Cookie=cookies, Origin=server.url.removesuffix(BASE.rstrip("/"))))


def test_errors_say_what_to_do(script: httpx.Client, server: Server) -> None:
    log = server.root.parent / "jupyter.log"
    before = len(log.read_text())

    def error(name: str, asked: object, **query: str) -> tuple[int, str]:
        answer = script.post(f"ask/{name}", json=asked, params=query)
        assert set(answer.json()) >= {"message", "hint", "kind"}
        return answer.status_code, answer.json()["kind"]

    assert error("nothing", {}) == (400, "UsageError")
    assert error("plan", {"images": 1}) == (400, "UsageError")
    assert error("tag", {"image": "a", "name": "b"}) == (404, "ImageNotFound")
    assert error("images", {}, platform="no such/plat/form/x") == (400, "InvalidPlatform")
    assert script.post("ask/images", json=[1]).status_code == 400
    assert script.post("ask/images", content=b"{").status_code == 400
    assert script.post("ask/images", content=b"[" * 1_000_000).status_code == 400
    assert "Traceback" not in log.read_text()[before:]


def test_a_question_is_bounded(script: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(1000):
            yield bytes(1 << 20)

    try:
        answer = script.post("ask/images", content=endless())
    except httpx.TransportError:
        return
    assert answer.status_code == 400


def test_two_pages_see_one_pull_and_the_server_is_not_idle(
    script: httpx.Client, server: Server, large: Gate, conf: Path
) -> None:
    mirror(large, conf)

    def activity() -> str:
        return str(script.get(f"{server.url}/api/status").json()["last_activity"])

    async def scenario() -> None:
        own = {"Authorization": f"token {server.token}"}
        one = await listen(server.url, **own)
        pull = asyncio.to_thread(script.post, "ask/pull", json={"reference": "large:1"})
        number = (await pull).json()
        about = f"pull {number}"
        await heard(one, lambda message: message["about"] == about and message.get("done", 0) > 0)
        other = await listen(server.url, **own)  # which came later, and is told what is shown
        assert (await heard(other, lambda message: message["about"] == about))["state"] == "pulling"
        one.close()
        other.close()
        before = activity()
        await asyncio.sleep(0.3)
        assert activity() > before, "a server that pulls with no page open looks idle"
        third = await listen(server.url, **own)
        large.opened.set()
        assert (await heard(third, lambda message: message.get("state") == "done"))["about"] == about
        await heard(third, lambda message: message["about"] == "store")

    asyncio.run(scenario())


def test_pages_that_go_away_cancel_their_questions(script: httpx.Client, conf: Path) -> None:
    """More of them than are answered at once: otherwise a registry that never answers would leave no room."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as silent, ThreadPoolExecutor(20) as pages:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        conf.write_text(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n')

        def give_up(_: int) -> None:
            with pytest.raises(httpx.ReadTimeout):
                script.post("ask/tags", json={"reference": f"{address}/app"}, timeout=3)

        list(pages.map(give_up, range(20)))
        assert script.post("ask/usage", json={}, timeout=10).json()["disk"] == 0


def test_of_each_thing_a_slow_page_gets_the_newest_state() -> None:
    sent: list[dict[str, Any]] = []

    async def scenario() -> None:
        slow = asyncio.Event()

        async def write(text: str) -> None:
            sent.append(json.loads(text))
            await slow.wait()

        page = Page(write)
        for done in range(100):
            page.tell({"about": "pull 1", "done": done})
            page.tell({"about": "pull 2", "done": done})
            await asyncio.sleep(0)
        page.tell({"about": "removal 1", "freed": 5})
        page.tell({"about": "removal 1", "gone": True})
        await asyncio.sleep(0)
        slow.set()
        await asyncio.sleep(0.01)

    asyncio.run(scenario())
    assert len(sent) <= 6
    assert [each["done"] for each in sent if each["about"] == "pull 1"][-1] == 99
    assert [each.get("freed") for each in sent[-2:]] == [5, None]


def test_the_settings_of_a_page_choose_the_back_end(home: Path, tmp_path: Path) -> None:
    desk = Desk(tmp_path, {})
    own = desk.backend("", "", "")
    assert desk.backend("", "", "2") is own and own.at_once == 2
    assert [desk.backend("", "", asked).at_once for asked in ("0", "9" * 20, "-3", "x")] == [1, 16, 16, 16]
    other = desk.backend(str(tmp_path / "other"), "linux/arm64", "")
    assert other is not own and other.at_once == 4
    assert (
        str(other.dock.settings.store) == str(tmp_path / "other") and str(other.dock.settings.platform) == "linux/arm64"
    )
