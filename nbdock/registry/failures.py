"""What went wrong at a registry: nbdock's error in docker's words, and whether another try can help."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from nbdock import human
from nbdock.errors import (
    BadResponse,
    BlobNotFound,
    Denied,
    ImageNotFound,
    InvalidContent,
    NbdockError,
    RateLimited,
    Unauthorized,
    Unreachable,
)
from nbdock.oci import document
from nbdock.registry.call import Call
from nbdock.registry.hosts import HUB_API
from nbdock.registry.retry import LONGEST_WAIT, backoff

_AGAIN = frozenset({408, 500, 502, 503, 504})
_BROKEN = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
_PLAIN_HTTP = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST")
_USED_UP = "reached your pull rate limit"
_LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Failure:
    """An error, whether the same request may succeed `again`, and `after` how many seconds if the registry says so."""

    error: NbdockError
    again: bool = False
    after: float | None = None

    def wait(self, attempt: int) -> float:
        """Seconds until the next try: what the registry asks for, else longer each time; 60 at most."""
        return backoff(attempt) if self.after is None else min(self.after, LONGEST_WAIT)


def of_answer(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """What an answer means that was not hoped for."""
    code, words = explain(body)
    host, after = call.endpoint.host, retry_after(headers)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Failure(_denied(call, status, words))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        hint = f"log in for a higher limit: {log_in(host)}"
        used_up = _used_up(headers, words)
        words = words or (f"You have {_USED_UP}" if used_up else "try again later")
        limited = RateLimited(f"toomanyrequests: {words}", host=host, retry_after=after, hint=hint)
        return Failure(limited, not used_up, after)
    if code == "NAME_UNKNOWN":
        name = call.endpoint.familiar
        return Failure(
            ImageNotFound(f"repository {name} not found: {words}", hint=f"check the name: docker search {name}")
        )
    if code == "MANIFEST_BLOB_UNKNOWN":
        return Failure(BlobNotFound(f"{host} lacks a part of {call.endpoint.familiar}: {words}"))
    message = f"{host}: unexpected status code {status} {_phrase(status)}: {words}".rstrip(": ")
    return Failure(BadResponse(message, host=host, status=status, hint=_remedy(status)), status in _AGAIN, after)


def of_exception(error: httpx.HTTPError, host: str) -> Failure:
    """Why there was no answer, or not all of it: from `host`, or from where that sent us."""
    why, hint = _cause(error)
    where = host
    with suppress(RuntimeError):  # httpx's, where it does not know the request
        asked = printable(error.request.url.netloc.decode())
        where = host if asked == host else f"{asked}, where {host} points to"
    return Failure(Unreachable(f"cannot reach {where}: {why}", host=host, hint=hint), isinstance(error, _BROKEN))


def explain(body: bytes) -> tuple[str, str]:
    """The spec's error code, and what the registry says, in 200 printable characters at most."""
    try:
        source = document.load(body, "error")
        first = next(iter(document.objects(source, "errors")), source)
        words = document.text(first, "message") or document.text(first, "details")
        return document.text(first, "code"), printable(words)
    except InvalidContent:
        return "", printable(body.decode(errors="replace"))


def printable(text: str) -> str:
    """On one line that is safe to show, cut to 200 characters."""
    return human.ellipsis(human.printable(" ".join(text[: 4 * _LONGEST_WORDS].split())), _LONGEST_WORDS)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds, whichever way it is written (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def log_in(host: str) -> str:
    """What to type to log in there."""
    return "docker login" if host == HUB_API else f"docker login {host}"


def _denied(call: Call, status: int, words: str) -> NbdockError:
    host, name = call.endpoint.host, call.endpoint.familiar
    if status == HTTPStatus.UNAUTHORIZED and call.authorization.startswith("Basic"):
        message = "unauthorized: incorrect username or password"
        return Unauthorized(message, host=host, hint=f"log in again: {log_in(host)}")
    if call.pushes:
        message = "denied: requested access to the resource is denied"
    elif name:
        message = f"pull access denied for {name}, repository does not exist or may require 'docker login'"
    else:
        message = f"{host} denied access"
    hint = f"check the name; if it is private, log in: {log_in(host)}"
    return Denied(f"{message}: {words}".rstrip(": "), host=host, hint=hint)


def _remedy(status: int) -> str:
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return "the registry does not take this: it may be read-only, or a cache"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "the registry has a problem of its own: try again later"
    return "check that the address is a registry's"


def _cause(error: BaseException) -> tuple[str, str]:
    while deeper := error.__cause__ or error.__context__:
        error = deeper
    match error:
        case socket.gaierror():
            return "no such host", "check the name and the network"
        case ConnectionRefusedError():
            return "connection refused", "check the port, and that the registry runs"
        case ssl.SSLCertVerificationError():
            why = f"tls: failed to verify certificate: {printable(error.verify_message)}"
            return why, "name the registry's CA in SSL_CERT_FILE, or set insecure = true in registries.conf"
        case ssl.SSLError() if error.reason in _PLAIN_HTTP:
            return "http: server gave HTTP response to HTTPS client", "set insecure = true in registries.conf"
        case TimeoutError():
            return "no answer in time", "check the network, and try again"
    return printable(str(error)) or type(error).__name__, "try again"


def _used_up(headers: Mapping[str, str], words: str) -> bool:
    """No pull is left for hours: Docker Hub's limit, not a burst of requests."""
    return _USED_UP in words or headers.get("ratelimit-remaining", "").startswith("0")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
