"""Histories that do not fit the layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import nbdock
from nbdock.store import Store
from tests.parts.layers import file
from tests.places import Shelf, pull_from

RUN, ENV = {"created_by": "RUN"}, {"created_by": "ENV", "empty_layer": True}


def history(home: Path, *rows: Any) -> list[tuple[object, ...]]:
    """Instruction, whether it made no layer, whether its layer is there, and its size; of an image of one layer."""
    shelf = Shelf()
    pull_from(shelf, shelf.image(shelf.layer(file("a", b"12345")), history=list(rows)), Store(home / "store"), "odd:1")
    frame = nbdock.history("odd:1")
    made = frame[["created_by", "empty_layer", "layer", "size_bytes"]].astype(object)
    cells = made.where(made.notna(), None).itertuples(index=False)
    return [(by, empty, layer is not None, size) for by, empty, layer, size in cells]


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([RUN, RUN, ENV], [("ENV", True, False, 0), ("RUN", False, False, None), ("RUN", False, True, 5)]),
        ([ENV], [(None, False, True, 5), ("ENV", True, False, 0)]),
        ([], [(None, False, True, 5)]),
        ([1, {"created_by": 2}], [(None, False, False, None), (None, False, True, 5)]),
    ],
)
def test_a_history_that_does_not_fit_is_rows_with_na(
    rows: list[Any], shown: list[tuple[object, ...]], home: Path
) -> None:
    assert history(home, *rows) == shown
    sizes = nbdock.history("odd:1", format="{{.Size}}").split()
    assert [size == "N/A" for size in sizes] == [row[-1] is None for row in shown]
