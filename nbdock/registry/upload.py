"""A blob on its way into a repository (OCI distribution spec, "Pushing blobs")."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from nbdock.errors import BadResponse, NbdockError, Unreachable
from nbdock.registry.answer import Answer
from nbdock.registry.call import Call
from nbdock.registry.content import Content
from nbdock.registry.retry import TRIES, pause
from nbdock.registry.session import Session
from nbdock.task import Task

_CHUNK = 8 * 1024 * 1024
_LARGEST_CHUNK = 64 * 1024 * 1024
_ONLY_CHUNKS = frozenset({405, 411, 413, 415, 501})  # how registries, and proxies before them, refuse a whole blob
_RECEIVED = re.compile(r"(?:bytes=)?0-([0-9]{1,18})", re.ASCII)


class Upload:
    """One upload session; `start` is the call that begins it."""

    def __init__(self, session: Session, start: Call, content: Content, task: Task) -> None:
        self._session, self._start, self._content, self._task = session, start, content, task
        self._descriptor = content.descriptor
        self._location = ""
        self._offset = 0
        self._chunk = _CHUNK
        self._deliver = self._whole

    def run(self, origin: str = "") -> bool:
        """Send the content; True where the registry mounted it from its repository `origin` instead.

        Raises DigestMismatch, SizeMismatch, RegistryError; the registry is told to forget what it has then.
        """
        query = {"mount": str(self._descriptor.digest), "from": origin} if origin else {}
        if self._begin(query).status == HTTPStatus.CREATED:
            return True
        try:
            self._send()
        except BaseException:
            threading.Thread(target=self._abandon, name="nbdock", daemon=True).start()
            raise
        return False

    def _send(self) -> None:
        attempt = 0
        prepare: Callable[[], object] | None = None
        while True:
            try:
                if prepare:
                    prepare()
                self._deliver()
                return
            except (BadResponse, Unreachable) as error:
                attempt += 1
                if self._content.spent or attempt == TRIES:
                    raise
                prepare = self._remedy(error)
            pause(self._task, self._descriptor, self._offset, attempt)

    def _remedy(self, error: BadResponse | Unreachable) -> Callable[[], object]:
        """What to do before another try; raises the error where no other can help."""
        if isinstance(error, Unreachable):
            return self._resume
        if error.status in _ONLY_CHUNKS and self._deliver == self._whole:
            self._deliver = self._in_chunks
        elif error.status < HTTPStatus.INTERNAL_SERVER_ERROR and not self._offset:
            raise error
        return self._begin

    def _begin(self, query: Mapping[str, str] | None = None) -> Answer:
        start = replace(self._start, target=_with(self._start.target, query or {}))
        answer = self._moved(self._session.ask(start, self._task))
        least = answer.headers.get("oci-chunk-min-length", "")
        self._chunk = max(_CHUNK, min(int(least), _LARGEST_CHUNK)) if least.isdecimal() else _CHUNK
        self._offset = 0
        return answer

    def _resume(self) -> None:
        """Go on from where the registry says that it is; begin again where it does not know the upload any more."""
        try:
            answer = self._ask("GET", self._location, (204,))
        except BadResponse:
            self._begin()
            return
        received = _RECEIVED.fullmatch(answer.headers.get("range", ""))
        last = int(received[1]) if received else 0
        self._offset = min(last + 1, self._descriptor.size) if last else 0  # "0-0" is also said of nothing

    def _whole(self) -> None:
        """All that is missing in one request."""
        size, offset = self._descriptor.size, self._offset
        headers = {"Content-Range": f"{offset}-{size - 1}"} if offset else {}
        self._finish(size - offset, self._content.after(offset), headers)

    def _in_chunks(self) -> None:
        for chunk in _regrouped(self._content.after(self._offset), self._chunk):
            end = self._offset + len(chunk)
            headers = {**_octets(len(chunk)), "Content-Range": f"{self._offset}-{end - 1}"}
            self._ask("PATCH", self._location, (202, 204), headers=headers, content=iter([chunk]))
            self._offset = end
        self._finish(0, iter(()), {})

    def _finish(self, size: int, content: Iterator[bytes], headers: Mapping[str, str]) -> None:
        target = _with(self._location, {"digest": str(self._descriptor.digest)})
        self._ask("PUT", target, (201, 204), headers={**_octets(size), **headers}, content=content)

    def _abandon(self) -> None:
        self._task = Task()  # the upload's own may have ended
        with suppress(NbdockError):
            self._ask("DELETE", self._location, (204, 404))

    def _ask(self, method: str, target: str, expect: tuple[int, ...], **more: Any) -> Answer:
        call = replace(self._start, method=method, target=target, expect=expect, **more)
        return self._moved(self._session.ask(call, self._task))

    def _moved(self, answer: Answer) -> Answer:
        """Each answer says where the next request goes."""
        if location := answer.headers.get("location"):
            self._location = answer.target(location)
        return answer


def _octets(size: int) -> dict[str, str]:
    return {"Content-Type": "application/octet-stream", "Content-Length": str(size)}


def _with(target: str, query: Mapping[str, str]) -> str:
    separator = "&" if "?" in target else "?"
    return f"{target}{separator}{urlencode(query)}" if query else target


def _regrouped(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in chunks of at least `size`, but for the last."""
    gathered = bytearray()
    for chunk in chunks:
        gathered += chunk
        if len(gathered) >= size:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)
