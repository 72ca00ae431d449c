"""Content that is held until it is complete: in memory, or in a temporary file if it is long."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, TypeAlias

Data: TypeAlias = bytes | mmap.mmap
"""Bytes in memory or in a file: both are sliced and searched alike."""

_MEMORY = 1 << 25


class Spool:
    """Takes content in chunks. Raises OSError if the temporary file cannot be written."""

    def __init__(self) -> None:
        self.size = 0
        self._memory = BytesIO()
        self._file: IO[bytes] | None = None

    def write(self, chunk: bytes | memoryview) -> None:
        """Take the next chunk."""
        self.size += len(chunk)
        if self._file is None and self.size > _MEMORY:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (closed by `data`)
            self._file.write(self._memory.getbuffer())
        (self._file or self._memory).write(chunk)

    @contextmanager
    def data(self) -> Iterator[Data]:
        """All of the content; it is gone afterwards."""
        if self._file is None:
            yield self._memory.getvalue()  # no copy
        else:
            with self._file as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield data
