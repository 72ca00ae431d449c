"""The proxy of a request: `$HTTPS_PROXY`, `$HTTP_PROXY`, `$ALL_PROXY` and `$NO_PROXY`, as Go and docker read them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

import httpx

from nbdock.errors import Unreachable
from nbdock.registry.hosts import ip_address, is_loopback

_SOCKS = "socks5"
_PORTS = {"http": 80, "https": 443}


class Proxies:
    """The proxies of `http`, `https` and `all`, past which the hosts in `no` are reached, as of `urllib.getproxies`."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._exceptions = tuple(_exceptions(variables.get("no", "")))

    def find(self, url: httpx.URL) -> httpx.Proxy | None:
        """The proxy to ask for a URL; None to ask its host itself. Raises Unreachable if the proxy cannot be used."""
        scheme = url.scheme if self._variables.get(url.scheme) else "all"
        address = self._variables.get(scheme)
        if not address or self._passes(url):
            return None
        try:
            return _proxy(address)
        except (ValueError, httpx.InvalidURL):
            why, hint = "it is not a URL that nbdock can use", "http://, https:// and socks5:// are possible"
        except ImportError:
            why, hint = "SOCKS needs the package socksio", "pip install socksio, and restart"
        message = f"cannot reach {url.netloc.decode()} through the proxy of {scheme.upper()}_PROXY: {why}"
        raise Unreachable(message, host=url.netloc.decode(), hint=hint)

    def _passes(self, url: httpx.URL) -> bool:
        port = url.port or _PORTS[url.scheme]
        return is_loopback(url.netloc.decode()) or any(each.covers(url.host, port) for each in self._exceptions)


@dataclass(frozen=True, slots=True)
class _Exception:
    """An entry of `$NO_PROXY`: a network or a domain, at one port or, with 0, at all. The domain "" is every host."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None
    domain: str
    port: int = 0

    def covers(self, host: str, port: int) -> bool:
        if self.port not in (0, port):
            return False
        address = ip_address(host)
        if self.network is not None:
            return address is not None and address in self.network
        below = self.domain if self.domain.startswith(".") else f".{self.domain}"
        return not self.domain or host == self.domain or host.endswith(below)


def _exceptions(variable: str) -> Iterator[_Exception]:
    """The entries of `$NO_PROXY`; one that is malformed covers nothing."""
    for entry in variable.lower().split(","):
        name, port = _split(entry.strip())
        try:
            yield _Exception(ipaddress.ip_network(name.strip("[]"), strict=False), "", port)
        except ValueError:
            if name:
                yield _Exception(None, name.removeprefix("*"), port)


def _split(entry: str) -> tuple[str, int]:
    """Host and port, 0 if there is none: a last colon is a port's unless the entry is an IPv6 address."""
    name, _, port = entry.rpartition(":")
    if name and port.isdecimal() and (":" not in name or name.endswith("]")):
        return name, int(port[:5])
    return entry, 0


def _proxy(address: str) -> httpx.Proxy:
    """Raises ValueError, httpx.InvalidURL, ImportError."""
    scheme, found, rest = address.partition("://")
    if not found:
        scheme, rest = "http", address
    # httpx knows socks5h, too, from 0.28 on; names go to the proxy in both.
    proxy = httpx.Proxy(f"{'socks5' if scheme in ('socks', 'socks5h') else scheme}://{rest}")
    if not urlsplit(f"//{rest}").hostname:
        raise ValueError
    if proxy.url.scheme == _SOCKS and find_spec("socksio") is None:
        raise ImportError
    return proxy
