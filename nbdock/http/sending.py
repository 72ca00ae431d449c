"""How nbdock's requests are sent."""

from __future__ import annotations

from importlib.metadata import version

import httpx

from nbdock.http import logs

_CONNECT_TIMEOUT = 10.0


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
    made.cookies.extract_cookies = _keep_none  # type: ignore[method-assign]
    return made


def _keep_none(response: httpx.Response) -> None:
    """Keep no cookies, so that none is sent; looking for them takes a tenth of a request."""
