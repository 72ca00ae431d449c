"""Parts of a blob, asked for by Range (RFC 9110, 14)."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from nbdock.errors import BlobNotFound, Unreachable
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.registry.auth import Session
from nbdock.registry.failures import Retry
from nbdock.registry.hosts import Endpoint
from nbdock.registry.request import Request
from nbdock.task import Task


def ranged(request: Request, first: int, last: int | str = "") -> Request:
    """A request for the bytes from the first to the last, or to the end. A registry may send all of them instead."""
    headers = {**request.headers, "Range": f"bytes={first}-{last}"}
    return replace(request, headers=headers).expecting(HTTPStatus.PARTIAL_CONTENT)


def part(session: Session, request: Request, blob: Descriptor, wanted: tuple[int, int], task: Task) -> bytes | None:
    """So many bytes of a blob from a byte on; None if another answer comes, whose body is left.

    Raises BlobNotFound, BadResponse, Unreachable and what `Session.send` raises.
    """
    start, length = wanted
    retry = Retry(task)
    while True:
        response = session.send(ranged(request, start, start + length - 1), task)
        if response.status == HTTPStatus.NOT_FOUND:
            response.close()
            raise lacking(request.endpoint, blob.digest, "blob unknown")
        if not response.starts_at(start, blob.size):
            response.close()
            return None
        try:
            return response.exactly(length)
        except Unreachable as error:
            retry.wait(error)


def lacking(endpoint: Endpoint, digest: Digest, why: str) -> BlobNotFound:
    """The error for what an image needs and its registry has not."""
    message = f"{endpoint.host} has no {digest} in {endpoint.familiar}: {why}"
    return BlobNotFound(message, hint="the image is incomplete there; ask its publisher to push it again")
