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

from nbdock.oci.fields import natural

_LARGE = 1024 * 1024
_BUFFER = 256 * 1024
_READS = 16  # per chunk at most: TLS returns 16 KiB a time, a slow network less, and progress must not wait for more
_H11_CONNECTION = ("_stream", "_httpcore_stream", "_stream", "_connection", "_h11_state")


def chunks(response: httpx.Response) -> Iterator[bytes]:
    """The body in chunks, not decoded. Raises httpx.HTTPError."""
    for chunk in response.iter_raw():
        yield chunk
        if response.num_bytes_downloaded == len(chunk) and (reader := _reader(response)):
            yield from _rest(response, reader)
    # After the rest, h11 knows that the body is complete: the loop ends and httpcore keeps the connection.


def _reader(response: httpx.Response) -> Any:
    """h11's reader after the first chunk; None if the rest is small, or its length is not known for certain.

    What h11 still expects is in private attributes. They are used only if they exist and agree with the public ones, so
    that another version of httpx, httpcore or h11 makes receiving slower, never wrong.
    """
    connection: Any = response.stream
    for name in _H11_CONNECTION:
        connection = getattr(connection, name, None)
    reader = getattr(connection, "_reader", None)
    length = natural(response.headers.get("content-length", ""))
    left = length - response.num_bytes_downloaded if length else 0
    if left < _LARGE or left != getattr(reader, "_remaining", None) or connection.trailing_data[0]:
        return None
    ssl_object = response.extensions["network_stream"].get_extra_info("ssl_object")
    tls_in_tls = isinstance(ssl_object, ssl.SSLObject)  # through a proxy: on the socket it is still encrypted
    return None if tls_in_tls else reader


def _rest(response: httpx.Response, reader: Any) -> Iterator[bytes]:
    """The rest of the body, read from the socket."""
    connection: socket.socket = response.extensions["network_stream"].get_extra_info("socket")
    connection.settimeout(response.request.extensions["timeout"]["read"])
    buffer, left = memoryview(bytearray(_BUFFER)), reader._remaining
    while left:
        filled, error = _fill(buffer[:left], connection)
        left -= filled
        if filled:
            yield bytes(buffer[:filled])
        if error:
            kind = httpx.ReadTimeout if isinstance(error, TimeoutError) else httpx.ReadError
            raise kind(str(error), request=response.request) from error
    reader._remaining = 0


def _fill(buffer: memoryview, connection: socket.socket) -> tuple[int, OSError | None]:
    """The number of bytes received, and the error if the connection broke."""
    filled = 0
    for _ in range(_READS):
        try:
            count = connection.recv_into(buffer[filled:])
        except OSError as error:
            return filled, error
        if not count:
            return filled, ConnectionError("the connection was closed early")
        filled += count
        if filled == len(buffer):
            break
    return filled, None


def after(chunks: Iterable[bytes], offset: int) -> Iterator[bytes]:
    """All but the first `offset` bytes of a stream."""
    for chunk in chunks:
        if rest := chunk[offset:]:
            yield rest
        offset = max(0, offset - len(chunk))
