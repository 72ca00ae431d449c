"""Connections, each with the certificates that are kept for the host, and through the proxy that is set for it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from urllib.request import getproxies

import httpx

from nbdock import human
from nbdock.errors import Unreachable
from nbdock.http import network
from nbdock.registry import certificates
from nbdock.registry.proxies import Proxies

_KEPT = 64
_Key = tuple[httpx.URL | None, tuple[Path, ...]]


class Connections(httpx.BaseTransport):
    """A pool of connections for each proxy, and for each set of certificates.

    `tls`, if given, is used for every host. Otherwise the `folders` (`certs.d`) are looked up.
    """

    def __init__(self, tls: ssl.SSLContext | None, folders: Iterable[Path], *, verify: bool) -> None:
        self._tls, self._folders, self._verify = tls, tuple(folders), verify
        self._pools: dict[_Key, httpx.HTTPTransport] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it. Raises Unreachable if the proxy cannot be used, InvalidContent if certificates cannot be read."""
        url = request.url
        proxy = self._proxies.find(url)
        named = {url.netloc.decode(), f"{url.host}:{url.port or 443}"}
        found = () if self._tls or url.scheme == "http" else self._files(sorted(named))
        with self._lock:
            pool = self._pools.get(_key(proxy, found)) or self._open(proxy, found)
        try:
            return pool.handle_request(request)
        except (httpx.ConnectError, httpx.ProxyError) as error:
            if proxy is None or "[SSL" in str(error):  # what is wrong with a certificate is told of its host
                raise
            by = proxy.url.netloc.decode()
            message = f"cannot reach {url.netloc.decode()} through the proxy {by}: {human.excerpt(str(error))}"
            raise Unreachable(
                message, host=url.netloc.decode(), hint="check HTTPS_PROXY, ALL_PROXY, NO_PROXY"
            ) from None

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()

    def _files(self, names: Iterable[str]) -> tuple[Path, ...]:
        return next(filter(None, (certificates.files(self._folders, name) for name in names)), ())

    def _open(self, proxy: httpx.Proxy | None, found: tuple[Path, ...]) -> httpx.HTTPTransport:
        context = self._tls or (certificates.context(found, verify=self._verify) if found else self._usual)
        pool = self._pools[_key(proxy, found)] = network.connections(verify=context, proxy=proxy, kept=_KEPT)
        return pool

    @cached_property
    def _usual(self) -> ssl.SSLContext:
        return certificates.context(verify=self._verify)

    @cached_property
    def _proxies(self) -> Proxies:
        return Proxies(getproxies())


def at_socket(path: str) -> httpx.BaseTransport:
    """Connections to a server of this machine that listens on a Unix socket instead of a port."""
    return network.connections(uds=path, kept=_KEPT)


def _key(proxy: httpx.Proxy | None, found: tuple[Path, ...]) -> _Key:
    return (proxy.url if proxy else None, found)
