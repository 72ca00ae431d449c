"""Files from anywhere on the web, for who names them: no log-in is sent, and no private address asked unasked."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from http import HTTPStatus

import httpx

from nbdock import human
from nbdock.errors import BadResponse, RegistryError, Unreachable, UsageError
from nbdock.http import coding, network
from nbdock.http.response import BaseResponse
from nbdock.registry import failures
from nbdock.registry.hosts import ip_address
from nbdock.task import Task

_MAX_REDIRECTS = 5
_LARGEST = 1 << 36


def download(client: httpx.Client, url: str, private: bool, task: Task) -> Iterator[bytes]:
    """The body of a URL in chunks, redirects followed. Unless they are asked for, `private` addresses are refused.

    Raises UsageError for what is no URL, RegistryError, Cancelled.
    """
    response = _follow(client, _parsed(url), private, task)
    left = _LARGEST
    for chunk in coding.undone(response.headers, response.chunks()):
        left -= len(chunk)
        if left < 0:
            raise BadResponse(f"{response.host} sends more than 64 GiB", host=response.host, status=response.status)
        yield chunk


class Download(BaseResponse):
    """A response with a file."""

    @property
    def host(self) -> str:
        """The host that sent it."""
        return str(self._response.url.host)

    def bad(self, message: str) -> BadResponse:
        """An error that says what is wrong with this response."""
        return BadResponse(f"{self.host}: {message}", host=self.host, status=self.status, hint="check the address")

    def broken(self, error: httpx.HTTPError) -> RegistryError:
        """What it means that not all of it arrived."""
        return _unreachable(error, self.host)


def _follow(client: httpx.Client, url: httpx.URL, private: bool, task: Task) -> Download:
    following = client.build_request("GET", url)
    for _ in range(_MAX_REDIRECTS):
        host = following.url.host
        if following.url.scheme not in ("http", "https"):
            raise BadResponse(f"{human.excerpt(host)} is not asked by HTTP", host=host, hint="give an https:// URL")
        if not private:
            _check_public(host)
        try:
            with task.waiting(f"{host} to answer"), network.sending(task), _admitting(host, private):
                response = client.send(following, stream=True)
        except (httpx.HTTPError, UnicodeError) as error:
            task.check()
            raise _unreachable(error, host) from None
        if response.next_request is None:
            return _received(response, task)
        response.close()
        following = response.next_request
    raise BadResponse(f"{url.host} redirects without end", host=url.host, hint="give the address of the file itself")


def _received(response: httpx.Response, task: Task) -> Download:
    host = response.url.host
    if response.status_code != HTTPStatus.OK:
        response.close()
        message = f"{host} answers {response.status_code} {response.reason_phrase}"
        raise BadResponse(human.excerpt(message), host=host, status=response.status_code, hint="check the address")
    return Download(response, task)


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise UsageError(f"{human.excerpt(url)} is no URL", hint="write https://HOST/PATH") from None
    if parsed.userinfo:
        raise UsageError("a URL with a password would be kept in the image's history", hint="COPY the file instead")
    return parsed


def _admitting(asked: str, private: bool) -> AbstractContextManager[None]:
    """Connects to no private address: a name that is looked up again may have another. A proxy may be anywhere."""
    return nullcontext() if private else network.admitting(partial(_admit, asked))


def _admit(asked: str, host: str, address: str) -> None:
    if host == asked:
        _check(host, (address,))


def _check_public(host: str) -> None:
    """Raises Unreachable if a host is at an address that is not public, by whichever name."""
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        found = set()  # behind a proxy, which looks it up
    _check(host, (host, *found))


def _check(host: str, found: Iterable[str]) -> None:
    addresses = [address for each in found if (address := ip_address(each.partition("%")[0]))]
    if host == "localhost" or not all(address.is_global for address in addresses):
        message = f"{human.excerpt(host)} is at a private address"
        raise Unreachable(message, host=host, hint="--allow private-network fetches from there")


def _unreachable(error: httpx.HTTPError | UnicodeError, host: str) -> RegistryError:
    found = failures.of_exception(error, host).error
    return found if isinstance(found, RegistryError) else Unreachable(str(found), host=host, hint=found.hint)
