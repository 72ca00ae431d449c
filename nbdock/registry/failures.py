"""What goes wrong at a registry: nbdock's error in docker's words, and when to try again."""

from __future__ import annotations

import json
import math
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from secrets import SystemRandom

import httpx

from nbdock import errors, human
from nbdock.errors import NotFound, RegistryError
from nbdock.http import failures
from nbdock.oci import fields
from nbdock.oci.descriptor import Descriptor
from nbdock.registry import certificates
from nbdock.registry.hosts import HUB_API
from nbdock.registry.request import Request
from nbdock.task import Progress, State, Task

_TRIES = 5
_LONGEST_WAIT = 60.0
_random = SystemRandom()

_TEMPORARY = frozenset({408, 500, 502, 503, 504})
_BROKEN = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
_BROKEN_TLS = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, ssl.SSLEOFError)
WEB_PAGE = "a web page, which no registry sends"
_USED_UP = "reached your pull rate limit"
_WARNING = re.compile(r'299 \S+ ("(?:[^"\\]|\\.)*")')
_MAX_WARNING = 4096
_COUNTED = 600.0


class Retry:
    """The tries of one request, or of the transfer of a descriptor's content: five, with a longer wait after each.

    If a registry asks for a wait of more than a minute, that is left to the user, unless the requests are `paced`.
    """

    def __init__(self, task: Task, descriptor: Descriptor | None = None, *, paced: bool = False) -> None:
        self._task, self._descriptor, self._paced = task, descriptor, paced
        self._failed = 0

    def wait(self, error: RegistryError, done: int = 0) -> None:
        """Wait before the next try: as long as the registry asks for, or twice as long as before; 60 seconds at most.

        `done` bytes have been transferred so far. Raises `error` after the last try, Cancelled.
        """
        self._failed += 1
        seconds = error.retry_after
        is_long = seconds is not None and seconds > _LONGEST_WAIT and not self._paced
        if self._failed == _TRIES or is_long:
            raise error
        if seconds is None:
            seconds = 2.0**self._failed * _random.uniform(0.5, 1)  # spread: clients do not return all at once
        waited = min(seconds, _LONGEST_WAIT)
        detail = f"in {waited:.0f} second{'s' if round(waited) != 1 else ''}"
        if self._descriptor:
            self._task.tell(Progress(self._descriptor, State.RETRYING, done, self._descriptor.size, detail))
        with self._task.waiting(f"{error.host} ({error}): it is asked again {detail}"):
            self._task.sleep(waited)

    def restart(self) -> None:
        """Count the tries from the beginning, as the last one made progress."""
        self._failed = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """An error, and whether it is `temporary`."""

    error: RegistryError | NotFound
    temporary: bool = False


def of_response(request: Request, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """What a response with an unexpected status means."""
    code, words = explain(body)
    words = words or _warning(headers)
    after = _retry_after(headers)
    host, name = request.endpoint.host, request.endpoint.familiar
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Failure(_denied(request, status, words))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        limited = _rate_limited(host, headers, words, after)
        return replace(limited, temporary=limited.temporary and not request.hurried)
    if code == "NAME_UNKNOWN":
        return Failure(errors.ImageNotFound(f"repository {name} not found: {words}", hint=search_hint(name)))
    if code == "MANIFEST_BLOB_UNKNOWN":
        return Failure(errors.BlobNotFound(f"{host} lacks a part of {name}: {words}"))
    phrase = httpx.codes.get_reason_phrase(status)
    message = f"{host}: unexpected status code {status} {phrase}: {words}".rstrip(": ")
    error = errors.BadResponse(message, host=host, status=status, hint=_hint(status), retry_after=after)
    return Failure(error, status in _TEMPORARY)


def of_exception(error: httpx.HTTPError | UnicodeError, host: str) -> Failure:
    """Why no response arrived, or not all of it, from `host` or from where it redirected to."""
    root = failures.cause(error)
    if getattr(root, "error_status_hint", 0) == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:  # h11's word for it
        return Failure(errors.BadResponse(f"{host} sends more headers than fit into 100 kB", host=host))
    where = asked = host
    with suppress(RuntimeError, AttributeError):  # httpx's, if it does not know the request; UnicodeError has none
        asked = human.excerpt(error.request.url.netloc.decode())  # type: ignore[union-attr]
        where = host if asked == host.lower() else f"{asked}, where {host} points to"
    why, hint = _explain(root, asked)
    refused = isinstance(root, ssl.SSLError) and root.reason in failures.CLIENT_CERTIFICATE
    temporary = not refused and (isinstance(error, _BROKEN) or isinstance(root, _BROKEN_TLS))
    return Failure(errors.Unreachable(f"cannot reach {where}: {why}", host=host, hint=hint), temporary)


def explain(body: bytes) -> tuple[str, str]:
    """The spec's error code, and the registry's message in 200 printable characters at most."""
    try:
        source = fields.load(body, "error")
        first = next(iter(fields.objects(source, "errors")), source)
        words = fields.text(first, "message") or fields.text(first, "details")
        return fields.text(first, "code"), human.excerpt(words)
    except errors.InvalidContent:
        return "", WEB_PAGE if is_web_page(body) else human.excerpt(body.decode(errors="replace"))


def is_web_page(body: bytes) -> bool:
    """Whether a body is a page for people: a log-in page, a proxy's, that of a host that is no registry."""
    return body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html"))


def login_command(host: str) -> str:
    """What to type to log in, in a notebook and in a terminal."""
    return _command("login" if host == HUB_API else f"login {host}")


def logout_command(host: str) -> str:
    """What to type to drop a saved log-in."""
    return _command("logout" if host == HUB_API else f"logout {host}")


def search_hint(name: str) -> str:
    """What to do about a repository that was not found."""
    return f"check the name: {_command(f'search {name}')}"


def _command(line: str) -> str:
    return f"%image {line} (in a terminal: nbdock {line})"


def _warning(headers: Mapping[str, str]) -> str:
    """The text of the Warning header (distribution spec, "Warnings"): what says why where there is no body."""
    found = _WARNING.match(headers.get("warning", "")[:_MAX_WARNING])
    with suppress(ValueError, RecursionError):
        return human.excerpt(json.loads(found[1])) if found else ""
    return ""


def _time(seconds: float) -> str:
    """To the second, as long as somebody may count them."""
    return f"{math.ceil(seconds)} seconds" if seconds < _COUNTED else human.duration(seconds).lower()


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """The Retry-After header in seconds, written as a number or as a date (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _rate_limited(host: str, headers: Mapping[str, str], words: str, after: float | None) -> Failure:
    """Too many requests: temporary, unless Docker Hub has no pulls left for hours."""
    used_up = _USED_UP in words or headers.get("ratelimit-remaining", "").startswith("0")
    words = words or (f"You have {_USED_UP}" if used_up else "try again later")
    hint = f"log in for a higher limit: {login_command(host)}"
    hint = hint if after is None else f"try again in {_time(after)}, or {hint}"
    error = errors.RateLimited(f"toomanyrequests: {words}", host=host, retry_after=after, hint=hint)
    return Failure(error, not used_up)


def _denied(request: Request, status: int, words: str) -> RegistryError:
    host, name = request.endpoint.host, request.endpoint.familiar
    if status == HTTPStatus.UNAUTHORIZED and request.headers.get("Authorization", "").startswith("Basic"):
        message = "unauthorized: incorrect username or password"
        return errors.Unauthorized(message, host=host, hint=f"log in again: {login_command(host)}")
    if request.method == "DELETE":
        message = f"denied: nothing of {name} may be deleted with this log-in, or without one"
    elif not request.pulls:
        message = "denied: requested access to the resource is denied"
    elif name:
        message = f"pull access denied for {name}, repository does not exist or may require 'docker login'"
    else:
        message = f"{host} denied access"
    hint = f"check the name; if it is private, log in: {login_command(host)}"
    return errors.Denied(f"{message}: {words}".rstrip(": "), host=host, hint=hint)


def _hint(status: int) -> str:
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return "the registry does not accept this: it may be read-only, or a cache"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "the registry has a problem: try again later"
    return "check that the address is a registry's"


def _explain(error: BaseException, host: str) -> tuple[str, str]:
    match error:
        case ssl.SSLCertVerificationError():
            return certificates.explain(error, host)
        case ssl.SSLError() if error.reason in failures.CLIENT_CERTIFICATE:
            why = "tls: it takes no client without a certificate that it knows"
            return why, f"put yours in {certificates.FOLDER}/{host}, as client.cert and client.key"
        case ssl.SSLError() if error.reason in failures.PLAIN_HTTP:
            return "http: server gave HTTP response to HTTPS client", "set insecure = true in registries.conf"
    return failures.explain(error, "the registry")
