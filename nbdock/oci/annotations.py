"""What an index calls its images: the names in the annotations of its entries (OCI image spec, annotations.md)."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import lru_cache

from nbdock.errors import UsageError
from nbdock.oci.digest import Digest
from nbdock.oci.reference import TAG, Reference

REF_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"
"""The whole name, as docker and buildx write it; the other is then the tag."""


def called(notes: Mapping[str, str], digest: Digest) -> tuple[Reference | None, str]:
    """The reference of an entry, or else its bare tag; neither if what it is called is no name of an image."""
    own = notes.get(REF_NAME, "")
    reference = _reference(notes.get(CONTAINERD_NAME, ""), digest) or _reference(own, digest)
    return reference, "" if reference or not TAG.fullmatch(own) else own


def _reference(text: str, digest: Digest) -> Reference | None:
    """The reference that a text is; None if it is a tag alone, or not an image name."""
    with contextlib.suppress(UsageError):
        return _plain(text, digest) or (None if not text or TAG.fullmatch(text) else _parsed(text, digest))
    return None


def _parsed(text: str, digest: Digest) -> Reference | None:
    """The same for any other name; none has the digest of something else."""
    reference = Reference.parse(text).tagged
    return reference if reference.digest in (None, digest) else None


def _plain(text: str, digest: Digest) -> Reference | None:
    """The same for `repository:tag` and `repository@digest`, which nearly all names are: repositories repeat."""
    name, _, end = text.rpartition(":")
    by_digest = end == digest.hex and name.endswith(f"@{digest.algorithm}")
    known = _repository(name.removesuffix(f"@{digest.algorithm}") if by_digest else name) if "/" in name else None
    if known is None or known.tag or known.digest or not (by_digest or TAG.fullmatch(end)):
        return None
    return Reference(known.registry, known.repository, None if by_digest else end, digest if by_digest else None)


@lru_cache(1 << 14)
def _repository(text: str) -> Reference:
    return Reference.parse(text)
