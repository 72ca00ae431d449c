"""How nbdock's requests are sent."""

from __future__ import annotations

from http.cookiejar import CookieJar
from importlib.metadata import version

import httpx

from nbdock.http import logs

_CONNECT_TIMEOUT = 10.0


class _NoCookies(CookieJar):
    """Keeps none, so that none is sent, and does not look for any: that took a tenth of each request."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Look at nothing."""


def client(connections: httpx.BaseTransport, timeout: float) -> httpx.Client:
    """A client that takes bodies as they are, keeps no cookies and logs no queries.

    `timeout` is in seconds without a byte.
    """
    logs.redact()
    made = httpx.Client(
        transport=connections,
        timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_TIMEOUT), pool=None),
        headers={"User-Agent": f"nbdock/{version('nbdock')}", "Accept-Encoding": "identity"},
    )
    made.cookies.jar = _NoCookies()
    return made
