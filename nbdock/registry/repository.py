"""One repository of a registry: where images come from and go to (OCI distribution spec)."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from nbdock.errors import (
    BlobNotFound,
    ImageNotFound,
    IntegrityError,
    NbdockError,
    NotFound,
    RateLimited,
    RegistryError,
    Unreachable,
)
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.reference import TAG, Reference
from nbdock.places import read, verified
from nbdock.registry import listing, manifests
from nbdock.registry.answer import Answer
from nbdock.registry.call import Call
from nbdock.registry.content import Content, wrong_size
from nbdock.registry.failures import printable
from nbdock.registry.hosts import Endpoint
from nbdock.registry.manifests import ACCEPT
from nbdock.registry.retry import TRIES, pause
from nbdock.registry.session import Session
from nbdock.registry.upload import Upload
from nbdock.task import Progress, State, Task

T = TypeVar("T")

_ASK_WHOLE = (400, 403, 405)  # of registries that know no HEAD, or say why only in answer to a GET
_LOOKED_AT = 1000
_NEAR = 5


class Repository:
    """A Source and a Destination for any number of threads. `Registry.repository` makes them."""

    def __init__(
        self,
        session: Session,
        endpoints: tuple[Endpoint, ...],
        task: Task,
        actions: str,
        origins: Mapping[Digest, str],
    ) -> None:
        self._session, self._endpoints, self._task = session, endpoints, task
        self._actions, self._origins = actions, origins
        self._documents: dict[Digest, bytes] = {}
        self.passed_over: dict[Endpoint, NbdockError] = {}
        """Who was asked before the one that served, and why it did not. That it has no such image is no reason."""

    @property
    def address(self) -> str:
        """Who is asked first: at the end, who served."""
        return f"{self._endpoints[0].host}/{self._endpoints[0].repository}"

    def passes_over(self, refusal: RegistryError) -> bool:
        """Ask the host that refused no more; False where there is no other."""
        refused = [endpoint for endpoint in self._endpoints if endpoint.host == refusal.host]
        left = tuple(endpoint for endpoint in self._endpoints if endpoint not in refused)
        if left:
            self.passed_over |= dict.fromkeys(refused, refusal)
            self._endpoints = left
        return bool(left)

    def resolve(self, reference: Reference, /) -> Descriptor:
        """What the name stands for here.

        Raises ImageNotFound, with tags there are; InvalidContent where it is no image; DigestMismatch, RegistryError.
        """
        try:
            return self._first(partial(self._resolve, reference))
        except ImageNotFound as missing:
            raise ImageNotFound(str(missing), hint=self._near(reference)) from None

    def open(self, descriptor: Descriptor, start: int = 0, /) -> Iterator[bytes]:
        """The content from byte `start` on, not verified. A connection that breaks is taken up where it broke.

        Raises BlobNotFound, SizeMismatch where it is too long or too short, RegistryError, Cancelled.
        """
        if descriptor.digest in self._documents:
            yield self._documents[descriptor.digest][start:]
            return
        received, broken = start, 0
        while received < descriptor.size:
            began = received
            try:
                for piece in self._pieces(descriptor, received):
                    received += len(piece)
                    if received > descriptor.size:
                        raise wrong_size(descriptor, received)
                    yield piece
            except Unreachable:
                broken = 1 if received > began else broken + 1
                if received == start or broken == TRIES:
                    raise
                pause(self._task, descriptor, received, broken)
            else:
                if received == began:
                    raise wrong_size(descriptor, received)

    def tags(self) -> tuple[str, ...]:
        """Every tag, in the registry's order, without what is none by the grammar: it would become a path.

        Raises ImageNotFound where there is no such repository.
        """
        return self._first(self._tags)

    def has(self, descriptor: Descriptor, /) -> bool:
        """All of the content is there."""
        return self._first(partial(self._has, descriptor))

    def partial(self, descriptor: Descriptor, /) -> Iterator[bytes]:
        """Nothing: what is left of a broken upload cannot be read."""
        return iter(())

    def write(self, descriptor: Descriptor, chunks: Iterable[bytes], /) -> None:
        """All of it or nothing; a blob that may be mounted is told of as MOUNTED, and `chunks` stay untouched.

        An upload that breaks goes on, if `chunks` can be gone through again. Raises DigestMismatch, SizeMismatch,
        BlobNotFound where a manifest comes before its parts, RegistryError.
        """
        if media.is_document(descriptor.media_type):
            self._documents[descriptor.digest] = verified(b"".join(chunks), descriptor, media.MAX_MANIFEST)
            self._put(str(descriptor.digest), descriptor)
        else:
            self._first(partial(self._upload, descriptor, chunks))

    def tag(self, reference: Reference, descriptor: Descriptor, /, image: Descriptor | None = None) -> None:
        """Let the tag stand for the manifest or index. Raises BlobNotFound where a part of it is missing."""
        if descriptor.digest not in self._documents:
            self._documents[descriptor.digest] = read(self, descriptor)
        self._put(reference.tagged.tag or str(descriptor.digest), descriptor)

    def _first(self, work: Callable[[Endpoint], T]) -> T:
        """What the first endpoint gives that can; it is asked first from then on."""
        errors: dict[Endpoint, NbdockError] = {}
        for endpoint in self._endpoints:
            try:
                made = work(endpoint)
            except (NotFound, RegistryError, IntegrityError) as error:
                errors[endpoint] = error
            else:
                self.passed_over |= {each: why for each, why in errors.items() if not isinstance(why, NotFound)}
                self._endpoints = tuple(sorted(self._endpoints, key=lambda each: each != endpoint))
                return made
        raise _blamed(list(errors.values()))

    def _call(
        self,
        endpoint: Endpoint,
        method: str,
        path: str,
        expect: tuple[int, ...],
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> Call:
        scopes = (f"repository:{endpoint.repository}:{self._actions}",)
        target = f"/v2/{endpoint.repository}/{path}"
        return Call(endpoint, method, target, scopes, headers or {}, content, expect)

    def _resolve(self, reference: Reference, endpoint: Endpoint) -> Descriptor:
        path = f"manifests/{reference.digest or reference.tagged.tag}"
        answer = self._session.ask(self._call(endpoint, "HEAD", path, (200, 404, *_ASK_WHOLE), ACCEPT), self._task)
        found = manifests.described(answer, reference.digest) if answer.status == HTTPStatus.OK else None
        if found is None and answer.status != HTTPStatus.NOT_FOUND:
            whole = self._call(endpoint, "GET", path, (200, 404), ACCEPT)
            answer = self._session.ask(whole, self._task, media.MAX_MANIFEST)
        if answer.status == HTTPStatus.NOT_FOUND:
            raise ImageNotFound(f"manifest for {reference.tagged.familiar} not found: manifest unknown")
        return found or self._learned(answer, reference.digest)

    def _learned(self, answer: Answer, wanted: Digest | None) -> Descriptor:
        descriptor = manifests.descriptor(answer, wanted)
        self._documents[descriptor.digest] = answer.body
        return descriptor

    def _near(self, reference: Reference) -> str:
        try:
            tags = self.tags()
        except (NotFound, RegistryError):
            return f"check the name: docker search {reference.familiar_name}"
        near = difflib.get_close_matches(reference.tag or "", tags[:_LOOKED_AT]) or tags[:_NEAR]
        return f"tags there are: {printable(', '.join(near))}"

    def _tags(self, endpoint: Endpoint) -> tuple[str, ...]:
        call = self._call(endpoint, "GET", f"tags/list?n={listing.PAGE}", (200,))
        return tuple(tag for tag in listing.names(self._session, call, "tags", self._task) if TAG.fullmatch(tag))

    def _pieces(self, descriptor: Descriptor, position: int) -> Iterator[bytes]:
        """The content from `position` on, as far as one connection brings it."""
        answer = self._first(partial(self._content, descriptor, position))
        skip = 0 if answer.status == HTTPStatus.PARTIAL_CONTENT else position
        for piece in answer.pieces():
            if rest := piece[skip:]:
                yield rest
            skip = max(0, skip - len(piece))

    def _content(self, descriptor: Descriptor, position: int, endpoint: Endpoint) -> Answer:
        """From `position` on, or whole where the registry cannot do that; a foreign layer from its own address."""
        call = self._call(endpoint, "GET", _path(descriptor), (200, 404), _accept(descriptor))
        if position:
            call = replace(call, headers={**call.headers, "Range": f"bytes={position}-"}).expecting(206, 416)
        for target in (call.target, *_addresses(descriptor)):
            answer = self._session.send(replace(call, target=target), self._task)
            if answer.status == HTTPStatus.OK or _begins(answer, position):
                return answer
            answer.close()
            if answer.status != HTTPStatus.NOT_FOUND:
                return self._content(descriptor, 0, endpoint)
        message = f"{endpoint.host} has no {descriptor.digest} in {endpoint.familiar}: blob unknown"
        raise BlobNotFound(message, hint="the image is incomplete there: whoever pushed it must push it again")

    def _has(self, descriptor: Descriptor, endpoint: Endpoint) -> bool:
        call = self._call(endpoint, "HEAD", _path(descriptor), (200, 404), _accept(descriptor))
        return self._session.ask(call, self._task).status == HTTPStatus.OK

    def _upload(self, descriptor: Descriptor, chunks: Iterable[bytes], endpoint: Endpoint) -> None:
        start = self._call(endpoint, "POST", "blobs/uploads/", (201, 202))
        origin = self._origins.get(descriptor.digest, "")
        if origin:
            start = replace(start, scopes=(*start.scopes, f"repository:{origin}:pull"))
        if Upload(self._session, start, Content(descriptor, chunks), self._task).run(origin):
            self._task.tell(Progress(descriptor, State.MOUNTED, descriptor.size, descriptor.size, origin))

    def _put(self, name: str, descriptor: Descriptor) -> None:
        content = self._documents[descriptor.digest]
        headers = {"Content-Type": descriptor.media_type}
        self._first(
            lambda endpoint: self._session.ask(
                self._call(endpoint, "PUT", f"manifests/{name}", (200, 201, 202), headers, content), self._task
            )
        )


def _blamed(errors: list[NbdockError]) -> NbdockError:
    """One that would have it at another time; else the last that answered; else the last."""
    limited = [error for error in errors if isinstance(error, RateLimited)]
    answered = [error for error in errors if not isinstance(error, Unreachable)]
    return (limited or answered or errors)[-1]


def _path(descriptor: Descriptor) -> str:
    kind = "manifests" if media.is_document(descriptor.media_type) else "blobs"
    return f"{kind}/{descriptor.digest}"


def _accept(descriptor: Descriptor) -> Mapping[str, str]:
    return ACCEPT if media.is_document(descriptor.media_type) else {}


def _addresses(descriptor: Descriptor) -> Iterator[str]:
    """Where a foreign layer is to be had besides, if over HTTPS."""
    if media.is_foreign(descriptor.media_type):
        yield from (url for url in descriptor.urls if url.startswith("https://"))


def _begins(answer: Answer, position: int) -> bool:
    """It is the part that was asked for."""
    content_range = answer.headers.get("content-range", "")
    return answer.status == HTTPStatus.PARTIAL_CONTENT and content_range.startswith(f"bytes {position}-")
