"""The pass: the one reading of a blob as it streams into a store. It is hashed, inflated and measured as it goes by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Protocol

from nbdock.contents.inflate import Inflater
from nbdock.contents.tar import Sizes, Walk
from nbdock.errors import InvalidContent
from nbdock.oci.digest import Digest
from nbdock.places import LayerFacts

_NAMED_BY = "sha256"


class Reader(Protocol):
    """Reads a layer's tar along with the pass, to derive something else from it. Must not raise."""

    def feed(self, chunk: bytes, /) -> None:
        """Take the next bytes of the tar."""
        ...

    def finish(self, facts: LayerFacts, /) -> None:
        """Called at the end of a valid layer, once its blob is verified. A reader of any other blob is dropped."""
        ...


Readers = Callable[[], Iterable[Reader]]


def no_readers() -> tuple[Reader, ...]:
    """For a pass that measures the layer and nothing else."""
    return ()


class Pass:
    """Reads one blob, layer or not.

    Parameters
    ----------
    algorithm
        That of the blob's digest.
    readers
        Makes further readers of the tar.
    diff_algorithm
        That of the diff id.
    """

    def __init__(
        self, algorithm: str = _NAMED_BY, readers: Readers = no_readers, diff_algorithm: str = _NAMED_BY
    ) -> None:
        self.size = 0
        """Bytes of the blob so far."""
        self.error: InvalidContent | None = None
        """Why the blob is no layer; None as long as it may be one."""
        self._blob = hashlib.new(algorithm, usedforsecurity=False)
        self._diff = hashlib.new(diff_algorithm, usedforsecurity=False)
        self._inflater = Inflater()
        self._sizes = Sizes()
        self._walk = Walk(self._sizes.add)
        self._readers = tuple(readers())
        self._tar_size = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the blob."""
        self.size += len(chunk)
        self._blob.update(chunk)
        if self.error is None:
            try:
                self._read(chunk)
            except InvalidContent as error:
                self._give_up(error)

    @property
    def digest(self) -> Digest:
        """The digest of the blob so far."""
        return Digest(self._blob.name, self._blob.hexdigest())

    def finish(self) -> LayerFacts | None:
        """What is known of the layer; None, and `error` says why, if the blob is none.

        Call it when the blob is verified: it finishes the further readers.
        """
        try:
            return self._facts()
        except InvalidContent as error:
            self._give_up(error)
            return None

    def _read(self, chunk: bytes) -> None:
        for data in self._inflater.feed(chunk):
            self._tar_size += len(data)
            if not self._is_named_once:
                self._diff.update(data)
            self._walk.feed(data)
            for reader in self._readers:
                reader.feed(data)

    def _facts(self) -> LayerFacts:
        if self.error:
            raise self.error
        self._inflater.finish()
        self._walk.finish()
        diff_id = self.digest if self._is_named_once else Digest(self._diff.name, self._diff.hexdigest())
        facts = LayerFacts(diff_id, self._sizes.size, self._tar_size, self._sizes.entries)
        for reader in self._readers:
            reader.finish(facts)
        return facts

    @property
    def _is_named_once(self) -> bool:
        """The diff id of a plain tar is the digest of its blob: one hash is enough."""
        return self._inflater.is_plain and self._diff.name == self._blob.name

    def _give_up(self, error: InvalidContent) -> None:
        self.error, self._readers = error, ()
