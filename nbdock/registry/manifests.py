"""What an answer from under /manifests/ says of the manifest."""

from __future__ import annotations

from nbdock.errors import DigestMismatch, InvalidDigest
from nbdock.oci import manifest, media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.registry.answer import Answer

ACCEPT = {"Accept": media.ACCEPT}


def described(head: Answer, wanted: Digest | None) -> Descriptor | None:
    """The descriptor, from headers alone; None where they do not say all of it."""
    media_type, digest, size = _media_type(head), _digest(head), head.headers.get("content-length", "")
    if digest is None or wanted not in (None, digest) or not media.is_document(media_type) or not size.isdecimal():
        return None
    return Descriptor(media_type, digest, int(size))


def descriptor(answer: Answer, wanted: Digest | None) -> Descriptor:
    """The descriptor, from the body. Raises InvalidContent where that is no manifest of an image, DigestMismatch."""
    expected = wanted or _digest(answer) or Digest.of(answer.body)
    actual = expected.same(answer.body)
    if actual != expected:
        message = f"{answer.host} sent a manifest of {actual} as {expected}"
        raise DigestMismatch(message, expected=str(expected), actual=str(actual))
    return Descriptor(manifest.parse(answer.body, _media_type(answer)).media_type, actual, len(answer.body))


def _media_type(answer: Answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip()


def _digest(answer: Answer) -> Digest | None:
    try:
        return Digest.parse(answer.headers.get("docker-content-digest", ""))
    except InvalidDigest:
        return None
