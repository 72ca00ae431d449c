"""What a registry answers."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Self, TypeVar

import httpx

from nbdock.errors import BadResponse, InvalidContent, Unreachable
from nbdock.oci import document, media
from nbdock.oci.document import Document
from nbdock.registry import body, failures
from nbdock.task import Task

T = TypeVar("T")

_GATHERED = 4  # reads to a piece: fewer steps for who hashes it, and progress where each read is short
_MAX_WORDS = 16_384


class Answer:
    """The head of an answer, its body still to come. Whoever has one reads it to its end or closes it."""

    def __init__(self, response: httpx.Response, home: httpx.URL, task: Task) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.body = b""
        self._response, self._home, self._task = response, home, task

    def pieces(self) -> Iterator[bytes]:
        """The body as it comes, not decoded. Raises Unreachable where the connection breaks, Cancelled."""
        gathered: list[bytes] = []
        try:
            for piece in self._received():
                gathered.append(piece)
                if len(gathered) == _GATHERED:
                    yield b"".join(gathered)
                    gathered.clear()
        except Unreachable:
            yield b"".join(gathered)
            raise
        yield b"".join(gathered)

    def _received(self) -> Iterator[bytes]:
        try:
            with self._task.closing(self._shut):
                for piece in body.chunks(self._response):
                    self._task.check()
                    yield piece
                self._task.check()
        except httpx.HTTPError as error:
            self._task.check()
            raise failures.of_exception(error, self.host).error from None
        finally:
            self.close()

    def read(self, limit: int = media.MAX_CONFIG) -> Self:
        """With the whole body in `body`. Raises BadResponse where that is longer than `limit` bytes."""
        self._begin(limit + 1)
        if len(self.body) > limit:
            raise self.bad(f"an answer of more than {limit} bytes")
        return self

    def words(self) -> bytes:
        """The first bytes of the body, for what an error says."""
        with suppress(Unreachable):
            self._begin(_MAX_WORDS)
        return self.body

    def _begin(self, limit: int) -> None:
        if self._response.is_closed:
            return
        begun = bytearray()
        for piece in self._received():
            begun += piece
            if len(begun) >= limit:
                break
        self.body = bytes(begun[:limit])

    def parsed(self, reading: Callable[[Document], T]) -> T:
        """What `reading` makes of the body, a JSON object. Raises BadResponse where it raises InvalidContent."""
        try:
            return reading(document.load(self.body, "answer"))
        except InvalidContent as error:
            raise self.bad(str(error)) from None

    def target(self, address: str) -> str:
        """What a Location or a Link means, as a Call's target. Raises BadResponse."""
        try:
            url = self._response.url.join(address)
        except httpx.InvalidURL:
            raise self.bad("an address that cannot be read") from None
        return url.raw_path.decode() if url.netloc == self._home.netloc else str(url)

    def bad(self, what: str) -> BadResponse:
        """The error that says what is wrong with this answer."""
        return BadResponse(f"{self.host}: {what}", host=self.host, status=self.status, hint="is that a registry?")

    @property
    def host(self) -> str:
        return self._home.netloc.decode()

    def close(self) -> None:
        self._response.close()

    def _shut(self) -> None:
        """End a read that another thread waits in. Past SSLSocket's own `shutdown`, which would only forget TLS."""
        stream = self._response.extensions["network_stream"]
        socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)
