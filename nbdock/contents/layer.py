"""The one pass over a layer: what a registry sends is inflated, hashed and measured while it goes by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from nbdock.contents.inflate import Inflater
from nbdock.contents.tar import Sizes, Walk
from nbdock.errors import DigestMismatch, InvalidContent
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.places import Unpacked


class Reader(Protocol):
    """Reads along in the pass: is fed the layer's tar in pieces, and told when all of it came."""

    def feed(self, piece: bytes, /) -> None:
        """Raises IntegrityError for bytes that cannot be right."""
        ...

    def finish(self) -> None:
        """Raises IntegrityError where something is missing or wrong."""
        ...


class LayerCheck:
    """Checks one layer against the diff id that its config names, where it names one, and measures it.

    The descriptor's own digest is left to whoever writes the blob.
    """

    def __init__(self, descriptor: Descriptor, diff_id: Digest | None, readers: Iterable[Reader] = ()) -> None:
        compression = media.compression(descriptor.media_type)
        algorithm = diff_id.algorithm if diff_id else "sha256"
        # A plain tar is named by its diff id, which whoever writes the blob verifies: one hash is enough.
        named = not compression and algorithm == descriptor.digest.algorithm
        self._descriptor, self._expected = descriptor, diff_id
        self._inflater = Inflater(compression)
        self._hash = None if named else hashlib.new(algorithm, usedforsecurity=False)
        self._sizes = Sizes()
        self._readers: tuple[Reader, ...] = (Walk(self._sizes.add), *readers)
        self._tar = 0

    def feed(self, chunk: bytes) -> None:
        """The next bytes as they come, compressed. Raises InvalidContent."""
        with _naming(self._descriptor):
            for piece in self._inflater.feed(chunk):
                self._tar += len(piece)
                if self._hash:
                    self._hash.update(piece)
                for reader in self._readers:
                    reader.feed(piece)

    def finish(self) -> None:
        """All bytes came. Raises DigestMismatch for another diff id, InvalidContent for a layer that is cut."""
        with _naming(self._descriptor):
            self._inflater.finish()
            self._verify()
            for reader in self._readers:
                reader.finish()

    @property
    def unpacked(self) -> Unpacked:
        """What the pass found, once it is finished."""
        return Unpacked(self._diff_id, self._sizes.files, self._tar, self._sizes.entries)

    @property
    def _diff_id(self) -> Digest:
        return Digest(self._hash.name, self._hash.hexdigest()) if self._hash else self._descriptor.digest

    def _verify(self) -> None:
        actual = self._diff_id
        if self._expected not in (None, actual):
            digest = self._descriptor.digest
            raise DigestMismatch(
                f'layer verification failed for {digest}: wrong diff id calculated on extraction "{actual}"',
                expected=str(self._expected),
                actual=str(actual),
                hint=f"the image's config names {self._expected}: it was put together wrongly, or tampered with",
            )


def checked(chunks: Iterable[bytes], check: LayerCheck) -> Iterator[bytes]:
    """The same chunks, each checked before it is passed on, and all of them before the end is: a Destination that
    writes what this yields commits no layer that is wrong. Raises IntegrityError."""
    for chunk in chunks:
        check.feed(chunk)
        yield chunk
    check.finish()


@contextmanager
def _naming(layer: Descriptor) -> Iterator[None]:
    """Say in which layer something is wrong, as containerd does."""
    try:
        yield
    except InvalidContent as error:
        raise InvalidContent(
            f"failed to extract layer {layer.digest}: {error}",
            hint="pull it again; where that fails too, the image is broken in the registry",
        ) from None
