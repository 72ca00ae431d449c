"""What goes over the wire: HTTP with its redirects and retries. Outside this folder nobody knows httpx."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from functools import cached_property, partial
from importlib.metadata import version

import httpx

from nbdock.errors import BadResponse
from nbdock.registry import failures
from nbdock.registry.answer import Answer
from nbdock.registry.call import Call
from nbdock.registry.failures import Failure
from nbdock.registry.hosts import Endpoint, is_private
from nbdock.registry.limit import RateLimit
from nbdock.registry.retry import TRIES
from nbdock.task import Task

_MAX_REDIRECTS = 5
_CONNECT_TIMEOUT = 10.0
_PROBE_TIMEOUT = 2.0
_NO_PROXY = ("all://localhost", "all://127.0.0.1", "all://[::1]")  # whatever $HTTP_PROXY says: Go's rule, so docker's


class Wire:
    """The connections to every registry, for any number of threads. `timeout`: seconds without a byte."""

    def __init__(self, tls: ssl.SSLContext | None, timeout: float) -> None:
        self.limits: dict[str, RateLimit] = {}
        """What each host last said of its pull limit."""
        self._tls, self._timeout = tls, timeout
        self._schemes: dict[str, str] = {}

    def send(self, call: Call, task: Task) -> Answer:
        """Answered with a status that the call expects, after five tries at most.

        Raises what the last answer means (Denied, RateLimited, BadResponse, …), Unreachable, Cancelled.
        """
        attempt = 0
        while True:
            attempt += 1
            outcome = self._once(call, task)
            if isinstance(outcome, Answer):
                return outcome
            if attempt == TRIES or not (outcome.again and call.repeatable):
                raise outcome.error
            task.sleep(outcome.wait(attempt))

    def _once(self, call: Call, task: Task) -> Answer | Failure:
        host = call.endpoint.host
        try:
            answer = self._follow(call, task)
        except httpx.HTTPError as error:
            task.check()
            return failures.of_exception(error, host)
        except httpx.InvalidURL:
            return Failure(BadResponse(f"{host} points to what is no address", host=host))
        if answer.status in call.expect:
            return answer
        return failures.of_answer(call, answer.status, answer.headers, answer.words())

    def _follow(self, call: Call, task: Task) -> Answer:
        """The answer at the end of the redirects; httpx shows the Authorization to no other host on the way."""
        home = self._home(call.endpoint, task)
        own = self._lenient if call.endpoint.insecure else self._strict
        url, headers = home.join(call.target), dict(call.headers)
        request = own.build_request(call.method, url, headers=headers, content=call.content)
        for _ in range(_MAX_REDIRECTS):
            _check(request.url, home, call.endpoint)
            client = own if request.url.host == home.host else self._strict
            response = _promptly(partial(client.send, request, stream=call.method != "HEAD"), task)
            if response.next_request is None or not call.repeatable:
                return self._noted(Answer(response, home, task), home)
            response.close()
            request = response.next_request
        raise BadResponse(f"{call.endpoint.host} redirects without end", host=call.endpoint.host)

    def _noted(self, answer: Answer, home: httpx.URL) -> Answer:
        self._schemes[answer.host] = home.scheme
        if limit := RateLimit.read(answer.headers):
            self.limits[answer.host] = limit
        return answer

    def _home(self, endpoint: Endpoint, task: Task) -> httpx.URL:
        """Docker's rule: an insecure host is asked over HTTPS first, any other over nothing else."""
        secure = httpx.URL(f"https://{endpoint.host}")
        if not endpoint.insecure:
            return secure
        return secure.copy_with(scheme=self._schemes.get(secure.netloc.decode()) or self._probe(secure, task))

    def _probe(self, secure: httpx.URL, task: Task) -> str:
        try:
            request = self._lenient.build_request("HEAD", secure.join("/v2/"), timeout=_PROBE_TIMEOUT)
            _promptly(partial(self._lenient.send, request), task)
        except httpx.HTTPError:
            return "http"
        return "https"

    @cached_property
    def _strict(self) -> httpx.Client:
        return _client(self._tls or _authorities(), self._timeout)

    @cached_property
    def _lenient(self) -> httpx.Client:
        return _client(False, self._timeout)


def _client(verify: ssl.SSLContext | bool, timeout: float) -> httpx.Client:
    return httpx.Client(
        verify=verify,
        timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_TIMEOUT), pool=None),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
        headers={"User-Agent": f"nbdock/{version('nbdock')}", "Accept-Encoding": "identity"},
        mounts=dict.fromkeys(_NO_PROXY),
    )


def _authorities() -> ssl.SSLContext:
    """Who may vouch for a registry: httpx's list or $SSL_CERT_FILE, and the system's own."""
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


def _check(url: httpx.URL, home: httpx.URL, endpoint: Endpoint) -> None:
    """A registry may send us over HTTPS to public hosts, and to itself; an insecure one anywhere."""
    safe = url.scheme == "https" and (url.host == home.host or not is_private(url.host))
    if not safe and not (endpoint.insecure and url.scheme in ("http", "https")):
        message = f"{endpoint.host} points to {url.scheme}://{url.host}, which is not safe"
        raise BadResponse(message, host=endpoint.host, hint="only HTTPS to a public host is followed")


def _promptly(send: Callable[[], httpx.Response], task: Task) -> httpx.Response:
    """Send in a thread that is left behind where the task ends meanwhile: nothing interrupts the look-up of a name, a
    connect, or the wait for a silent server. Raises Cancelled then."""
    answered: Future[httpx.Response] = Future()

    def run() -> None:
        try:
            response = send()
        except BaseException as error:
            with suppress(InvalidStateError):
                answered.set_exception(error)
            return
        try:
            answered.set_result(response)
        except InvalidStateError:
            response.close()

    try:
        with task.closing(lambda: answered.cancel()):
            threading.Thread(target=run, name="nbdock", daemon=True).start()
            return answered.result()
    except CancelledError:
        task.check()
        raise
