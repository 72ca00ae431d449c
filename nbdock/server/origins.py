"""Which requests may come from a web page. A browser lets any page send requests to this machine.

A page of another site is known by headers that only browsers send: Origin, Sec-Fetch-Site. A page whose own name
resolves to this machine (DNS rebinding) has neither, but its name is the Host of its requests. An IP address as Host is
always fine, since nobody can rebind one; and over TLS the browser itself compares the name with the certificate.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from nbdock import human
from nbdock.server.errors import APIError

_OWN_SITE = ("none", "same-origin")


class Origins:
    """The names of this server, and whose pages may use it.

    `host` is where it listens; `allowed` are further names, whose pages are trusted too: those of a reverse proxy. With
    `tls` it may have any name.
    """

    def __init__(self, host: str, allowed: Iterable[str] = (), *, tls: bool = False) -> None:
        self._allowed = {name.lower() for name in allowed}
        self._names = {"localhost", host.lower(), socket.gethostname().lower(), *self._allowed}
        self._tls = tls

    def check(self, headers: Mapping[str, str]) -> None:
        """Raises APIError (403) if the request's Host is not this server, or if another site's page sent it."""
        host = headers.get("Host", "")
        if not self._is_own(_hostname(host)):
            name = human.excerpt(_hostname(host) or host)
            raise _refused(f"{name} is no name of this server; to add it: nbdock serve --allow-host {name}")
        origin = headers.get("Origin")
        if origin is not None and not self._is_trusted(origin, host):
            raise _refused("a web page of another site may not use this server; to trust a site: --allow-host")
        if origin is None and headers.get("Sec-Fetch-Site", "none") not in _OWN_SITE:
            raise _refused("a web page of another site may not use this server")

    def _is_own(self, name: str) -> bool:
        with contextlib.suppress(ValueError):
            return bool(ipaddress.ip_address(name))
        return self._tls or name in self._names

    def _is_trusted(self, origin: str, host: str) -> bool:
        """Whether the page comes from this server, port included, or from an allowed host."""
        scheme, _, address = origin.partition("://")
        return scheme in ("http", "https") and (address == host or _hostname(address) in self._allowed)


def _hostname(host: str) -> str:
    """The name in a Host header, without its port; "" if it has none."""
    with contextlib.suppress(ValueError):
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    return ""


def _refused(message: str) -> APIError:
    return APIError(403, "DENIED", message)
