"""A response that arrives: its body in chunks or whole, bounded, and ended at once by a cancelled task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Self, TypeVar

import httpx

from nbdock.errors import BadResponse, InvalidContent, NbdockError, RegistryError
from nbdock.http import body, coding, network
from nbdock.oci import fields, media
from nbdock.oci.fields import JSON
from nbdock.task import Task

T = TypeVar("T")

_EXCERPT = 16_384


class BaseResponse(ABC):
    """A response whose head has arrived. Read its body to the end, or close it."""

    def __init__(self, response: httpx.Response, task: Task) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.body = b""
        """The body, after `read`."""
        self._response, self._task = response, task

    @property
    @abstractmethod
    def host(self) -> str:
        """Whose response it is, for messages."""

    @abstractmethod
    def bad(self, message: str) -> BadResponse:
        """An error that says what is wrong with this response."""

    @abstractmethod
    def broken(self, error: httpx.HTTPError) -> NbdockError:
        """What it means that not all of it arrived."""

    def chunks(self) -> Iterator[bytes]:
        """The body as it arrives, not decoded. Raises Unreachable if the connection breaks, Cancelled."""
        try:
            with self._task.closing(self._shut_down):
                received = body.chunks(self._response)
                while chunk := self._next(received):
                    yield chunk
        except httpx.HTTPError as error:
            self._task.check()
            raise self.broken(error) from None
        finally:
            self.close()

    def _next(self, received: Iterator[bytes]) -> bytes:
        """The next chunk, b"" at the end."""
        with self._task.waiting(f"the rest of a response of {self._response.url.host}"):
            chunk = next(filter(None, received), b"")
        self._task.check()
        return chunk

    def read(self, limit: int = media.MAX_CONFIG) -> Self:
        """Read the whole body into `body`. Raises BadResponse if it is longer than `limit` bytes."""
        self._read(limit + 1)
        if len(self.body) > limit:
            raise self.bad(f"a response of more than {limit} bytes")
        return self

    def excerpt(self) -> bytes:
        """The beginning of the body, for an error message."""
        with suppress(RegistryError):
            self._read(_EXCERPT)
        return self.body

    def _read(self, limit: int) -> None:
        if self._response.is_closed:
            return
        content = bytearray()
        try:
            for chunk in coding.undone(self.headers, self.chunks()):
                content += chunk
                if len(content) >= limit:
                    break
        except InvalidContent as error:
            raise self.bad(str(error)) from None
        finally:
            self.close()
        self.body = bytes(content[:limit])

    def parse(self, read: Callable[[JSON], T]) -> T:
        """What `read` makes of the body, a JSON object. Raises BadResponse if it raises InvalidContent."""
        try:
            return read(fields.load(self.body, "response"))
        except InvalidContent as error:
            raise self.bad(str(error)) from None

    def close(self) -> None:
        """Give up the rest of the body."""
        self._response.close()

    def _shut_down(self) -> None:
        network.shut_down(self._response.extensions["network_stream"])
