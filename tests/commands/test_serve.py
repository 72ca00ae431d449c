"""The command `serve`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import httpx
import pytest

from nbdock.api import Dock
from nbdock.errors import Refused, UsageError
from tests.commands.conftest import Recorder
from tests.parts.registries import Registry


def test_serve_returns_its_address(dock: Dock, console: Recorder) -> None:
    served = dock.serve(port=0)
    assert list(served.columns) == ["address", "url", "store", "writable", "proxy"]
    assert re.fullmatch(r"127\.0\.0\.1:\d+", served.address[0])
    assert console.echoed == [f"Serving {dock.store.root} at {served.url[0]}"]
    tags = httpx.get(f"{served.url[0]}/v2/library/httpd/tags/list").json()["tags"]
    assert tags == ["2.0", "2.2", "2.4", "latest"]
    assert dock.serve(stop=True).address[0] == served.address[0]
    with pytest.raises(httpx.ConnectError):
        httpx.get(served.url[0])


def test_a_public_writable_server_without_passwords_is_warned_of(dock: Dock, console: Recorder) -> None:
    dock.serve(port=0, writable=True)
    dock.serve(stop=True)
    assert not console.warned
    dock.serve(host="0.0.0.0", port=0, writable=True)
    dock.serve(stop=True)
    assert "Anyone who can reach this machine can push" in console.warned[0]


def test_a_cache_says_whose_images_it_hands_out(dock: Dock, console: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    login = {"auths": {"registry.example": {"auth": b64encode(b"alice:secret").decode()}}}
    monkeypatch.setenv("DOCKER_AUTH_CONFIG", json.dumps(login))
    knowing = Dock(dock.store.root, console=console)
    knowing.serve(port=0, proxy="other.example")
    knowing.serve(stop=True)
    assert not console.warned
    knowing.serve(port=0, proxy="registry.example")
    knowing.serve(stop=True)
    assert "logged in to registry.example as alice: whoever can reach it can pull every" in console.warned[0]
    assert "secret" not in console.warned[0]


def test_a_store_is_served_once(dock: Dock) -> None:
    dock.serve(port=0)
    with pytest.raises(Refused, match="already served at"):
        dock.serve(port=0)
    dock.serve(stop=True)
    with pytest.raises(Refused, match="not being served"):
        dock.serve(stop=True)


def test_nbdock_pulls_the_images_of_a_served_store(dock: Dock, tmp_path: Path) -> None:
    address = dock.serve(port=0).address[0]
    other = Dock(tmp_path / "other")
    other.pull(f"{address}/library/httpd:2.4")
    assert other.ls().image_id[0] in set(dock.ls("httpd:2.4").image_id)
    dock.serve(stop=True)


def test_a_writable_store_accepts_pushes(dock: Dock, tmp_path: Path) -> None:
    other = Dock(tmp_path / "other")
    address = other.serve(port=0, writable=True).address[0]
    dock.tag("hello-world", f"{address}/team/hello:1")
    dock.push(f"{address}/team/hello:1")
    assert list(other.ls().reference) == [f"{address}/team/hello:1"]
    other.serve(stop=True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"proxy": "docker.io", "writable": True}, "cannot be used together"),
        ({"proxy": "https://docker.io"}, "not the name of a registry"),
        ({"proxy": "hub"}, "not the name of a registry"),
        ({"tls_cert": "/nothing"}, "must be used together"),
        ({"htpasswd": "/nothing"}, "cannot read"),
        ({"htpasswd": "~who is that/users"}, "cannot find the home folder in ~who is that"),
        ({"htpasswd": "a\0b"}, "a path has no zero bytes"),
        ({"port": 70000}, "must be a number from 0 to 65535"),
        ({"host": "256.0.0.1"}, "cannot listen"),
    ],
)
def test_invalid_options_are_refused(dock: Dock, given: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        dock.serve(**{"port": 0, **given})  # type: ignore[arg-type]


def test_in_a_terminal_it_runs_until_it_is_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nbdock", "serve", "--port", "0", "--writable"]
    settings = {**os.environ, "NBDOCK_STORE": str(tmp_path / "store")}
    running = subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, text=True)
    assert running.stdout
    url = re.search(r"http://\S+", running.stdout.readline())
    assert url and httpx.get(f"{url[0]}/v2/").status_code == 200
    running.send_signal(signal.SIGINT)
    assert running.communicate()[0] == ""
    assert running.returncode == 0


def test_what_to_paste_is_printed_where_others_reach_it(dock: Dock, console: Recorder) -> None:
    served = dock.serve(host="0.0.0.0", port=0, proxy="docker.io")
    dock.serve(stop=True)
    port = served.address[0].rpartition(":")[2]
    first, *pasted = console.echoed
    assert first.startswith("Serving ")
    assert [line[:1] for line in pasted[::3]] == ["", "", ""] and pasted[1].startswith("# ~/.config/containers")
    assert re.fullmatch(rf"%image pull (?!localhost)\S+:{port}/library/httpd", pasted[-1])


def test_images_are_pulled_before_the_class(registry: Registry, tmp_path: Path) -> None:
    names = tmp_path / "names"
    names.write_text("# for tomorrow\nhttpd:2.4\n\nbusybox linux/arm64  # the boards\n")
    dock = Dock(tmp_path / "cache")
    served = dock.serve(port=0, proxy="docker.io", prefetch=names)
    assert sorted(dock.ls().platform) == ["linux/amd64", "linux/arm64"]
    before = len(registry.requests())
    url = f"{served.url[0]}/v2/library/httpd/manifests/2.4"
    assert httpx.get(url).status_code == 200
    assert all(line.startswith("HEAD") for line in registry.requests()[before:])
    dock.serve(stop=True)


def test_a_list_that_cannot_be_had_does_not_keep_the_server_from_starting(
    dock: Dock, console: Recorder, registry: Registry, tmp_path: Path
) -> None:
    names = tmp_path / "names"
    names.write_text("nosuch:1\n")
    dock.serve(port=0, proxy="docker.io", prefetch=names)
    dock.serve(stop=True)
    assert any("nosuch" in line for line in console.warned)
    with pytest.raises(UsageError, match="cannot read"):
        dock.serve(port=0, prefetch=tmp_path)
