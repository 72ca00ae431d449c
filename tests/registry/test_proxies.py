"""Proxies: whom NO_PROXY names, by Go's rules; what a proxy of no use is called; SOCKS."""

from __future__ import annotations

import socket
import threading

import httpx
import pytest

from nbdock.errors import Unreachable
from nbdock.registry import proxies
from nbdock.registry.proxies import Proxies
from nbdock.registry.transport import Transport
from tests.registry.conftest import Impatient
from tests.registry.test_transport import failure, request

PROXY = "http://proxy.test:3128"


def asked(host: str, no: str = "", proxy: str = PROXY) -> bool:
    """Whether the proxy is asked for that host."""
    return Proxies({"https": proxy, "no": no}).find(httpx.URL(f"https://{host}/v2/")) is not None


@pytest.mark.parametrize(
    ("no", "host"),
    [
        ("*", "a.test"),
        (" b.test , A.test ", "a.test"),
        ("a.test", "b.a.test"),
        (".a.test", "b.a.test"),
        ("*.a.test", "c.b.a.test"),
        ("a.test:443", "a.test"),
        ("a.test:5000", "a.test:5000"),
        ("10.0.0.0/8", "10.1.2.3:5000"),
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.3:5000", "10.1.2.3:5000"),
        ("10.1.2.3/8", "10.9.9.9"),
        ("fd01::/48", "[fd01::2]:5000"),
        ("fd01::2", "[fd01::2]"),
        ("[fd01::2]", "[fd01::2]:80"),
        ("[fd01::2]:5000", "[fd01::2]:5000"),
        ("10.0.0.0/8", "[::ffff:10.1.2.3]"),
        (":,[,/,]:1,::::,10.0.0.0/99,a.test", "a.test"),
    ],
)
def test_whom_no_proxy_names_is_reached_past_the_proxy(no: str, host: str) -> None:
    assert not asked(host, no)


@pytest.mark.parametrize(
    ("no", "host"),
    [
        ("", "a.test"),
        ("a.test", "ba.test"),
        (".a.test", "a.test"),
        ("*.a.test", "a.test"),
        ("a.test:5000", "a.test"),
        ("10.0.0.0/8", "11.0.0.1"),
        ("10.0.0.0/8", "10.test"),
        ("fd01::/48", "[fd02::1]"),
        ("[fd01::2]:5000", "[fd01::2]"),
        ("10.0.0.0/99", "10.0.0.1"),
        (":5000", "a.test:5000"),
        ("http://a.test", "a.test"),
    ],
)
def test_whom_it_does_not_name_is_asked_through_it(no: str, host: str) -> None:
    assert asked(host, no)


@pytest.mark.parametrize("host", "localhost:5000 127.0.0.1 127.9.9.9:5000 [::1]:5000 [::ffff:127.0.0.1]".split())
@pytest.mark.parametrize("proxy", [PROXY, "socks://proxy.test", "http://["])
def test_loopback_is_never_asked_through_a_proxy(host: str, proxy: str) -> None:
    assert not asked(host, proxy=proxy)


def test_each_scheme_has_its_own_proxy_and_all_is_for_the_rest() -> None:
    found = Proxies({"http": "one.test:1", "all": "http://user:secret@two.test:2"})
    http, https = (found.find(httpx.URL(f"{scheme}://a.test")) for scheme in ("http", "https"))
    assert http and str(http.url) == "http://one.test:1"
    assert https and str(https.url) == "http://two.test:2" and https.auth == ("user", "secret")


@pytest.mark.parametrize("proxy", ["ftp://p.test", "http://user:secret@[", "http://:secret@", "socks4://p.test", "://"])
def test_a_proxy_that_is_none_is_told_in_one_line_without_its_password(proxy: str) -> None:
    with pytest.raises(Unreachable) as problem:
        asked("a.test", proxy=proxy)
    assert str(problem.value).startswith("cannot reach a.test through the proxy of HTTPS_PROXY: ")
    assert "secret" not in f"{problem.value} {problem.value.hint}"


@pytest.mark.parametrize("scheme", ["socks", "socks5", "socks5h"])
def test_socks_needs_a_package_which_is_named(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "find_spec", lambda _name: None)
    with pytest.raises(
        Unreachable, match="through the proxy of HTTPS_PROXY: SOCKS needs the package socksio"
    ) as problem:
        asked("a.test", proxy=f"{scheme}://p.test:1080")
    assert "pip install" in problem.value.hint


def socks(listener: socket.socket) -> None:
    """A SOCKS5 proxy (RFC 1928) for one connection: what a name is, it does not know, and answers itself."""
    near, _ = listener.accept()
    with near, near.makefile("rb") as sent:
        sent.read(sent.read(2)[1])
        near.sendall(b"\x05\x00")
        sent.read(4)
        name = sent.read(sent.read(1)[0]).decode()
        sent.read(2)
        near.sendall(b"\x05\x00\x00\x01" + bytes(6))
        while sent.readline() != b"\r\n":
            pass
        near.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(name)}\r\n\r\n{name}".encode())


def test_a_registry_is_reached_through_socks_which_looks_its_name_up(
    transport: Transport, task: Impatient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("ALL_PROXY", f"socks://127.0.0.1:{listener.getsockname()[1]}")
        transport._schemes["registry.test"] = "http"
        threading.Thread(target=socks, args=[listener], daemon=True).start()
        assert transport.send(request("registry.test"), task).read().body == b"registry.test"


def test_a_proxy_of_no_use_is_told_once(transport: Transport, task: Impatient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://p.test")
    assert "proxy of ALL_PROXY" in str(failure(transport, "registry.test", task))
    assert task.slept == []


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_a_proxy_that_is_down_is_named(
    transport: Transport, task: Impatient, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://user:secret@127.0.0.1:9")
    said = str(failure(transport, "registry.test", task, insecure=False))
    assert said.startswith("cannot reach registry.test through the proxy 127.0.0.1:9: ")
    assert "secret" not in said
