"""Compress layers with gzip, the same bytes for the same tar (RFC 1952: without a name and a time)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

try:
    from isal import isal_zlib as zlib

    _LEVEL = 2
except ImportError:
    import zlib  # type: ignore[no-redef]

    _LEVEL = 6

_GZIP = 31


def deflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks of a gzip file."""
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    for chunk in chunks:
        if piece := deflater.compress(chunk):
            yield piece
    yield deflater.flush()
