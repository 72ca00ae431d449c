"""The body of a response. Large ones are received into one buffer, without httpx.

httpcore reads 64 KiB at a time and h11 copies each of them three times, which takes longer than receiving and hashing
them. So only the first chunk of a large body comes through httpx; it leaves h11's buffer empty. The rest is read from
the socket, and h11 is told that it has arrived, so that the connection can be used again.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Iterator
from typing import Any

import httpx

_LARGE = 1024 * 1024
_BUFFER = 256 * 1024
_READS = 16  # per chunk at most: TLS returns 16 KiB a time, a slow network less, and progress must not wait for more
_H11_CONNECTION = ("_stream", "_httpcore_stream", "_stream", "_connection", "_h11_state")


def chunks(response: httpx.Response) -> Iterator[bytes]:
    """The body in chunks, not decoded. Raises httpx.HTTPError."""
    through_httpx = response.iter_raw()
    for chunk in through_httpx:
        yield chunk
        if response.num_bytes_downloaded == len(chunk) and (rest := _Rest.of(response)):
            yield from rest.chunks()
    # After `rest`, h11 knows that the body is complete: the loop ends and httpcore keeps the connection.


class _Rest:
    """The rest of a body after its first chunk, read from the socket."""

    def __init__(self, response: httpx.Response, reader: Any, length: int) -> None:
        self._request, self._reader, self._left = response.request, reader, length
        self._socket: socket.socket = response.extensions["network_stream"].get_extra_info("socket")
        self._socket.settimeout(response.request.extensions["timeout"]["read"])

    @classmethod
    def of(cls, response: httpx.Response) -> _Rest | None:
        """None if httpx has to receive the rest: if it is small, or its length is not known for certain.

        What h11 still expects is in private attributes. They are used only if they exist and agree with the public
        ones, so that another version of httpx, httpcore or h11 makes receiving slower, never wrong.
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
        tls_in_tls = isinstance(ssl_object, ssl.SSLObject)  # through a proxy: on the socket it is still encrypted
        return None if tls_in_tls else cls(response, reader, left)

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
        """The number of bytes received, and the error if the connection broke."""
        filled = 0
        for _ in range(_READS):
            try:
                count = self._socket.recv_into(buffer[filled:])
            except TimeoutError as error:
                return filled, self._caused(httpx.ReadTimeout, error)
            except OSError as error:
                return filled, self._caused(httpx.ReadError, error)
            if not count:
                return filled, httpx.RemoteProtocolError("the connection was closed early", request=self._request)
            filled += count
            self._left -= count
            if filled == len(buffer):
                break
        return filled, None

    def _caused(self, kind: type[httpx.TransportError], cause: OSError) -> httpx.HTTPError:
        error = kind(str(cause), request=self._request)
        error.__cause__ = cause
        return error


def after(chunks: Iterable[bytes], offset: int) -> Iterator[bytes]:
    """All but the first `offset` bytes of a stream."""
    for chunk in chunks:
        if rest := chunk[offset:]:
            yield rest
        offset = max(0, offset - len(chunk))
