"""Columns are those that pyarrow makes, and are made without pandas."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbdock.contents.columns import column, numbers

KINDS = {
    pa.string(): st.text(st.characters(exclude_categories=["Cs"])),
    pa.binary(): st.binary(),
    pa.binary(32): st.binary(min_size=32, max_size=32),
    pa.int32(): st.integers(-(1 << 31), (1 << 31) - 1),
    pa.int64(): st.integers(-(1 << 63), (1 << 63) - 1),
    pa.dictionary(pa.int32(), pa.string()): st.sampled_from(["", "file", "directory", "\U0001f4a9"]),
}


@pytest.mark.parametrize("kind", KINDS, ids=str)
@given(data=st.data())
def test_a_column_is_what_pyarrow_makes_of_it(kind: pa.DataType, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | KINDS[kind], max_size=20))
    made = column(values, kind)
    made.validate(full=True)
    assert made.type == kind and made.to_pylist() == values


def test_numbers_and_times() -> None:
    micros, there = np.array([0, -1, 253_402_300_799_000_000]), np.array([True, False, True])
    made = numbers(micros, pa.timestamp("us", "UTC"), there)
    made.validate(full=True)
    assert made.cast(pa.int64()).to_pylist() == [0, None, 253_402_300_799_000_000]
    assert numbers(micros[:1], pa.int64()).null_count == 0


def test_the_tables_of_a_layer_are_made_without_pandas() -> None:
    script = """
import sys
from nbdock.contents.header import Entry
from nbdock.contents.files import FileTable
from nbdock.contents.ecosystems.table import PackageTable
from nbdock.contents.layer import walk
from nbdock.oci.digest import Digest
from nbdock.store.tables import with_diff_id
from tests.parts.layers import directory, file, layer
made = FileTable(), PackageTable()
assert walk([layer(file("etc/os-release", b"ID=debian"), directory("usr"))], *(each.visit for each in made)) is None
for each in made:
    with_diff_id(each.table(), Digest("sha256", "0" * 64))
print([each.table().num_rows for each in made], "pandas" in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ran.stdout.strip() == "[2, 1] False", ran.stderr
