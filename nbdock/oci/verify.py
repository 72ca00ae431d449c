"""Compare content with its digest and size (OCI image spec, descriptor.md, "Verification")."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from nbdock.errors import DigestMismatch, InvalidContent, SizeMismatch
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest


class Verifier:
    """Verifies the content of a blob chunk by chunk. Errors have docker's messages.

    Feed each chunk before using it: wrong content raises at its last chunk at the latest, so that it is never used
    completely.
    """

    def __init__(self, descriptor: Descriptor) -> None:
        self.size = 0
        """Bytes fed so far."""
        self._descriptor = descriptor
        self._hash = hashlib.new(descriptor.digest.algorithm, usedforsecurity=False)

    def feed(self, chunk: bytes) -> None:
        """Hash the next chunk. Raises SizeMismatch if the content is too long, DigestMismatch."""
        self.size += len(chunk)
        if self.size > self._descriptor.size:
            raise wrong_size(self._descriptor, self.size)
        self._hash.update(chunk)
        if self.size == self._descriptor.size:
            self._check_digest()

    def finish(self) -> None:
        """End the content. Raises SizeMismatch if it is too short, DigestMismatch."""
        if self.size != self._descriptor.size:
            raise wrong_size(self._descriptor, self.size)
        self._check_digest()

    def _check_digest(self) -> None:
        expected = self._descriptor.digest
        actual = Digest(expected.algorithm, self._hash.hexdigest())
        check_digest(actual, expected, f"filesystem layer verification failed for digest {expected}")


def verified(descriptor: Descriptor, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same chunks. Raises SizeMismatch or DigestMismatch instead of yielding the last one of wrong content."""
    verifier = Verifier(descriptor)
    for chunk in chunks:
        verifier.feed(chunk)
        yield chunk
    verifier.finish()


def check(content: bytes, descriptor: Descriptor, limit: int = media.MAX_CONFIG) -> bytes:
    """Return the content of a manifest, an index or a config if it matches its descriptor.

    Raises InvalidContent if the descriptor claims more than `limit` bytes, SizeMismatch, DigestMismatch.
    """
    if descriptor.size > limit:
        raise InvalidContent(f"{descriptor.digest} claims {descriptor.size} bytes; at most {limit} are read")
    if len(content) != descriptor.size:
        message = f"{descriptor.digest} is not of {descriptor.size} bytes"
        raise SizeMismatch(message, expected=descriptor.size, actual=len(content))
    check_digest(descriptor.digest.same(content), descriptor.digest)
    return content


def check_digest(actual: Digest, expected: Digest, message: str = "", hint: str = "") -> None:
    """Raise DigestMismatch if they differ. The default message names both."""
    if actual != expected:
        said = message or f"content of {expected} hashes to {actual}"
        raise DigestMismatch(said, expected=str(expected), actual=str(actual), hint=hint)


def wrong_size(descriptor: Descriptor, actual: int) -> SizeMismatch:
    """The error for a blob whose size differs from its descriptor's."""
    message = f"size verification failed for {descriptor.digest}: expected {descriptor.size} bytes"
    return SizeMismatch(message, expected=descriptor.size, actual=actual)
