"""One repository of a registry: images come from it and go to it (OCI distribution spec)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from nbdock import errors, human
from nbdock.errors import ImageNotFound, NbdockError, NotFound, RegistryError
from nbdock.http.body import after
from nbdock.oci import media, verify
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.reference import TAG, Reference
from nbdock.reading import read
from nbdock.registry import discovery, manifests, parts
from nbdock.registry.auth import Session
from nbdock.registry.discovery import Listing
from nbdock.registry.failures import Retry, search_hint
from nbdock.registry.hosts import Endpoint
from nbdock.registry.request import Request
from nbdock.registry.transport import Response
from nbdock.registry.upload import Upload
from nbdock.task import Progress, State, Task

T = TypeVar("T")

_UNTOLD = tuple(status for status in range(400, 600) if status not in (401, 429))  # a GET says why, or does not fail
_NO_LIST = (400, 404, 405, 501)  # how registries without lists of referrers refuse them
_COMPARED_TAGS = 1000
_SUGGESTED_TAGS = 5
_MOST_URLS = 5


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
        origins: Mapping[Digest, str] | str,
        hurried: bool = False,
    ) -> None:
        self._session, self._endpoints, self._task = session, endpoints, task
        self._actions, self._origins, self._hurried = actions, origins, hurried
        self._manifests: dict[Digest, bytes] = {}
        self._paths: dict[Digest, str] = {}
        self._served: dict[str, Endpoint] = {}
        self._resolved_at = endpoints[0]
        self.skipped: dict[Endpoint, NbdockError] = {}
        """Endpoints that failed before another served, and how. That one lacks the image is no failure."""
        self.missing: list[str] = []
        """What the tags that were listed last lack, and why."""

    @property
    def address(self) -> str:
        """Host and repository of the endpoint that is asked first; after a request, of the one that served it.

        Examples
        --------
        >>> nbdock.Registry().repository("localhost:5000/team/app").address
        'localhost:5000/team/app'
        """
        return f"{self._endpoints[0].host}/{self._endpoints[0].repository}"

    def skip(self, failed: NbdockError, /) -> bool:
        """Stop asking the host that failed, or that sent wrong content. False if there is no other."""
        culprit = self._served.get(str(getattr(failed, "expected", "")), self._resolved_at)
        host = failed.host if isinstance(failed, RegistryError) else culprit.host
        skipped = [endpoint for endpoint in self._endpoints if endpoint.host == host]
        left = tuple(endpoint for endpoint in self._endpoints if endpoint not in skipped)
        if left and skipped:
            self.skipped |= dict.fromkeys(skipped, failed)
            self._endpoints = left
        return bool(left and skipped)

    def resolve(
        self, reference: str | Reference, /, *, read: bool = False, known: Descriptor | None = None
    ) -> Descriptor:
        """Look up a tag or digest.

        Returns the descriptor of a manifest or an index; with `read` it is also fetched, for `open`, and its size is
        what was received, not what the registry says. If it is `known` it is not: registries count what is fetched.

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
            return self._first(partial(self._resolve, wanted, read, known))
        except ImageNotFound as missing:
            raise ImageNotFound(str(missing), hint=self._suggest(wanted)) from None

    def find(self, reference: Reference, /) -> Descriptor | None:
        """As `resolve`, for what may well not be there: None."""
        with suppress(ImageNotFound):
            return self._first(partial(self._resolve, reference, False, None))
        return None

    def open(self, descriptor: Descriptor, start: int = 0, /) -> Iterator[bytes]:
        """The content from byte `start` on, in chunks, not verified. A broken connection is resumed.

        Raises BlobNotFound, SizeMismatch if the content is longer or shorter than its descriptor says.
        """
        if media.is_manifest(descriptor.media_type):
            yield self._manifest(descriptor.digest)[start:]
            return
        retry, received, connected = Retry(self._task, descriptor), start, False
        while received < descriptor.size:
            began = received
            try:
                chunks = self._chunks(descriptor, received)
                connected = True
                for chunk in chunks:
                    received += len(chunk)
                    if received > descriptor.size:
                        raise verify.wrong_size(descriptor, received)
                    yield chunk
            except errors.Unreachable as error:
                if not connected:
                    raise  # after the request's own tries
                if received > began:
                    retry.restart()
                retry.wait(error, done=received)
            else:
                if received == began:
                    raise verify.wrong_size(descriptor, received)

    def part(self, descriptor: Descriptor, start: int, length: int, /) -> bytes | None:
        """Some bytes of a blob, not verified; None if the registry sends no parts. Raises BlobNotFound."""
        return self._first(partial(self._part, descriptor, start, length))

    def tags(self) -> tuple[str, ...]:
        """Every tag, in the registry's order; `missing` says what is left out.

        Raises ImageNotFound if there is no such repository.
        """
        listed = self._first(self._tags)
        tags = tuple(tag for tag in listed.names if TAG.fullmatch(tag))  # any other would become part of a path
        self.missing = [f"the list of tags ends early: {listed.cut}"] if listed.cut else []
        if others := [name for name in listed.names if not TAG.fullmatch(name)]:
            self.missing.append(f"{len(others)} that are no tags: {human.excerpt(', '.join(others))}")
        return tags

    def referrers(self, subject: Digest, /) -> list[Descriptor] | None:
        """What the registry lists as referring to a manifest; None if it has no such lists (before the spec's 1.1)."""
        return self._first(partial(self._referrers, subject))

    def has(self, descriptor: Descriptor, /) -> bool:
        """Whether the registry has the content, or its clients get it elsewhere."""
        return descriptor.is_elsewhere or self._first(partial(self._has, descriptor))

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

    def delete(self, reference: Reference, /) -> None:
        """Delete a manifest by its digest, with all its tags; or a tag alone. Raises ImageNotFound, Refused."""
        self._first(partial(self._delete, reference))

    def _first(self, work: Callable[[Endpoint], T]) -> T:
        """The result from the first endpoint that does not fail; it is asked first from then on."""
        failed: dict[Endpoint, NbdockError] = {}
        for endpoint in self._endpoints:
            try:
                result = work(endpoint)
            except (NotFound, RegistryError, errors.IntegrityError) as error:
                failed[endpoint] = error
            else:
                self.skipped |= {each: why for each, why in failed.items() if not isinstance(why, NotFound)}
                self._endpoints = tuple(sorted(self._endpoints, key=lambda each: each != endpoint))
                return result
        raise _to_report(list(failed.values()), list(self.skipped.values()))

    def _request(self, endpoint: Endpoint, method: str, path: str, **more: Any) -> Request:
        scopes = (f"repository:{endpoint.repository}:{self._actions}",)
        hurried = self._hurried or endpoint != self._endpoints[-1]
        return Request(endpoint, method, f"/v2/{endpoint.repository}/{path}", scopes, hurried=hurried, **more)

    def _content_request(self, endpoint: Endpoint, method: str, descriptor: Descriptor) -> Request:
        kind, accept = ("manifests", media.ACCEPT) if media.is_manifest(descriptor.media_type) else ("blobs", ())
        return self._request(endpoint, method, f"{kind}/{descriptor.digest}", accept=accept, expect=(200, 404))

    def _resolve(self, reference: Reference, read: bool, known: Descriptor | None, endpoint: Endpoint) -> Descriptor:
        path = f"manifests/{reference.digest or reference.tagged.tag}"
        found = self._head(endpoint, path, reference.digest) if known or not read else None
        if read and found:
            found = known if known and known.digest == found.digest else None
        if found is None:
            response = self._get(endpoint, path)
            if response.status == HTTPStatus.NOT_FOUND:
                raise ImageNotFound(f"manifest for {reference.tagged.familiar} not found: manifest unknown")
            found = manifests.received(response, reference.digest)
            self._manifests[found.digest] = response.body
        self._paths[found.digest] = path
        self._resolved_at = endpoint
        return found

    def _head(self, endpoint: Endpoint, path: str, wanted: Digest | None) -> Descriptor | None:
        """What the headers alone tell; None if a GET has to tell it: some registries have no HEAD, or a wrong one."""
        request = self._request(endpoint, "HEAD", path, accept=media.ACCEPT).expecting(*_UNTOLD)
        with suppress(errors.BadResponse, errors.Denied, errors.Unauthorized):
            return manifests.described(self._session.fetch(request, self._task), wanted)
        return None

    def _get(self, endpoint: Endpoint, path: str) -> Response:
        request = self._request(endpoint, "GET", path, accept=media.ACCEPT, expect=(200, 404))
        return self._session.fetch(request, self._task, media.MAX_MANIFEST)

    def _manifest(self, digest: Digest) -> bytes:
        if digest not in self._manifests:
            self._manifests[digest] = self._first(partial(self._fetch, digest))
        return self._manifests[digest]

    def _fetch(self, digest: Digest, endpoint: Endpoint) -> bytes:
        """The manifest by its digest, or by the name that was resolved to it: some caches know that one only."""
        paths = (f"manifests/{digest}", self._paths.get(digest, ""))
        for path in dict.fromkeys(filter(None, paths)):
            response = self._get(endpoint, path)
            if response.status == HTTPStatus.OK:
                return manifests.checked(response, digest)
        raise parts.lacking(endpoint, digest, "manifest unknown")

    def _suggest(self, reference: Reference) -> str:
        try:
            tags = self._first(partial(self._tags, pages=1)).names
        except (NotFound, RegistryError):
            return search_hint(reference.familiar_name)
        near = difflib.get_close_matches(reference.tag or "", tags[:_COMPARED_TAGS]) or tags[:_SUGGESTED_TAGS]
        return f"available tags: {human.excerpt(', '.join(near))}"

    def _tags(self, endpoint: Endpoint, pages: int | None = None) -> Listing:
        request = self._request(endpoint, "GET", f"tags/list?n={discovery.PAGE}")
        return discovery.names(self._session, request, "tags", self._task, pages)

    def _referrers(self, subject: Digest, endpoint: Endpoint) -> list[Descriptor] | None:
        request = self._request(endpoint, "GET", f"referrers/{subject}")
        try:
            return discovery.manifests(self._session, request, self._task)
        except errors.BadResponse as error:
            if error.status in _NO_LIST:
                return None
            raise

    def _delete(self, reference: Reference, endpoint: Endpoint) -> None:
        path = f"manifests/{reference.digest or reference.tag}"
        response = self._session.fetch(self._request(endpoint, "DELETE", path, expect=manifests.DELETED), self._task)
        manifests.check_deleted(response, reference)

    def _chunks(self, descriptor: Descriptor, position: int) -> Iterator[bytes]:
        """The content from `position` on, as far as one connection brings it."""
        response = self._first(partial(self._content, descriptor, position))
        if response.status == HTTPStatus.PARTIAL_CONTENT:
            return response.chunks()
        return after(response.content(descriptor), position)

    def _content(self, descriptor: Descriptor, position: int, endpoint: Endpoint) -> Response:
        """The content from `position` on, or all of it if the registry cannot send a part."""
        request = self._content_request(endpoint, "GET", descriptor)
        if position:
            request = parts.ranged(request, position).expecting(*_UNTOLD)
        response = self._session.send(request, self._task)
        if response.is_page(descriptor.size):
            raise response.web_page()
        if response.status == HTTPStatus.OK or response.starts_at(position, descriptor.size):
            self._served[str(descriptor.digest)] = endpoint
            return _of_size(response, descriptor)
        response.close()
        if position:
            return self._content(descriptor, 0, endpoint)
        if descriptor.is_elsewhere:
            return self._elsewhere(descriptor, request)
        raise parts.lacking(endpoint, descriptor.digest, "blob unknown")

    def _part(self, descriptor: Descriptor, start: int, length: int, endpoint: Endpoint) -> bytes | None:
        request = self._request(endpoint, "GET", f"blobs/{descriptor.digest}").expecting(*_UNTOLD)
        return parts.part(self._session, request, descriptor, (start, length), self._task)

    def _elsewhere(self, descriptor: Descriptor, request: Request) -> Response:
        """All of a non-distributable layer that the registry lacks, from the first of its URLs that has it."""
        request = replace(request, headers={}, expect=(HTTPStatus.OK,))
        tried = []
        for url in descriptor.urls[:_MOST_URLS]:
            if not url.startswith("https://"):
                tried.append(f"{_shown(url)} is not HTTPS")
                continue
            try:
                return self._session.send(replace(request, target=url), self._task)
            except RegistryError as error:
                tried.append(f"{_shown(url)}: {error}")
        message = f"{request.endpoint.host} lacks the non-distributable layer {descriptor.digest}, and so do its URLs"
        hint = "only HTTPS URLs are fetched; ask the image's publisher where the layer is"
        raise errors.BlobNotFound(f"{message}: {'; '.join(tried)}", hint=hint)

    def _has(self, descriptor: Descriptor, endpoint: Endpoint) -> bool:
        request = self._content_request(endpoint, "HEAD", descriptor).expecting(*_UNTOLD)
        return self._session.fetch(request, self._task).status == HTTPStatus.OK

    def _upload(self, descriptor: Descriptor, chunks: Iterable[bytes], endpoint: Endpoint) -> None:
        start = self._request(endpoint, "POST", "blobs/uploads/", expect=(201, 202))
        origins = self._origins
        origin = origins if isinstance(origins, str) else origins.get(descriptor.digest, "")
        if Upload(self._session, start, descriptor, chunks, self._task).run(origin):
            self._task.tell(Progress(descriptor, State.MOUNTED, descriptor.size, descriptor.size, origin))

    def _put(self, name: str, descriptor: Descriptor) -> None:
        sent = {"headers": {"Content-Type": descriptor.media_type}, "content": self._manifests[descriptor.digest]}

        def put(endpoint: Endpoint) -> Response:
            request = self._request(endpoint, "PUT", f"manifests/{name}", expect=(200, 201, 202), **sent)
            return self._session.fetch(request, self._task)

        self._first(put)


def _to_report(failed: list[NbdockError], skipped: list[NbdockError]) -> NbdockError:
    """The error to report: a rate limit if there was one, else the last response, else the last failure.

    Where nobody can be reached, why others had been skipped before says more.
    """
    if all(isinstance(error, errors.Unreachable) for error in failed):
        failed = [*skipped, *failed]
    limited = [error for error in failed if isinstance(error, errors.RateLimited)]
    answered = [error for error in failed if not isinstance(error, errors.Unreachable)]
    return (limited or answered or failed)[-1]


def _shown(url: str) -> str:
    """A URL for an error: without its query, which may be signed, and without a password."""
    return human.excerpt(re.sub(r"//[^/]*@", "//", url.partition("?")[0]))


def _of_size(response: Response, descriptor: Descriptor) -> Response:
    """The response. Raises SizeMismatch if it says at once that it is something else, like a page of HTML."""
    length = response.headers.get("content-length", "")
    whole = response.status == HTTPStatus.OK and "content-encoding" not in response.headers
    if whole and length.isdecimal() and int(length[:19]) != descriptor.size:
        response.close()
        raise verify.wrong_size(descriptor, int(length[:19]))
    return response
