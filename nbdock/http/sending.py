"""Sends requests so that a cancelled task need not wait for them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from http.cookiejar import CookieJar
from importlib.metadata import version

import httpx

from nbdock.http import logs
from nbdock.task import Task, in_thread

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


def send(deliver: Callable[[], httpx.Response], task: Task) -> httpx.Response:
    """What `deliver` returns, in a thread of its own, which a cancelled task leaves behind. Raises Cancelled.

    Nothing else can interrupt the lookup of a name, a connect, or the wait for a silent server.
    """
    outcome: Future[httpx.Response] = Future()

    def run() -> None:
        try:
            response = deliver()
        except BaseException as error:
            if outcome.set_running_or_notify_cancel():
                outcome.set_exception(error)
        else:
            if outcome.set_running_or_notify_cancel():
                outcome.set_result(response)
            else:
                response.close()

    try:
        with task.closing(outcome.cancel):
            in_thread(run)
            return outcome.result()
    except CancelledError:
        task.check()
        raise
