"""What a push or a deletion changes in the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus

from nbdock.errors import BlobNotFound, InvalidContent
from nbdock.oci import manifest as manifests
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, Manifest
from nbdock.server.refusal import Code, Refusal
from nbdock.server.repositories import Repositories
from nbdock.store import Store


class Changes:
    """Each is whole or not at all. The store's lock keeps them apart from each other and from a prune."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories

    @property
    def _store(self) -> Store:
        return self._repositories.store

    def put(
        self, path: str, reference: str, raw: bytes, media_type: str, tags: Iterable[str] = ()
    ) -> tuple[Descriptor, Manifest | Index]:
        """Name a manifest by a tag or by its digest, and by `tags` besides; its parts must be there.

        Raises Refusal, InvalidDigest, StoreError.
        """
        name = self._repositories.reference(path)
        digest = _checked(Digest.parse(reference), raw) if ":" in reference else Digest.of(raw)
        tags = tags if ":" in reference else [reference, *tags]
        names = [self._repositories.reference(path, tag) for tag in tags] or [replace(name, digest=digest)]
        document = _parsed(raw, media_type)
        descriptor = Descriptor(document.media_type, digest, len(raw))
        self._check_parts(document)
        self._store.write(descriptor, [raw])
        try:
            for each in names:
                self._store.tag(each, descriptor)
        except BlobNotFound as error:  # a part of a part, or one that was swept just now
            raise _lacking(str(error)) from None
        return descriptor, document

    def mount(self, path: str, digest: Digest, origin: str) -> bool:
        """Let the path have a blob of the path `origin`, or where that is "" of any; False where it is not there."""
        self._repositories.reference(path)
        try:
            found = self._repositories.blob(origin, digest) if origin else self._repositories.anywhere(digest)
        except Refusal:
            return False
        if found:
            self._repositories.admit(path, found)
        return found is not None

    def delete_tag(self, path: str, tag: str) -> None:
        """Raises Refusal where there is none."""
        names = self._repositories.at(path).names
        going = [name for name in names if name.reference and name.reference.tag == tag]
        if not going:
            raise self._repositories.unknown(path, Code.MANIFEST_UNKNOWN, tag)
        self._store.untag(going)

    def delete_manifest(self, path: str, digest: Digest) -> None:
        """Its tags go too. Raises Refusal where there is none, and where an index that stays needs it."""
        names = self._repositories.at(path).names
        going = [name for name in names if name.target.digest == digest]
        staying = self._store.contents(name for name in names if name not in going)
        if any(each.digest == digest for each in staying):
            raise _in_use("the manifest is part of an index: delete that first", digest)
        if not going:
            raise self._repositories.unknown(path, Code.MANIFEST_UNKNOWN, str(digest))
        self._store.untag(going)

    def delete_blob(self, path: str, digest: Digest) -> None:
        """Raises Refusal where there is none, and where a manifest needs it."""
        self._repositories.blob(path, digest)
        if digest in self._repositories.at(path).blobs:
            raise _in_use("the blob is part of a manifest: delete that first", digest)
        if self._repositories.dismiss(path, digest):
            self._store.delete([digest])

    def _check_parts(self, document: Manifest | Index) -> None:
        """Before anything is written."""
        parts = (part for part in document.children if not media.is_foreign(part.media_type))
        missing = [str(part.digest) for part in parts if not self._store.has(part)]
        if missing:
            raise _lacking(missing)


def _checked(digest: Digest, raw: bytes) -> Digest:
    actual = digest.same(raw)
    if actual != digest:
        raise Refusal(HTTPStatus.BAD_REQUEST, Code.DIGEST_INVALID, f"the manifest hashes to {actual}", str(digest))
    return digest


def _parsed(raw: bytes, media_type: str) -> Manifest | Index:
    try:
        return manifests.parse(raw, media_type)
    except InvalidContent as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, Code.MANIFEST_INVALID, str(error)) from None


def _lacking(detail: object) -> Refusal:
    message = "manifest references a manifest or blob unknown to registry"
    return Refusal(HTTPStatus.BAD_REQUEST, Code.MANIFEST_BLOB_UNKNOWN, message, detail)


def _in_use(message: str, digest: Digest) -> Refusal:
    return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, Code.UNSUPPORTED, message, str(digest))
