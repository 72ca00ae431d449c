"""What pushes and deletions change in the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus

from nbdock.errors import BlobNotFound, DigestMismatch, IntegrityError, InvalidContent
from nbdock.oci import manifest as manifests
from nbdock.oci import media, verify
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, Manifest
from nbdock.server.errors import APIError, ErrorCode
from nbdock.server.repositories import Repositories


class Changes:
    """Atomic changes, safe beside each other and beside a prune: the store checks and tags under its lock."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories, self._store = repositories, repositories.store

    def put_manifest(
        self, repository: str, reference: str, raw: bytes, media_type: str, tags: Iterable[str] = ()
    ) -> tuple[Digest, Manifest | Index]:
        """Store a manifest or index whose content has been pushed.

        Parameters
        ----------
        reference
            The tag or the digest of the URL.
        raw, media_type
            The manifest, and its Content-Type.
        tags
            Further tags, from the query.

        Raises
        ------
        APIError
            A name, tag, digest or the manifest is invalid, or content of it is missing.
        InvalidDigest, StoreError
        """
        name = self._repositories.reference(repository)
        digest = _verified(Digest.parse(reference), raw) if ":" in reference else Digest.of(raw)
        tags = tags if ":" in reference else [reference, *tags]
        references = [self._repositories.reference(repository, tag) for tag in tags] or [replace(name, digest=digest)]
        manifest = _parse(raw, media_type)
        self._check_content(manifest)
        descriptor = Descriptor(manifest.media_type, digest, len(raw))
        self._store.write(descriptor, [raw])
        try:
            for each in references:
                self._store.tag(each, descriptor)
        except BlobNotFound as error:  # content of a manifest in the index, or content that was pruned just now
            raise _content_missing(str(error)) from None
        except IntegrityError as error:  # a layer is not what the config says
            raise APIError(HTTPStatus.BAD_REQUEST, ErrorCode.MANIFEST_INVALID, str(error)) from None
        return digest, manifest

    def mount(self, repository: str, digest: Digest, source: str) -> bool:
        """Link a blob of the repository `source` ("" for any) into the repository. False if there is no such blob."""
        self._repositories.reference(repository)
        try:
            found = self._repositories.blob(source, digest) if source else self._repositories.find_blob(digest)
        except APIError:
            return False
        if found:
            self._repositories.link(repository, found)
        return found is not None

    def delete_tag(self, repository: str, tag: str) -> None:
        """Untag a manifest. Raises APIError if there is no such tag."""
        names = self._repositories.get(repository).names
        deleted = [name for name in names if name.reference and name.reference.tag == tag]
        if not deleted:
            raise self._repositories.not_found(repository, ErrorCode.MANIFEST_UNKNOWN, tag)
        self._store.untag(deleted)

    def delete_manifest(self, repository: str, digest: Digest) -> None:
        """Delete a manifest and its tags. Raises APIError if there is none, or if an index of the repository has it."""
        names = self._repositories.get(repository).names
        deleted = [name for name in names if name.target.digest == digest]
        remaining = self._store.contents(name for name in names if name not in deleted)
        if any(each.digest == digest for each in remaining):
            raise _in_use("the manifest is used by an index; delete the index first", digest)
        if not deleted:
            raise self._repositories.not_found(repository, ErrorCode.MANIFEST_UNKNOWN, str(digest))
        self._store.untag(deleted)

    def delete_blob(self, repository: str, digest: Digest) -> None:
        """Delete a blob. Raises APIError if there is none, or if a manifest of the repository has it."""
        self._repositories.blob(repository, digest)
        if digest in self._repositories.get(repository).blobs:
            raise _in_use("the blob is used by a manifest; delete the manifest first", digest)
        if self._repositories.unlink(repository, digest):
            self._store.delete([digest])

    def _check_content(self, manifest: Manifest | Index) -> None:
        """Raise APIError if content is missing, before anything is written."""
        needed = (each for each in manifest.children if not media.is_nondistributable(each.media_type))
        missing = [str(each.digest) for each in needed if not self._store.has(each)]
        if missing:
            raise _content_missing(missing)


def _verified(digest: Digest, raw: bytes) -> Digest:
    try:
        verify.check(raw, Descriptor(media.OCI_MANIFEST, digest, len(raw)))
    except DigestMismatch as error:
        raise APIError(HTTPStatus.BAD_REQUEST, ErrorCode.DIGEST_INVALID, str(error), str(digest)) from None
    return digest


def _parse(raw: bytes, media_type: str) -> Manifest | Index:
    try:
        return manifests.parse(raw, media_type)
    except InvalidContent as error:
        raise APIError(HTTPStatus.BAD_REQUEST, ErrorCode.MANIFEST_INVALID, str(error)) from None


def _content_missing(detail: object) -> APIError:
    message = "manifest references a manifest or blob unknown to registry"
    return APIError(HTTPStatus.BAD_REQUEST, ErrorCode.MANIFEST_BLOB_UNKNOWN, message, detail)


def _in_use(message: str, digest: Digest) -> APIError:
    return APIError(HTTPStatus.METHOD_NOT_ALLOWED, ErrorCode.UNSUPPORTED, message, str(digest))
