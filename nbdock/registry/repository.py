"""One repository of a registry: images come from it and go to it (OCI distribution spec)."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from nbdock import human
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
from nbdock.oci import media, verify
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.reference import TAG, Reference
from nbdock.places import read
from nbdock.registry import discovery
from nbdock.registry.auth import Session
from nbdock.registry.failures import Retry, search_hint
from nbdock.registry.hosts import Endpoint
from nbdock.registry.request import Request
from nbdock.registry.response import Response, described_manifest, read_manifest
from nbdock.registry.upload import Content, Upload
from nbdock.task import Progress, State, Task

T = TypeVar("T")

_NEEDS_GET = (400, 403, 405)  # of registries without HEAD, or that say why only in response to a GET
_ACCEPT = {"Accept": media.ACCEPT}
_COMPARED_TAGS = 1000
_SUGGESTED_TAGS = 5


class Repository:
    """A repository of a registry, for any number of threads: a source and a destination of images.

    `Registry.repository` makes it. Its methods raise RegistryError (Unreachable, Unauthorized, Denied, RateLimited,
    BadResponse) and Cancelled besides what they name.
    """

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
        self._manifests: dict[Digest, bytes] = {}
        self.skipped: dict[Endpoint, NbdockError] = {}
        """Endpoints that failed before another served, and how. That one lacks the image is no failure."""

    @property
    def address(self) -> str:
        """Host and repository of the endpoint that is asked first; after a request, of the one that served it."""
        return f"{self._endpoints[0].host}/{self._endpoints[0].repository}"

    def skip(self, failed: RegistryError) -> bool:
        """Stop asking the host that failed. False if there is no other."""
        skipped = [endpoint for endpoint in self._endpoints if endpoint.host == failed.host]
        left = tuple(endpoint for endpoint in self._endpoints if endpoint not in skipped)
        if left:
            self.skipped |= dict.fromkeys(skipped, failed)
            self._endpoints = left
        return bool(left)

    def resolve(self, reference: str | Reference, /) -> Descriptor:
        """Look up a tag or digest.

        Returns the descriptor of a manifest or an index.

        Raises
        ------
        ImageNotFound
            If there is none; the hint names similar tags.
        InvalidContent
            If it is neither a manifest nor an index.
        DigestMismatch
            If the registry sends another manifest than the digest's.
        """
        wanted = Reference.parse(reference) if isinstance(reference, str) else reference
        try:
            return self._first(partial(self._resolve, wanted))
        except ImageNotFound as missing:
            raise ImageNotFound(str(missing), hint=self._suggest(wanted)) from None

    def open(self, descriptor: Descriptor, start: int = 0, /) -> Iterator[bytes]:
        """The content from byte `start` on, in chunks, not verified. A broken connection is resumed.

        Raises BlobNotFound, SizeMismatch if the content is longer or shorter than its descriptor says.
        """
        if descriptor.digest in self._manifests:
            yield self._manifests[descriptor.digest][start:]
            return
        retry, received = Retry(self._task, descriptor), start
        while received < descriptor.size:
            began = received
            try:
                for chunk in self._chunks(descriptor, received):
                    received += len(chunk)
                    if received > descriptor.size:
                        raise verify.wrong_size(descriptor, received)
                    yield chunk
            except Unreachable as error:
                if received == start:
                    raise
                if received > began:
                    retry.restart()
                retry.wait(error, done=received)
            else:
                if received == began:
                    raise verify.wrong_size(descriptor, received)

    def tags(self) -> tuple[str, ...]:
        """Every tag, in the registry's order; those that break the grammar of tags are left out.

        Raises ImageNotFound if there is no such repository.
        """
        return self._first(self._tags)

    def has(self, descriptor: Descriptor, /) -> bool:
        """Whether the registry has the content."""
        return self._first(partial(self._has, descriptor))

    def partial(self, descriptor: Descriptor, /) -> Iterator[bytes]:
        """Nothing: a broken upload cannot be read."""
        return iter(())

    def write(self, descriptor: Descriptor, chunks: Iterable[bytes], /) -> None:
        """Write the content atomically, or mount the blob from another repository without reading `chunks`.

        A broken upload is resumed if `chunks` can be iterated over again. A mounted blob is reported as
        `State.MOUNTED`.

        Raises
        ------
        DigestMismatch, SizeMismatch
            If the content does not match the descriptor.
        BlobNotFound
            If a manifest comes before what it names.
        """
        if media.is_manifest(descriptor.media_type):
            self._manifests[descriptor.digest] = verify.check(b"".join(chunks), descriptor, media.MAX_MANIFEST)
            self._put(str(descriptor.digest), descriptor)
        else:
            self._first(partial(self._upload, descriptor, chunks))

    def tag(self, reference: str | Reference, descriptor: Descriptor, /, image: Descriptor | None = None) -> None:
        """Give the manifest or index a tag. Raises BlobNotFound if something that it names is missing."""
        wanted = Reference.parse(reference) if isinstance(reference, str) else reference
        if descriptor.digest not in self._manifests:
            self._manifests[descriptor.digest] = read(self, descriptor)
        self._put(wanted.tagged.tag or str(descriptor.digest), descriptor)

    def _first(self, work: Callable[[Endpoint], T]) -> T:
        """The result from the first endpoint that does not fail; it is asked first from then on."""
        errors: dict[Endpoint, NbdockError] = {}
        for endpoint in self._endpoints:
            try:
                result = work(endpoint)
            except (NotFound, RegistryError, IntegrityError) as error:
                errors[endpoint] = error
            else:
                self.skipped |= {each: why for each, why in errors.items() if not isinstance(why, NotFound)}
                self._endpoints = tuple(sorted(self._endpoints, key=lambda each: each != endpoint))
                return result
        raise _to_report(list(errors.values()))

    def _request(
        self,
        endpoint: Endpoint,
        method: str,
        path: str,
        expect: tuple[int, ...],
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> Request:
        scopes = (f"repository:{endpoint.repository}:{self._actions}",)
        target = f"/v2/{endpoint.repository}/{path}"
        return Request(endpoint, method, target, scopes, headers or {}, content, expect)

    def _resolve(self, reference: Reference, endpoint: Endpoint) -> Descriptor:
        path = f"manifests/{reference.digest or reference.tagged.tag}"
        head = self._request(endpoint, "HEAD", path, (200, 404, *_NEEDS_GET), _ACCEPT)
        response = self._session.fetch(head, self._task)
        found = described_manifest(response, reference.digest) if response.status == HTTPStatus.OK else None
        if found is None and response.status != HTTPStatus.NOT_FOUND:
            get = self._request(endpoint, "GET", path, (200, 404), _ACCEPT)
            response = self._session.fetch(get, self._task, media.MAX_MANIFEST)
        if response.status == HTTPStatus.NOT_FOUND:
            raise ImageNotFound(f"manifest for {reference.tagged.familiar} not found: manifest unknown")
        return found or self._keep(response, reference.digest)

    def _keep(self, response: Response, wanted: Digest | None) -> Descriptor:
        descriptor = read_manifest(response, wanted)
        self._manifests[descriptor.digest] = response.body
        return descriptor

    def _suggest(self, reference: Reference) -> str:
        try:
            tags = self.tags()
        except (NotFound, RegistryError):
            return search_hint(reference.familiar_name)
        near = difflib.get_close_matches(reference.tag or "", tags[:_COMPARED_TAGS]) or tags[:_SUGGESTED_TAGS]
        return f"available tags: {human.excerpt(', '.join(near))}"

    def _tags(self, endpoint: Endpoint) -> tuple[str, ...]:
        request = self._request(endpoint, "GET", f"tags/list?n={discovery.PAGE}", (200,))
        listed = discovery.names(self._session, request, "tags", self._task)
        return tuple(tag for tag in listed if TAG.fullmatch(tag))  # any other would become part of a path

    def _chunks(self, descriptor: Descriptor, position: int) -> Iterator[bytes]:
        """The content from `position` on, as far as one connection brings it."""
        response = self._first(partial(self._content, descriptor, position))
        excess = 0 if response.status == HTTPStatus.PARTIAL_CONTENT else position
        for chunk in response.chunks():
            if rest := chunk[excess:]:
                yield rest
            excess = max(0, excess - len(chunk))

    def _content(self, descriptor: Descriptor, position: int, endpoint: Endpoint) -> Response:
        """The content from `position` on, or all of it if the registry cannot send a part."""
        request = self._request(endpoint, "GET", _path(descriptor), (200, 404), _accept(descriptor))
        if position:
            headers = {**request.headers, "Range": f"bytes={position}-"}
            request = replace(request, headers=headers).expecting(206, 416)
        for target in (request.target, *_urls(descriptor)):
            response = self._session.send(replace(request, target=target), self._task)
            if response.status == HTTPStatus.OK or _starts_at(response, position):
                return response
            response.close()
            if response.status != HTTPStatus.NOT_FOUND:
                return self._content(descriptor, 0, endpoint)
        message = f"{endpoint.host} has no {descriptor.digest} in {endpoint.familiar}: blob unknown"
        raise BlobNotFound(message, hint="the image is incomplete there; ask its publisher to push it again")

    def _has(self, descriptor: Descriptor, endpoint: Endpoint) -> bool:
        request = self._request(endpoint, "HEAD", _path(descriptor), (200, 404), _accept(descriptor))
        return self._session.fetch(request, self._task).status == HTTPStatus.OK

    def _upload(self, descriptor: Descriptor, chunks: Iterable[bytes], endpoint: Endpoint) -> None:
        start = self._request(endpoint, "POST", "blobs/uploads/", (201, 202))
        origin = self._origins.get(descriptor.digest, "")
        if origin:
            start = replace(start, scopes=(*start.scopes, f"repository:{origin}:pull"))
        if Upload(self._session, start, Content(descriptor, chunks), self._task).run(origin):
            self._task.tell(Progress(descriptor, State.MOUNTED, descriptor.size, descriptor.size, origin))

    def _put(self, name: str, descriptor: Descriptor) -> None:
        content = self._manifests[descriptor.digest]
        headers = {"Content-Type": descriptor.media_type}
        self._first(
            lambda endpoint: self._session.fetch(
                self._request(endpoint, "PUT", f"manifests/{name}", (200, 201, 202), headers, content), self._task
            )
        )


def _to_report(errors: list[NbdockError]) -> NbdockError:
    """The error to report: a rate limit if there was one, else the last response, else the last failure."""
    limited = [error for error in errors if isinstance(error, RateLimited)]
    answered = [error for error in errors if not isinstance(error, Unreachable)]
    return (limited or answered or errors)[-1]


def _path(descriptor: Descriptor) -> str:
    kind = "manifests" if media.is_manifest(descriptor.media_type) else "blobs"
    return f"{kind}/{descriptor.digest}"


def _accept(descriptor: Descriptor) -> Mapping[str, str]:
    return _ACCEPT if media.is_manifest(descriptor.media_type) else {}


def _urls(descriptor: Descriptor) -> Iterator[str]:
    """HTTPS URLs of a non-distributable layer."""
    if media.is_nondistributable(descriptor.media_type):
        yield from (url for url in descriptor.urls if url.startswith("https://"))


def _starts_at(response: Response, position: int) -> bool:
    """Whether it is the part that was asked for."""
    content_range = response.headers.get("content-range", "")
    return response.status == HTTPStatus.PARTIAL_CONTENT and content_range.startswith(f"bytes {position}-")
