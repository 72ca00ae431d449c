"""Visitors of a layer that look into its files: for a text, or for their SHA-256."""

from __future__ import annotations

import hashlib
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nbdock.contents.columns import column
from nbdock.contents.header import Entry, Kind
from nbdock.contents.tar import Taker

SMALL = 1 << 20
"""The longest file that is searched for a text, in bytes."""


class Search:
    """Looks for a text in the small files among the `wanted` rows of a layer; `found` has a flag for each row."""

    def __init__(self, text: bytes, wanted: npt.NDArray[np.bool_]) -> None:
        self.found = np.zeros(len(wanted), np.bool_)
        self._text, self._wanted = text, wanted
        self._row = -1

    def visit(self, entry: Entry) -> Taker | None:
        self._row += 1
        is_small = entry.kind is Kind.FILE and entry.size <= SMALL
        return partial(self._take, self._row, bytearray()) if is_small and self._wanted[self._row] else None

    def _take(self, row: int, tail: bytearray, chunk: memoryview) -> None:
        """`tail` has the end of what came before, where the text may begin."""
        tail += chunk
        self.found[row] |= self._text in tail
        del tail[: max(0, len(tail) - len(self._text) + 1)]


class Hashes:
    """Makes a table with the SHA-256 of each file of a layer, row for row as in its file table."""

    def __init__(self) -> None:
        self._digests: list[bytes | None] = []
        self._open: hashlib._Hash | None = None

    def visit(self, entry: Entry) -> Taker | None:
        self._close()
        self._digests.append(None)
        if entry.kind is not Kind.FILE or entry.is_sparse:
            return None
        self._open = hashlib.sha256()
        return self._open.update

    def table(self) -> pa.Table:
        """The rows so far."""
        self._close()
        return pa.Table.from_arrays([column(self._digests, pa.binary(32))], ["sha256"])

    def _close(self) -> None:
        if self._open:
            self._digests[-1], self._open = self._open.digest(), None
