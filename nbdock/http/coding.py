"""Bodies that something on the way coded once more (Content-Encoding; RFC 9110, 8.4).

nbdock asks for bodies as they are. Proxies, caches and object stores code them all the same, or say so of what they did
not code: a layer that is compressed already is often stored there as if that were its coding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from nbdock.contents.inflate import detect, inflated
from nbdock.errors import InvalidContent
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor

_MAGIC = 4
_MAX_HEAD = 1 << 18
_UNDONE = frozenset({"gzip", "x-gzip", "zstd"})
_NOT_UNDONE = frozenset({"br", "compress", "dcb", "dcz", "deflate", "x-compress"})


def coding(headers: Mapping[str, str]) -> str:
    """The coding of a response, "" for none. Words that name none, such as `aws-chunked` or `utf-8`, mean none.

    Raises InvalidContent if it is one that is not undone, or more than one.
    """
    named = [word.strip() for word in headers.get("content-encoding", "").lower().split(",")]
    known = [word for word in named if word in _UNDONE | _NOT_UNDONE]
    if len(known) > 1 or _NOT_UNDONE.intersection(known):
        raise InvalidContent(f"a body coded as {', '.join(known)}, which was not asked for")
    return "".join(known)


def undone(headers: Mapping[str, str], chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The body of a response without its coding. Raises InvalidContent."""
    return inflated(chunks) if coding(headers) else chunks


def content(descriptor: Descriptor, headers: Mapping[str, str], chunks: Iterator[bytes]) -> Iterator[bytes]:
    """A blob without the coding of its response, unless that is the blob's own compression. Raises InvalidContent."""
    if headers.get("content-length") == str(descriptor.size) or not coding(headers):
        return chunks
    head, inner = list[bytes](), b""
    for data in inflated(_noted(chunks, head)):
        inner += data
        if len(inner) >= _MAGIC:
            break
    own = media.is_compressed(descriptor.media_type) and not detect(inner[:_MAGIC])
    received: Iterator[bytes] = chain(head, chunks)
    return received if own else inflated(received)


def _noted(chunks: Iterator[bytes], head: list[bytes]) -> Iterator[bytes]:
    """The chunks, which are kept in `head`: not many, or a stream of nothing would fill the memory."""
    left = _MAX_HEAD
    while left > 0 and (chunk := next(chunks, b"")):
        head.append(chunk)
        left -= len(chunk)
        yield chunk
