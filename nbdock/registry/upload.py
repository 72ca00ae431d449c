"""A blob on its way into a repository (OCI distribution spec, "Pushing blobs")."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlencode

from nbdock.errors import BadResponse, DigestMismatch, NbdockError, SizeMismatch, Unreachable
from nbdock.oci.descriptor import Descriptor
from nbdock.registry.answer import Answer
from nbdock.registry.call import Call
from nbdock.registry.retry import TRIES, pause
from nbdock.registry.session import Session
from nbdock.task import Task

_CHUNK = 8 * 1024 * 1024
_LARGEST_CHUNK = 64 * 1024 * 1024
_ONLY_CHUNKS = frozenset({405, 411, 413, 415, 501})  # how registries, and proxies before them, refuse a whole blob
_RECEIVED = re.compile(r"(?:bytes=)?0-([0-9]{1,18})", re.ASCII)


class Content:
    """The bytes of a blob, checked as they pass: its last bytes are not given where any are wrong.

    An iterator is gone through once, anything else as often as the upload needs.
    """

    def __init__(self, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        self.descriptor = descriptor
        self.spent = False
        self._chunks = chunks

    def after(self, offset: int) -> Iterator[bytes]:
        """All but the first `offset` bytes. Raises DigestMismatch, SizeMismatch."""
        chunks = iter(self._chunks)
        self.spent = chunks is self._chunks
        for chunk in self._checked(chunks):
            if rest := chunk[offset:]:
                yield rest
            offset = max(0, offset - len(chunk))

    def _checked(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        hasher, length = hashlib.new(self.descriptor.digest.algorithm), 0
        for chunk in chunks:
            hasher.update(chunk)
            length += len(chunk)
            if length >= self.descriptor.size:
                self._check(length, hasher.hexdigest())
            yield chunk
        self._check(length, hasher.hexdigest())

    def _check(self, length: int, digest: str) -> None:
        wanted = self.descriptor
        if length != wanted.size:
            raise SizeMismatch(
                f"content of {wanted.digest} is not of {wanted.size} bytes", expected=wanted.size, actual=length
            )
        if digest != wanted.digest.hex:
            actual = f"{wanted.digest.algorithm}:{digest}"
            raise DigestMismatch(
                f"content of {wanted.digest} hashes to {actual}", expected=str(wanted.digest), actual=actual
            )


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
        while True:
            try:
                self._deliver()
                return
            except (BadResponse, Unreachable) as error:
                attempt += 1
                if self._content.spent or attempt == TRIES:
                    raise
                self._recover(error, attempt)

    def _recover(self, error: BadResponse | Unreachable, attempt: int) -> None:
        """Make ready for another try; raises the error where that cannot help."""
        if isinstance(error, Unreachable):
            pause(self._task, self._descriptor, self._offset, attempt)
            self._resume()
        elif error.status in _ONLY_CHUNKS and self._deliver == self._whole:
            self._deliver = self._in_chunks
            self._begin()
        elif error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or self._offset:
            pause(self._task, self._descriptor, self._offset, attempt)
            self._begin()
        else:
            raise error

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
            answer = self._ask("GET", self._location, {204})
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
            self._ask("PATCH", self._location, {202, 204}, headers, iter([chunk]))
            self._offset = end
        self._finish(0, iter(()), {})

    def _finish(self, size: int, content: Iterator[bytes], headers: Mapping[str, str]) -> None:
        target = _with(self._location, {"digest": str(self._descriptor.digest)})
        self._ask("PUT", target, {201, 204}, {**_octets(size), **headers}, content)

    def _abandon(self) -> None:
        self._task = Task()  # the upload's own may have ended
        with suppress(NbdockError):
            self._ask("DELETE", self._location, {204, 404})

    def _ask(
        self,
        method: str,
        target: str,
        expect: set[int],
        headers: Mapping[str, str] | None = None,
        content: Iterable[bytes] | bytes = b"",
    ) -> Answer:
        call = Call(self._start.endpoint, method, target, self._start.scopes, headers or {}, content, frozenset(expect))
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
