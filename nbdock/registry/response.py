"""A registry's response: its body, and what its headers say."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self, TypeVar

import httpx

from nbdock.errors import BadResponse, InvalidContent, InvalidDigest, Unreachable
from nbdock.oci import fields, manifest, media, verify
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.fields import JSON
from nbdock.registry import body, failures
from nbdock.task import Task

T = TypeVar("T")

_EXCERPT = 16_384
_COUNT = re.compile(r"([0-9]{1,9})(?:;w=([0-9]{1,9}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A registry's limit on pulls, as Docker Hub reports it.

    Parameters
    ----------
    limit
        Pulls allowed in the window.
    remaining
        Pulls left.
    window_seconds
        The length of the window.
    source
        Who is counted: an IP address, which everyone behind it shares, or an account. "" if unknown.
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


class Response:
    """A response whose head has arrived. Read its body to the end, or close it."""

    def __init__(self, response: httpx.Response, base: httpx.URL, task: Task) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.body = b""
        """The body, after `read`."""
        self._response, self._base, self._task = response, base, task

    def chunks(self) -> Iterator[bytes]:
        """The body as it arrives, not decoded. Raises Unreachable if the connection breaks, Cancelled."""
        try:
            with self._task.closing(self._shut_down):
                for chunk in body.chunks(self._response):
                    self._task.check()
                    yield chunk
                self._task.check()
        except httpx.HTTPError as error:
            self._task.check()
            raise failures.of_exception(error, self.host).error from None
        finally:
            self.close()

    def read(self, limit: int = media.MAX_CONFIG) -> Self:
        """Read the whole body into `body`. Raises BadResponse if it is longer than `limit` bytes."""
        self._read(limit + 1)
        if len(self.body) > limit:
            raise self.bad(f"a response of more than {limit} bytes")
        return self

    def excerpt(self) -> bytes:
        """The beginning of the body, for an error message."""
        with suppress(Unreachable):
            self._read(_EXCERPT)
        return self.body

    def _read(self, limit: int) -> None:
        if self._response.is_closed:
            return
        content = bytearray()
        for chunk in self.chunks():
            content += chunk
            if len(content) >= limit:
                break
        self.body = bytes(content[:limit])

    def parse(self, read: Callable[[JSON], T]) -> T:
        """What `read` makes of the body, a JSON object. Raises BadResponse if it raises InvalidContent."""
        try:
            return read(fields.load(self.body, "response"))
        except InvalidContent as error:
            raise self.bad(str(error)) from None

    def target(self, location: str) -> str:
        """A Location or Link header as the target of the next request. Raises BadResponse."""
        try:
            url = self._response.url.join(location)
        except httpx.InvalidURL:
            raise self.bad("an address that cannot be read") from None
        return url.raw_path.decode() if url.netloc == self._base.netloc else str(url)

    def bad(self, message: str) -> BadResponse:
        """An error that says what is wrong with this response."""
        return BadResponse(f"{self.host}: {message}", host=self.host, status=self.status, hint="is that a registry?")

    @property
    def host(self) -> str:
        """The endpoint's host, also after a redirect to another."""
        return self._base.netloc.decode()

    def close(self) -> None:
        """Give up the rest of the body."""
        self._response.close()

    def _shut_down(self) -> None:
        """End a read that another thread is waiting in. SSLSocket's own `shutdown` would only end TLS."""
        stream = self._response.extensions["network_stream"]
        socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)


def described_manifest(head: Response, wanted: Digest | None) -> Descriptor | None:
    """The descriptor of a manifest or index by its response's headers; None if they leave something out."""
    media_type, digest, size = _media_type(head), _digest(head), head.headers.get("content-length", "")
    if digest is None or wanted not in (None, digest) or not media.is_manifest(media_type) or not size.isdecimal():
        return None
    return Descriptor(media_type, digest, int(size))


def read_manifest(response: Response, wanted: Digest | None) -> Descriptor:
    """The descriptor of the manifest or index in the body. Raises DigestMismatch, InvalidContent if it is neither."""
    expected = wanted or _digest(response) or Digest.of(response.body)
    actual = expected.same(response.body)
    verify.check_digest(actual, expected, f"{response.host} sent a manifest of {actual} as {expected}")
    parsed = manifest.parse(response.body, _media_type(response))
    return Descriptor(parsed.media_type, actual, len(response.body))


def _media_type(response: Response) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip()


def _digest(response: Response) -> Digest | None:
    try:
        return Digest.parse(response.headers.get("docker-content-digest", ""))
    except InvalidDigest:
        return None
