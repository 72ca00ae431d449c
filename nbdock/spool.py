"""Content that is held until it is complete: in memory, or in a temporary file if it is long."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TypeAlias

Data: TypeAlias = bytes | mmap.mmap
"""Bytes in memory or in a file: both are sliced and searched alike."""

_MEMORY = 1 << 24


class Spool:
    """Takes content in chunks. Raises OSError if the temporary file cannot be written."""

    def __init__(self) -> None:
        self.size = 0
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(_MEMORY)  # noqa: SIM115 (closed by `data`)

    def write(self, chunk: bytes | memoryview) -> None:
        """Take the next chunk."""
        self.size += len(chunk)
        self._file.write(chunk)

    @contextmanager
    def data(self) -> Iterator[Data]:
        """All of the content; it is gone afterwards."""
        with self._file as file:
            file.seek(0)
            if self.size <= _MEMORY:
                yield file.read()
            else:
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    yield data
