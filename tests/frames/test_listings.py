"""Columns of files, made all at once."""

from __future__ import annotations

import pyarrow as pa
import pytest

from nbdock.frames.listings import _hexadecimal

DIGESTS = [bytes([number]) * 32 if number != 2 else None for number in range(5)]
WHOLE = pa.chunked_array([DIGESTS[:1], DIGESTS[1:]], pa.binary(32))


@pytest.mark.parametrize("digests", [WHOLE, WHOLE.slice(1, 3), WHOLE.slice(3), WHOLE.slice(5)])
def test_digests_of_a_part_of_a_table_are_those_of_its_rows(digests: pa.ChunkedArray) -> None:
    assert _hexadecimal(digests).to_pylist() == [value and value.hex() for value in digests.to_pylist()]
