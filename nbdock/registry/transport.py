"""HTTP: sends requests, follows redirects, tries again, and reads responses."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Self

import httpx

from nbdock import human
from nbdock.errors import BadResponse, InvalidContent, NbdockError, NotFound, RegistryError, Unreachable
from nbdock.http import coding, network, sending
from nbdock.http.response import BaseResponse
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.registry import failures
from nbdock.registry.connections import Connections, at_socket
from nbdock.registry.failures import Failure, Retry
from nbdock.registry.hosts import Endpoint, is_private
from nbdock.registry.pace import Pace
from nbdock.registry.request import Request
from nbdock.task import Task

_MAX_REDIRECTS = 5
_PROBE_TIMEOUT = 2.0
_BEHIND_PROXY = "if a proxy stands before the registry, it must pass on X-Forwarded-Proto and Host"
_COUNT = re.compile(r"([0-9]{1,9})(?:;w=([0-9]{1,9}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A registry's limit on pulls in a window of time, and the pulls that remain, as Docker Hub reports them.

    `source` is what the registry counts by: an account, or an IP address, which everyone behind it shares.
    """

    limit: int
    remaining: int
    window_seconds: int
    source: str

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> Self | None:
        """From a response's headers; None if they do not report a limit."""
        limit = _COUNT.match(headers.get("ratelimit-limit", ""))
        remaining = _COUNT.match(headers.get("ratelimit-remaining", ""))
        if limit is None or remaining is None:
            return None
        source = headers.get("docker-ratelimit-source", "")[:64]
        return cls(int(limit[1]), int(remaining[1]), int(limit[2] or 0), source)


class Response(BaseResponse):
    """A registry's response."""

    def __init__(self, response: httpx.Response, base: httpx.URL, task: Task, pace: Pace | None = None) -> None:
        super().__init__(response, task)
        self._base, self._pace = base, pace

    @property
    def host(self) -> str:
        """The endpoint's host, also after a redirect to another."""
        return self._base.netloc.decode()

    def chunks(self) -> Iterator[bytes]:
        """The body as it arrives, not decoded. Raises Unreachable if the connection breaks, Cancelled."""
        for chunk in super().chunks():
            yield chunk
            if self._pace:
                self._pace.took(self.host, len(chunk), self._task)

    def content(self, descriptor: Descriptor) -> Iterator[bytes]:
        """The body as a blob. Raises Unreachable if the connection breaks, BadResponse, Cancelled."""
        try:
            yield from coding.content(descriptor, self.headers, self.chunks())
        except InvalidContent as error:
            raise self.bad(str(error)) from None

    def read(self, limit: int = media.MAX_CONFIG) -> Self:
        """Read the whole body into `body`. Raises BadResponse if it is longer than `limit` bytes, or a web page."""
        super().read(limit)
        if failures.is_web_page(self.body):
            raise self.web_page()
        return self

    def exactly(self, length: int) -> bytes:
        """The body as it arrives, not decoded. Raises BadResponse if it has another length, Unreachable, Cancelled."""
        content = bytearray()
        try:
            for chunk in self.chunks():
                content += chunk
                if len(content) > length:
                    break
        finally:
            self.close()
        if len(content) != length:
            raise self.bad(f"{length} bytes were asked for, and others came")
        return bytes(content)

    def starts_at(self, position: int, size: int) -> bool:
        """Whether it is the part from `position` on of the content itself, not of the content as it is coded."""
        content_range = self.headers.get("content-range", "").strip()
        whole = content_range.endswith(f"/{size}")
        plain = whole or (content_range.endswith("/*") and "content-encoding" not in self.headers)
        return self.status == HTTPStatus.PARTIAL_CONTENT and content_range.startswith(f"bytes {position}-") and plain

    def target(self, location: str) -> str:
        """A Location or Link header as the target of the next request. Raises BadResponse."""
        try:
            url = _on_tls(self._response.url.join(_plain(location)), self._base)
        except httpx.InvalidURL:
            raise _invalid(self.host) from None
        return url.raw_path.decode() if url.netloc == self._base.netloc else str(url)

    def bad(self, message: str, hint: str = "is that a registry?") -> BadResponse:
        """An error that says what is wrong with this response."""
        return BadResponse(f"{self.host}: {message}", host=self.host, status=self.status, hint=hint)

    def is_page(self, size: int) -> bool:
        """Whether it is a page for people instead of a blob of this size."""
        kind = self.headers.get("content-type", "").lower().startswith("text/html")
        return self.status == HTTPStatus.OK and kind and self.headers.get("content-length") != str(size)

    def web_page(self) -> BadResponse:
        """The error that says that this is no registry's."""
        hint = "check the address; before it, a proxy or the network's own log-in page may answer"
        return BadResponse(
            f"{self.host} is no registry, or another answers for it: {failures.WEB_PAGE}",
            host=self.host,
            status=self.status,
            hint=hint,
        )

    def broken(self, error: httpx.HTTPError) -> NbdockError:
        """What it means that not all of it arrived."""
        return failures.of_exception(error, self.host).error


class Transport:
    """The connections to all registries, for any number of threads. `timeout` is in seconds without a byte.

    `certificates` are folders like /etc/docker/certs.d, which `tls`, if given, replaces.
    """

    def __init__(self, tls: ssl.SSLContext | None, timeout: float, certificates: Iterable[Path] = ()) -> None:
        self.rate_limits: dict[str, RateLimit] = {}
        """The pull limit that each host last reported."""
        self.pace: Pace | None = None
        self._tls, self._timeout, self._certificates = tls, timeout, tuple(certificates)
        self._schemes: dict[str, str] = {}
        self._local: dict[str, httpx.Client] = {}

    def send(self, request: Request, task: Task) -> Response:
        """The response, with a status that the request expects, after five tries at most. Raises NbdockError."""
        retry = Retry(task, paced=self.pace is not None)
        while True:
            outcome = self._once(request, task)
            if isinstance(outcome, Response):
                return outcome
            error = outcome.error
            if isinstance(error, NotFound) or not (outcome.temporary and request.repeatable):
                raise error
            retry.wait(error)

    def _once(self, request: Request, task: Task) -> Response | Failure:
        host = request.endpoint.host
        if self.pace:
            self.pace.admit(request, task)
        try:
            response = self._follow(request, task)
        except (httpx.HTTPError, UnicodeError) as error:
            task.check()
            return failures.of_exception(error, host)
        except httpx.InvalidURL:
            return Failure(_invalid(host))
        if limit := RateLimit.read(response.headers):
            self.rate_limits[host] = limit
            if self.pace:
                self.pace.limited(host, limit)
        if response.status in request.expect:
            return response
        failure = failures.of_response(request, response.status, response.headers, response.excerpt())
        if self.pace and isinstance(failure.error, RegistryError):
            self.pace.refused(host, failure.error.retry_after)
        return failure

    def _follow(self, request: Request, task: Task) -> Response:
        """Follow redirects. httpx sends the Authorization header to the endpoint's own host only."""
        base = self.base(request.endpoint, task)
        own = self._own(request.endpoint)
        url = _on_tls(_joined(base, request), base)
        headers = [*request.headers.items(), *(("Accept", line) for line in request.accept)]
        following = own.build_request(request.method, url, headers=headers, content=request.content)
        for _ in range(_MAX_REDIRECTS):
            _check(following.url, base, request.endpoint)
            client = own if following.url.host == base.host else self.verified
            with (
                task.waiting(f"{following.url.host} to answer, {self._timeout:.0f} seconds at most"),
                network.sending(task),
            ):
                response = client.send(following, stream=request.method != "HEAD")
            if response.next_request is None or not request.repeatable:
                self._schemes[request.endpoint.host] = base.scheme
                return Response(response, base, task, self.pace)
            response.close()
            _plain(response.headers["Location"])
            following = _redirected(response.next_request, response.request, base)
            if request.secret and following.url.netloc != url.netloc:
                host = human.excerpt(following.url.host)
                raise BadResponse(f"{request.endpoint.host} points to {host} with a secret", host=request.endpoint.host)
        host = request.endpoint.host
        raise BadResponse(f"{host} redirects without end", host=host)

    def base(self, endpoint: Endpoint, task: Task) -> httpx.URL:
        """The endpoint's URL. As in docker, insecure hosts are asked over HTTPS first, others over HTTPS only."""
        secure = _root("https", endpoint.host)
        if not endpoint.insecure:
            return secure
        scheme = "http" if endpoint.socket else self._schemes.get(endpoint.host) or self._probe(secure, task)
        return _root(scheme, endpoint.host)

    def url(self, request: Request, task: Task) -> httpx.URL:
        """Where the request goes. Raises BadResponse if its target cannot be read."""
        return _joined(self.base(request.endpoint, task), request)

    def _probe(self, secure: httpx.URL, task: Task) -> str:
        try:
            request = self._unverified.build_request("HEAD", secure.join("/v2/"), timeout=_PROBE_TIMEOUT)
            with network.sending(task):
                self._unverified.send(request)
        except (httpx.HTTPError, Unreachable):
            return "http"
        return "https"

    def _own(self, endpoint: Endpoint) -> httpx.Client:
        """The client for requests to the endpoint itself."""
        if endpoint.socket:
            return self._local.setdefault(endpoint.socket, sending.client(at_socket(endpoint.socket), self._timeout))
        return self._unverified if endpoint.insecure else self.verified

    @cached_property
    def verified(self) -> httpx.Client:
        """The client for all hosts that need a certificate."""
        return sending.client(Connections(self._tls, self._certificates, verify=True), self._timeout)

    @cached_property
    def _unverified(self) -> httpx.Client:
        return sending.client(Connections(None, self._certificates, verify=False), self._timeout)


def fetch(
    send: Callable[[Request, Task], Response], request: Request, task: Task, limit: int = media.MAX_CONFIG
) -> Response:
    """The response with its whole body, `limit` bytes at most, asked for again if the connection breaks in it."""
    retry = Retry(task)
    while True:
        response = send(request, task)
        try:
            return response.read(limit)
        except Unreachable as error:
            if not request.repeatable:
                raise
            retry.wait(error)


@lru_cache(maxsize=256)
def _root(scheme: str, host: str) -> httpx.URL:
    """The URL of a host, which takes httpx longer to parse than much else of a request. Raises Unreachable."""
    try:
        return httpx.URL(f"{scheme}://{host}")
    except (httpx.InvalidURL, ValueError):
        hint = "a registry is written HOST or HOST:PORT"
        raise Unreachable(f"{host} is no address", host=host, hint=hint) from None


def _joined(base: httpx.URL, request: Request) -> httpx.URL:
    """The URL of a request. A path is put after the host, which takes httpx a third of the time of a join."""
    try:
        if request.leaves_endpoint:
            return base.join(request.target)
        return base.copy_with(raw_path=request.target.encode())
    except (httpx.InvalidURL, ValueError):  # ValueError: of IDNA, of ports
        raise _invalid(request.endpoint.host) from None


def _invalid(host: str) -> BadResponse:
    return BadResponse(f"{host} points to an address that cannot be read", host=host, hint=_BEHIND_PROXY)


def _plain(location: str) -> str:
    """The address. Raises InvalidURL if it has a backslash, which browsers read as a slash, and others do not."""
    if "\\" in location:
        raise httpx.InvalidURL("a backslash")
    return location


def _on_tls(url: httpx.URL, base: httpx.URL) -> httpx.URL:
    """The URL, on TLS if it has the endpoint's own host and port: behind a proxy, a registry may believe in HTTP."""
    own = url.netloc == base.netloc or (url.raw_host, url.port) == (base.raw_host, base.port or 443)
    return url.copy_with(scheme="https", port=base.port) if own and base.scheme == "https" else url


def _redirected(following: httpx.Request, sent: httpx.Request, base: httpx.URL) -> httpx.Request:
    """The request that httpx made of a redirect, on TLS; httpx took the password from one that would have left it."""
    url = _on_tls(following.url, base)
    if url != following.url and "Authorization" in sent.headers:
        following.headers["Authorization"] = sent.headers["Authorization"]
    following.url = url
    return following


def _check(url: httpx.URL, base: httpx.URL, endpoint: Endpoint) -> None:
    """A registry may lead to itself and to public hosts, over HTTPS; an insecure one anywhere over HTTP too."""
    if url.scheme not in ("http", "https") or (url.scheme == "http" and not endpoint.insecure):
        why, rule = "is not HTTPS", f"only HTTPS is followed: {_BEHIND_PROXY}"
    elif url.host != base.host and is_private(url.host) and not endpoint.insecure:
        why, rule = "is a private address", "a registry may lead to public addresses only"
    else:
        return
    hint = f"{rule}; or set insecure = true for {endpoint.host} in registries.conf"
    message = f"{endpoint.host} points to {url.scheme}://{url.netloc.decode()}, which {why}"
    raise BadResponse(message, host=endpoint.host, hint=hint)
