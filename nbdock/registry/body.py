"""The body of a response. Most of a large one is received past httpx, into one buffer.

httpcore reads 64 KiB at a time and h11 copies each of them three times: together half of what receiving costs. So a
large body of known length comes through httpx only as far as its first chunk, which leaves nothing in h11's buffer. The
rest is read from the socket, and h11 is told so, which lets the connection be used again.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Any

import httpx

_LARGE = 1024 * 1024
_BUFFER = 256 * 1024
_READS = 16  # to a chunk at most: TLS gives 16 KiB a time, and a slow network less, of which progress must tell
_H11_CONNECTION = ("_stream", "_httpcore_stream", "_stream", "_connection", "_h11_state")


def chunks(response: httpx.Response) -> Iterator[bytes]:
    """The body in chunks, not decoded. Raises httpx.HTTPError."""
    through_httpx = response.iter_raw()
    for chunk in through_httpx:
        yield chunk
        if response.num_bytes_downloaded == len(chunk) and (rest := _Rest.of(response)):
            yield from rest.chunks()
    # Where h11 was told that the body is complete, the loop ends here and httpcore keeps the connection.


class _Rest:
    """What is to come of a body after its first chunk, straight from the socket."""

    def __init__(self, response: httpx.Response, reader: Any, length: int) -> None:
        self._request, self._reader, self._left = response.request, reader, length
        self._socket: socket.socket = response.extensions["network_stream"].get_extra_info("socket")
        self._socket.settimeout(response.request.extensions["timeout"]["read"])

    @classmethod
    def of(cls, response: httpx.Response) -> _Rest | None:
        """None where little is to come, or where httpx alone can tell how much: then it receives the rest as well.

        How much h11 still expects stands in private attributes. They are used only where they are there and agree with
        what the public ones say: another version of httpx, httpcore or h11 makes receiving slower, never wrong.
        """
        connection: Any = response.stream
        for name in _H11_CONNECTION:
            connection = getattr(connection, name, None)
        reader = getattr(connection, "_reader", None)
        length = response.headers.get("content-length", "")
        left = int(length) - response.num_bytes_downloaded if length.isdecimal() else 0
        if left < _LARGE or left != getattr(reader, "_remaining", None) or connection.trailing_data[0]:
            return None
        ssl_object = response.extensions["network_stream"].get_extra_info("ssl_object")
        within_tls = isinstance(ssl_object, ssl.SSLObject)  # TLS in a proxy's TLS: the socket has it still encrypted
        return None if within_tls else cls(response, reader, left)

    def chunks(self) -> Iterator[bytes]:
        buffer = memoryview(bytearray(_BUFFER))
        while self._left:
            filled, error = self._fill(buffer[: self._left])
            if filled:
                yield bytes(buffer[:filled])
            if error:
                raise error
        self._reader._remaining = 0

    def _fill(self, buffer: memoryview) -> tuple[int, httpx.HTTPError | None]:
        """How many bytes came, and what ended them if they broke off."""
        filled = 0
        for _ in range(_READS):
            try:
                count = self._socket.recv_into(buffer[filled:])
            except TimeoutError as error:
                return filled, self._because(httpx.ReadTimeout, error)
            except OSError as error:
                return filled, self._because(httpx.ReadError, error)
            if not count:
                return filled, httpx.RemoteProtocolError("the connection was closed early", request=self._request)
            filled += count
            self._left -= count
            if filled == len(buffer):
                break
        return filled, None

    def _because(self, kind: type[httpx.TransportError], cause: OSError) -> httpx.HTTPError:
        error = kind(str(cause), request=self._request)
        error.__cause__ = cause
        return error
