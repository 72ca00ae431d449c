"""Which part of some content is meant (RFC 9110, 14; a distribution spec's Content-Range is `FIRST-LAST` alone)."""

from __future__ import annotations

import re
from http import HTTPStatus

from nbdock.server.refusal import Code, Refusal

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_CHUNK = re.compile(r"(?:bytes[ =])?(\d{1,18})-(\d{1,18})(?:/.*)?", re.ASCII)


def requested(header: str, size: int) -> range | None:
    """The bytes that a Range asks for; None for all of them, and where it asks for several parts or in another unit.

    Raises Refusal: 416 where there are no such bytes.
    """
    found = _ONE_RANGE.fullmatch(header.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        part = range(max(0, size - int(found[2])), size)
    else:
        part = range(int(found[1]), min(size, int(found[2]) + 1 if found[2] else size))
    if not part:
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        raise Refusal(status, Code.SIZE_INVALID, "no such bytes", headers={"Content-Range": f"bytes */{size}"})
    return part


def chunk(header: str) -> range:
    """The bytes that a chunk of an upload says it is. Raises Refusal."""
    found = _CHUNK.fullmatch(header.strip())
    if found is None or int(found[2]) < int(found[1]):
        raise Refusal(HTTPStatus.BAD_REQUEST, Code.BLOB_UPLOAD_INVALID, "a Content-Range reads FIRST-LAST", header)
    return range(int(found[1]), int(found[2]) + 1)
