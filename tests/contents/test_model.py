"""The merged file system, held to a model that was written from the spec's text."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from hypothesis import given, settings

from nbdock.contents.tree import NONE, Fate, merge
from nbdock.contents.wasted import Waste
from tests.contents import model
from tests.parts import stacks


def expected(layers: list[stacks.Layer]) -> dict[str, tuple[bytes, int, frozenset[str]]]:
    """What the model has at each path: the content, the size, and all names of the inode."""
    found = model.paths(model.apply(layers))
    names = _names({path: id(inode) for path, inode in found.items()})
    return {path: (inode.item.content, inode.size, names[path]) for path, inode in found.items() if inode.item}


def _names(inodes: Mapping[str, Hashable]) -> dict[str, frozenset[str]]:
    return {path: frozenset(other for other, each in inodes.items() if each == inode) for path, inode in inodes.items()}


def merged(layers: list[stacks.Layer]) -> dict[str, tuple[bytes, int, frozenset[str]]]:
    result = merge([stacks.table(layer) for layer in layers])
    items = [item for layer in layers for item in layer]
    rows = [path for layer in range(len(layers)) for path in result.places(layer).to_pylist()]
    sizes = [size for table in result.tables for size in table["size_bytes"].to_pylist()]
    inodes = {
        path: inode if inode != NONE else row
        for row, (path, inode) in enumerate(zip(rows, result.inode.tolist(), strict=True))
        if result.fate[row] == Fate.VISIBLE
    }
    names = _names(inodes)
    return {path: (items[row].content, sizes[row], names[path]) for path, row in inodes.items()}


@settings(max_examples=200, derandomize=True, deadline=None)
@given(layers=stacks.stacks(stacks.linked))
def test_random_stacks_merge_as_the_spec_says(layers: list[stacks.Layer]) -> None:
    assert merged(layers) == expected(layers)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(layers=stacks.stacks(stacks.linked))
def test_the_bytes_that_are_not_wasted_are_those_of_the_model(layers: list[stacks.Layer]) -> None:
    visible = {id(inode): inode.size for inode in model.paths(model.apply(layers)).values()}
    waste = Waste(merge([stacks.table(layer) for layer in layers]))
    assert waste.written - waste.wasted == sum(visible.values())
