"""Manifests and indexes in a registry's responses (OCI distribution spec, "Pulling manifests")."""

from __future__ import annotations

from http import HTTPStatus

from nbdock import errors
from nbdock.oci import fields, manifest, media, verify
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.registry import failures
from nbdock.registry.transport import Response

DELETED = (200, 202, 204, 400, 404, 405, 501)
"""How registries answer a deletion that they carry out, or do not know."""
_ALLOW = (
    "its operator may allow it, as with REGISTRY_STORAGE_DELETE_ENABLED=true or `nbdock serve --writable`;"
    " hosted registries may have a page or a policy for it"
)


def described(head: Response, wanted: Digest | None) -> Descriptor | None:
    """The descriptor of a manifest or index by its response's headers; None if they leave something out."""
    media_type, digest, size = _media_type(head), _digest(head), fields.natural(head.headers.get("content-length", ""))
    known = head.status == HTTPStatus.OK and media.is_manifest(media_type) and "content-encoding" not in head.headers
    if not known or digest is None or wanted not in (None, digest) or not size:
        return None
    return Descriptor(media_type, digest, size)


def received(response: Response, wanted: Digest | None) -> Descriptor:
    """The descriptor of the manifest or index in the body. Raises DigestMismatch, InvalidContent if it is neither."""
    digest = wanted or _digest(response) or Digest.of(response.body)
    parsed = manifest.parse_response(checked(response, digest), _media_type(response))
    return Descriptor(parsed.media_type, digest, len(response.body))


def checked(response: Response, expected: Digest) -> bytes:
    """The body, a manifest of this digest. Raises DigestMismatch."""
    actual = expected.same(response.body)
    verify.check_digest(actual, expected, f"{response.host} sent a manifest of {actual} as {expected}")
    return response.body


def check_deleted(response: Response, reference: Reference) -> None:
    """Raises ImageNotFound if there was nothing to delete, Refused if the registry does not delete it."""
    if response.status < HTTPStatus.BAD_REQUEST:
        return
    _, words = failures.explain(response.body)
    if response.status == HTTPStatus.NOT_FOUND:
        raise errors.ImageNotFound(
            f"{reference.familiar} is not there: {words}", hint="somebody else may have deleted it"
        )
    what, hint = ("it", _ALLOW) if reference.digest else ("a tag alone", "its digest can be deleted, with all its tags")
    why = f"{response.status} {words}".rstrip()
    raise errors.Refused(f"{reference.familiar}: the registry does not delete {what} ({why})", hint=hint)


def _media_type(response: Response) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip()


def _digest(response: Response) -> Digest | None:
    try:
        return Digest.parse(response.headers.get("docker-content-digest", ""))
    except errors.InvalidDigest:
        return None
