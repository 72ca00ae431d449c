"""Uploading a blob (OCI distribution spec, "Pushing blobs")."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from nbdock.errors import BadResponse, Denied, NbdockError, NotFound, RegistryError, Unauthorized
from nbdock.http.body import after
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.verify import verified
from nbdock.registry.auth import Session
from nbdock.registry.failures import Retry
from nbdock.registry.request import Request, with_query
from nbdock.registry.transport import Response
from nbdock.task import Task, in_thread

_CHUNK = 8 * 1024 * 1024
_LARGEST_CHUNK = 64 * 1024 * 1024
_CHUNKS_ONLY = frozenset({405, 411, 413, 415, 501})  # how registries, and proxies before them, refuse a whole blob
_LOST = frozenset({404, 410})  # the registry knows the upload no more
_MISUNDERSTOOD = frozenset({202, 204, 416})  # it has other bytes than were sent
_TEMPORARY = (408, 500, 502, 503, 504)  # a mount is not worth waiting for
_RECEIVED = re.compile(r"(?:bytes=)?0-([0-9]{1,18})", re.ASCII)


class Upload:
    """One upload session. `start` is the request that begins it.

    An iterator of chunks can be read once, any other iterable as often as the upload needs.
    """

    def __init__(
        self, session: Session, start: Request, descriptor: Descriptor, chunks: Iterable[bytes], task: Task
    ) -> None:
        self._session, self._start, self._task = session, start, task
        self._descriptor, self._chunks = descriptor, chunks
        self._is_last_try = False
        self._location = ""
        self._offset = 0
        self._renewed_at = -1
        self._chunk_size = _CHUNK
        self._deliver = self._send_at_once

    def run(self, origin: str = "") -> bool:
        """Send the content. Returns True if the registry mounted it from its repository `origin` instead.

        Raises DigestMismatch, SizeMismatch, RegistryError; the upload is then cancelled at the registry.
        """
        if origin and self._mount(origin):
            return True
        if not self._location:
            self._begin()
        try:
            self._send()
        except BaseException:
            in_thread(self._cancel)
            raise
        return False

    def _send(self) -> None:
        retry = Retry(self._task, self._descriptor)
        recover: Callable[[], object] = self._task.check
        while True:
            try:
                recover()
                return self._deliver()
            except RegistryError as error:
                if self._is_last_try:
                    raise
                recover = self._recovery(error)
                if not isinstance(error, Denied | Unauthorized):
                    retry.wait(error, done=self._offset)

    def _recovery(self, error: RegistryError) -> Callable[[], object]:
        """What to do before the next try. Raises the error if no other try can help."""
        if isinstance(error, Denied | Unauthorized):  # the token died on the way: the next request has a new one
            if self._offset == self._renewed_at:
                raise error
            self._renewed_at = self._offset
            return self._resume
        if not isinstance(error, BadResponse) or error.status in _MISUNDERSTOOD:
            return self._resume
        if error.status in _CHUNKS_ONLY and self._deliver == self._send_at_once:
            self._deliver = self._send_in_chunks
        elif error.status < HTTPStatus.INTERNAL_SERVER_ERROR and error.status not in _LOST and not self._offset:
            raise error
        return self._begin

    def _mount(self, origin: str) -> bool:
        """Ask for a mount. Whatever refuses it, an upload may succeed, which a registry may begin at once instead."""
        target = with_query(self._start.target, {"mount": str(self._descriptor.digest), "from": origin})
        scopes = (*self._start.scopes, f"repository:{origin}:pull")
        try:
            response = self._request("POST", target, (201, 202, *_TEMPORARY), scopes=scopes)
        except (BadResponse, Denied, Unauthorized, NotFound):
            return False
        if response.status == HTTPStatus.ACCEPTED:
            self._begun(response)
        else:
            self._location = ""
        return response.status == HTTPStatus.CREATED

    def _begin(self) -> None:
        self._begun(self._request("POST", self._start.target, self._start.expect))

    def _begun(self, response: Response) -> None:
        smallest = response.headers.get("oci-chunk-min-length", "")
        self._chunk_size = max(_CHUNK, min(int(smallest[:18]), _LARGEST_CHUNK)) if smallest.isdecimal() else _CHUNK
        self._offset = 0

    def _resume(self) -> None:
        """Continue where the registry's copy ends, or begin again if it no longer knows the upload."""
        try:
            response = self._request("GET", self._location, (204,))
        except BadResponse:
            self._begin()
            return
        self._offset = min(_received(response), self._descriptor.size)

    def _send_at_once(self) -> None:
        """Send all that is missing in one request."""
        size, offset = self._descriptor.size, self._offset
        headers = {"Content-Range": f"{offset}-{size - 1}"} if offset else {}
        self._finish(size - offset, self._missing(), headers)

    def _send_in_chunks(self) -> None:
        for chunk in _regrouped(self._missing(), self._chunk_size):
            end = self._offset + len(chunk)
            headers = {**_octets(len(chunk)), "Content-Range": f"{self._offset}-{end - 1}"}
            response = self._request("PATCH", self._location, (202, 204), headers=headers, content=iter([chunk]))
            if 0 < _received(response) < end:
                raise response.bad(f"took only {_received(response)} of {end} bytes")
            self._offset = end
        self._finish(0, iter(()), {})

    def _missing(self) -> Iterator[bytes]:
        """What the registry lacks, verified: it never gets the last bytes of wrong content."""
        chunks = iter(self._chunks)
        self._is_last_try = chunks is self._chunks
        try:
            yield from after(verified(self._descriptor, chunks), self._offset)
        except RegistryError:  # of the other registry that it comes from, which was tried again already
            self._is_last_try = True
            raise

    def _finish(self, size: int, content: Iterator[bytes], headers: Mapping[str, str]) -> None:
        target = with_query(self._location, {"digest": str(self._descriptor.digest)})
        self._request("PUT", target, (201, 204), headers={**_octets(size), **headers}, content=content)

    def _cancel(self) -> None:
        self._task = Task()  # the upload's own may have been cancelled
        with suppress(NbdockError):
            self._request("DELETE", self._location, (204, 404))

    def _request(self, method: str, target: str, expect: tuple[int, ...], **more: Any) -> Response:
        request = replace(self._start, method=method, target=target, expect=expect, **more)
        response = self._session.fetch(request, self._task)
        if location := response.headers.get("location"):  # for the next request
            self._location = response.target(location)
        return response


def _received(response: Response) -> int:
    """How many bytes the registry says that it has; 0 if it says nothing, and of "0-0", which may also mean that."""
    received = _RECEIVED.fullmatch(response.headers.get("range", ""))
    return int(received[1]) + 1 if received and int(received[1]) else 0


def _octets(size: int) -> dict[str, str]:
    return {"Content-Type": "application/octet-stream", "Content-Length": str(size)}


def _regrouped(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in chunks of at least `size`, except for the last."""
    gathered = bytearray()
    for chunk in chunks:
        gathered += chunk
        if len(gathered) >= size:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)
