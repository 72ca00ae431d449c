"""The client of an engine: its images, archives from it and to it (Docker Engine API, which podman has too)."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlencode

import httpx

from nbdock import human
from nbdock.engines import failures
from nbdock.engines.address import TLS, Address, Kind
from nbdock.engines.candidates import candidates
from nbdock.engines.images import EngineImage
from nbdock.engines.settings import EngineSettings
from nbdock.errors import BadResponse, InvalidContent, RegistryError, Unreachable
from nbdock.http import certificates, network, sending
from nbdock.http.response import BaseResponse
from nbdock.oci import fields
from nbdock.oci.fields import JSON
from nbdock.oci.reference import Reference
from nbdock.task import Task

T = TypeVar("T")

_ARCHIVE = 20  # times slower: docker writes a whole archive to disk before its first byte, podman loads after the last
_MAX_WORDS = 1 << 20
_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Response(BaseResponse):
    """An engine's response."""

    def __init__(self, response: httpx.Response, address: Address, task: Task) -> None:
        super().__init__(response, task)
        self._address = address

    @property
    def host(self) -> str:
        return self._address.shown

    def bad(self, message: str) -> BadResponse:
        hint = "is that an engine of Docker or Podman?"
        return BadResponse(f"{self.host}: {message}", host=self.host, status=self.status, hint=hint)

    def broken(self, error: httpx.HTTPError) -> Unreachable:
        return failures.broken(error, self._address)

    def parse_each(self, read: Callable[[JSON], T]) -> tuple[T, ...]:
        """What `read` makes of each object of the body, a JSON list. Raises BadResponse."""
        try:
            return tuple(map(read, fields.load_objects(self.body, "response")))
        except InvalidContent as error:
            raise self.bad(str(error)) from None

    def said(self, line: bytes) -> str:
        """What a line says of a load. An error comes in a line too, long after the status. Raises BadResponse."""
        try:
            source = fields.load(line, "line")
            error, words = fields.text(source, "error"), fields.text(source, "stream")
        except InvalidContent as invalid:
            raise self.bad(str(invalid)) from None
        if error:
            raise failures.refused(self._address, self.status, error.encode())
        return human.excerpt(words)


class Engine:
    """Docker's or Podman's engine at an address. `find` makes it.

    Its methods raise RegistryError (Unreachable, BadResponse) and Cancelled besides what they name. `timeout` is in
    seconds without a byte.
    """

    def __init__(self, kind: Kind, address: Address, task: Task, timeout: float = 30.0) -> None:
        self.kind, self.address = kind, address
        self._task, self._timeout = task, timeout
        self._client = sending.client(_connections(address), timeout)

    def ping(self) -> None:
        """Raises BadResponse if what answers is no engine."""
        response = self._ask("GET", "/_ping").read(_MAX_WORDS)
        if "api-version" not in response.headers:
            raise response.bad("another server answers")

    def images(self) -> tuple[EngineImage, ...]:
        """Its images, in its own order."""
        return self._ask("GET", "/images/json").read().parse_each(EngineImage.read)

    def image(self, name: str) -> EngineImage:
        """The image of a name, or of an id or the beginning of one. Raises ImageNotFound, InvalidReference."""
        response = self._ask("GET", f"/images/{_checked_name(name)}/json", expect=(200, 404)).read()
        if response.status == HTTPStatus.NOT_FOUND:
            raise failures.not_found(name, self.kind, self.address)
        return response.parse(EngineImage.read)

    def save(self, names: Iterable[str]) -> Iterator[bytes]:
        """A docker archive of these images, in chunks. Raises ImageNotFound, InvalidReference, before it begins."""
        wanted = tuple(names)
        for name in wanted:
            self.image(name)  # podman calls it an error of its own, not a 404, to be asked for what it has not
        query = urlencode({"names": wanted}, doseq=True)
        return self._ask("GET", f"/images/get?{query}", slow=_ARCHIVE).chunks()

    def load(self, chunks: Iterable[bytes]) -> tuple[str, ...]:
        """Send an archive, and return what the engine says: `Loaded image: httpd:2.4`.

        Raises BadResponse if the engine refuses the archive.
        """
        response = self._ask("POST", "/images/load?quiet=1", content=self._checked(chunks), slow=_ARCHIVE)
        lines = response.read(_MAX_WORDS).body.splitlines()
        return tuple(filter(None, (response.said(line) for line in lines if line.strip())))

    def _ask(
        self,
        method: str,
        target: str,
        *,
        content: Iterable[bytes] = (),
        expect: tuple[int, ...] = (200,),
        slow: int = 1,
    ) -> Response:
        """The response to a request. Paths without a version are of the engine's own, so that none is too old."""
        request = self._client.build_request(method, f"{self.address.url}{target}", content=content)
        timeout = request.extensions["timeout"]["read"] = slow * self._timeout
        try:
            with (
                self._task.waiting(f"{self.address.shown} to answer, {timeout:.0f} seconds at most"),
                network.sending(self._task),
            ):
                response = Response(self._client.send(request, stream=True), self.address, self._task)
        except httpx.HTTPError as error:
            self._task.check()
            raise failures.broken(error, self.address) from None
        if response.status not in expect:
            raise failures.refused(self.address, response.status, response.excerpt())
        return response

    def _checked(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._task.check()
            yield chunk


def find(kind: Kind, settings: EngineSettings, task: Task | None = None, *, timeout: float = 30.0) -> Engine:
    """The first engine that answers, where the user says or where one usually listens.

    Raises UsageError if the user's address cannot be used, Unreachable if no engine answers, with all that was tried.
    """
    tried: list[RegistryError] = []
    for address in candidates(kind, settings):
        engine = Engine(kind, address, task or Task(), timeout)
        try:
            engine.ping()
        except RegistryError as error:
            tried.append(error)
        else:
            return engine
    raise failures.none_found(kind, tried)


def _checked_name(name: str) -> str:
    """The name in a path, where anything else could lead to all that an engine does."""
    if _ID.fullmatch(name):
        return f"sha256:{name}"  # as podman takes it too
    Reference.parse(name)
    return name


def _connections(address: Address) -> httpx.BaseTransport:
    """Each for one request: a socket is opened in no time, and nothing breaks that was kept open too long."""
    if address.socket:
        return network.connections(uds=address.socket, kept=0)
    return network.connections(verify=_context(address.tls) if address.tls else False, kept=0)


def _context(tls: TLS) -> ssl.SSLContext:
    """As docker: without a certificate of one's own none is shown."""
    authority, certificate, key = (tls.folder / name for name in ("ca.pem", "cert.pem", "key.pem"))
    authorities = [authority] if tls.verify and authority.exists() else []
    own = [(certificate, key)] if certificate.exists() else []
    return certificates.context(authorities, own, verify=tls.verify)
