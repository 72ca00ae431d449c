"""The bytes of a blob on their way out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from nbdock.errors import DigestMismatch, SizeMismatch
from nbdock.oci.descriptor import Descriptor


class Content:
    """The bytes of a blob, checked as they pass: its last bytes are not given where any are wrong.

    An iterator is gone through once, anything else as often as the upload needs.
    """

    def __init__(self, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        self.descriptor = descriptor
        self.spent = False
        self._chunks = chunks

    def after(self, offset: int) -> Iterator[bytes]:
        """All but the first `offset` bytes. Raises DigestMismatch, SizeMismatch."""
        chunks = iter(self._chunks)
        self.spent = chunks is self._chunks
        for chunk in self._checked(chunks):
            if rest := chunk[offset:]:
                yield rest
            offset = max(0, offset - len(chunk))

    def _checked(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        hasher, length = hashlib.new(self.descriptor.digest.algorithm), 0
        for chunk in chunks:
            hasher.update(chunk)
            length += len(chunk)
            if length >= self.descriptor.size:
                self._check(length, hasher.hexdigest())
            yield chunk
        self._check(length, hasher.hexdigest())

    def _check(self, length: int, digest: str) -> None:
        wanted = self.descriptor.digest
        if length != self.descriptor.size:
            raise wrong_size(self.descriptor, length)
        if digest != wanted.hex:
            actual = f"{wanted.algorithm}:{digest}"
            raise DigestMismatch(f"content of {wanted} hashes to {actual}", expected=str(wanted), actual=actual)


def wrong_size(descriptor: Descriptor, length: int) -> SizeMismatch:
    """The error for content of another length than the descriptor's."""
    message = f"content of {descriptor.digest} is not of {descriptor.size} bytes"
    return SizeMismatch(message, expected=descriptor.size, actual=length)
