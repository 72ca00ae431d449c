"""HTTP requests with their redirects and retries. Only this module, `response` and `body` know httpx."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import cached_property, partial
from importlib.metadata import version

import httpx

from nbdock.errors import BadResponse
from nbdock.registry import failures
from nbdock.registry.failures import Failure, Retry
from nbdock.registry.hosts import Endpoint, is_private
from nbdock.registry.request import Request
from nbdock.registry.response import RateLimit, Response
from nbdock.task import Task

_MAX_REDIRECTS = 5
_CONNECT_TIMEOUT = 10.0
_PROBE_TIMEOUT = 2.0
_NO_PROXY = ("all://localhost", "all://127.0.0.1", "all://[::1]")  # as in Go, and so docker, whatever $HTTP_PROXY says


class Transport:
    """The connections to all registries, for any number of threads. `timeout` is in seconds without a byte."""

    def __init__(self, tls: ssl.SSLContext | None, timeout: float) -> None:
        self.rate_limits: dict[str, RateLimit] = {}
        """The pull limit that each host last reported."""
        self._tls, self._timeout = tls, timeout
        self._schemes: dict[str, str] = {}

    def send(self, request: Request, task: Task) -> Response:
        """The response, with a status that the request expects, after five tries at most. Raises NbdockError."""
        retry = Retry(task)
        while True:
            outcome = self._once(request, task)
            if isinstance(outcome, Response):
                return outcome
            if not (outcome.temporary and request.repeatable):
                raise outcome.error
            retry.wait(outcome.error, outcome.retry_after)

    def _once(self, request: Request, task: Task) -> Response | Failure:
        host = request.endpoint.host
        try:
            response = self._follow(request, task)
        except httpx.HTTPError as error:
            task.check()
            return failures.of_exception(error, host)
        except httpx.InvalidURL:
            return Failure(BadResponse(f"{host} points to an invalid address", host=host))
        if limit := RateLimit.read(response.headers):
            self.rate_limits[host] = limit
        if response.status in request.expect:
            return response
        return failures.of_response(request, response.status, response.headers, response.excerpt())

    def _follow(self, request: Request, task: Task) -> Response:
        """Follow redirects. httpx sends the Authorization header to the endpoint's own host only."""
        base = self._base(request.endpoint, task)
        own = self._unverified if request.endpoint.insecure else self._verified
        url, headers = base.join(request.target), dict(request.headers)
        following = own.build_request(request.method, url, headers=headers, content=request.content)
        for _ in range(_MAX_REDIRECTS):
            _check(following.url, base, request.endpoint)
            client = own if following.url.host == base.host else self._verified
            response = _send(partial(client.send, following, stream=request.method != "HEAD"), task)
            if response.next_request is None or not request.repeatable:
                self._schemes[request.endpoint.host] = base.scheme
                return Response(response, base, task)
            response.close()
            following = response.next_request
        host = request.endpoint.host
        raise BadResponse(f"{host} redirects without end", host=host)

    def _base(self, endpoint: Endpoint, task: Task) -> httpx.URL:
        """The endpoint's URL. As in docker, insecure hosts are asked over HTTPS first, others over HTTPS only."""
        secure = httpx.URL(f"https://{endpoint.host}")
        if not endpoint.insecure:
            return secure
        return secure.copy_with(scheme=self._schemes.get(endpoint.host) or self._probe(secure, task))

    def _probe(self, secure: httpx.URL, task: Task) -> str:
        try:
            request = self._unverified.build_request("HEAD", secure.join("/v2/"), timeout=_PROBE_TIMEOUT)
            _send(partial(self._unverified.send, request), task)
        except httpx.HTTPError:
            return "http"
        return "https"

    @cached_property
    def _verified(self) -> httpx.Client:
        if self._tls:
            return _client(self._tls, self._timeout)
        context = httpx.create_ssl_context()  # httpx's certificate authorities, or those of $SSL_CERT_FILE
        context.load_default_certs()  # and the system's
        return _client(context, self._timeout)

    @cached_property
    def _unverified(self) -> httpx.Client:
        return _client(False, self._timeout)


def _client(verify: ssl.SSLContext | bool, timeout: float) -> httpx.Client:
    return httpx.Client(
        verify=verify,
        timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_TIMEOUT), pool=None),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
        headers={"User-Agent": f"nbdock/{version('nbdock')}", "Accept-Encoding": "identity"},
        mounts=dict.fromkeys(_NO_PROXY),
    )


def _check(url: httpx.URL, base: httpx.URL, endpoint: Endpoint) -> None:
    """A registry may redirect to public hosts over HTTPS, and to itself; an insecure one to any host."""
    safe = url.scheme == "https" and (url.host == base.host or not is_private(url.host))
    if not safe and not (endpoint.insecure and url.scheme in ("http", "https")):
        message = f"{endpoint.host} points to {url.scheme}://{url.host}, which is not safe"
        raise BadResponse(message, host=endpoint.host, hint="only HTTPS to a public host is followed")


def _send(send: Callable[[], httpx.Response], task: Task) -> httpx.Response:
    """Send in a thread of its own, which a cancelled task leaves behind. Raises Cancelled.

    Nothing else can interrupt the lookup of a name, a connect, or the wait for a silent server.
    """
    outcome: Future[httpx.Response] = Future()

    def run() -> None:
        try:
            response = send()
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
            threading.Thread(target=run, name="nbdock", daemon=True).start()
            return outcome.result()
    except CancelledError:
        task.check()
        raise
