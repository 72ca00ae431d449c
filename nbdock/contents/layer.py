"""The pass: the one reading of a blob as it streams into a store. It is inflated, hashed and measured as it goes by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Protocol

from nbdock.contents.header import Entry
from nbdock.contents.tar import Sizes, Taker, Visitor, Walk
from nbdock.errors import InvalidContent
from nbdock.oci.digest import Digest
from nbdock.places import LayerFacts


class Reader(Protocol):
    """Sees the entries of a layer along with the pass, to derive something else from them. Must not raise."""

    def visit(self, entry: Entry, /) -> Taker | None:
        """See the next entry of the tar; returns what takes its content, None to skip it."""
        ...

    def finish(self, facts: LayerFacts, /) -> None:
        """Called at the end of a valid layer, once its blob is verified. A reader of any other blob is dropped."""
        ...


Readers = Callable[[], Iterable[Reader]]


def no_readers() -> tuple[Reader, ...]:
    """For a pass that measures the layer and nothing else."""
    return ()


def walk(chunks: Iterable[bytes], *visitors: Visitor) -> InvalidContent | None:
    """Show the entries of a layer that was verified before; nothing is hashed.

    Returns None, or where and why the layer breaks: the entries before that were shown.
    """
    from nbdock.contents.inflate import Inflater

    inflater, entries, size = Inflater(), Walk(*visitors), 0
    try:
        for chunk in chunks:
            for data in inflater.feed(chunk):
                entries.feed(data)
                size += len(data)
        inflater.finish()
        entries.finish()
    except InvalidContent as error:
        return InvalidContent(f"the layer breaks off at byte {size} of its tar: {error}")
    return None


class Pass:
    """Reads one blob, layer or not, while somebody else verifies it.

    Parameters
    ----------
    readers
        Makes further readers of the tar's entries.
    verified_by
        The algorithm of the blob's digest.
    algorithm
        The algorithm of the diff id.
    """

    def __init__(self, readers: Readers = no_readers, verified_by: str = "sha256", algorithm: str = "sha256") -> None:
        self.error: InvalidContent | None = None
        """Why the blob is no layer; None as long as it may be one."""
        from nbdock.contents.inflate import Inflater  # isal and zstd, which few commands need

        self._inflater = Inflater()
        self._hash = hashlib.new(algorithm, usedforsecurity=False)
        self._sizes = Sizes()
        self._readers = tuple(readers())
        self._walk = Walk(self._sizes.add, *(reader.visit for reader in self._readers))
        self._tar_size = 0
        self._is_same_algorithm = algorithm == verified_by

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the blob."""
        if self.error is None:
            try:
                for data in self._inflater.feed(chunk):
                    self._read(data)
            except InvalidContent as error:
                self._give_up(error)

    def finish(self, digest: Digest) -> LayerFacts | None:
        """End the blob, which was verified to have this digest.

        Returns what is known of the layer; None, and `error` says why, if the blob is none.
        """
        try:
            return self._finished(digest)
        except InvalidContent as error:
            self._give_up(error)
            return None

    def _read(self, data: bytes) -> None:
        self._tar_size += len(data)
        if not self._is_named_by_blob:
            self._hash.update(data)
        self._walk.feed(data)

    def _finished(self, digest: Digest) -> LayerFacts:
        if self.error:
            raise self.error
        self._inflater.finish()
        self._walk.finish()
        diff_id = digest if self._is_named_by_blob else Digest(self._hash.name, self._hash.hexdigest())
        facts = LayerFacts(diff_id, self._sizes.size, self._tar_size, self._sizes.entries)
        for reader in self._readers:
            reader.finish(facts)
        return facts

    @property
    def _is_named_by_blob(self) -> bool:
        """The diff id of a plain tar is the digest of its blob: one hash is enough."""
        return self._is_same_algorithm and self._inflater.is_plain

    def _give_up(self, error: InvalidContent) -> None:
        self.error, self._readers = error, ()
