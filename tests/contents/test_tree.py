"""Layers on top of one another: what is visible at the end, and what became of the rest."""

from __future__ import annotations

import io
import tarfile
import tracemalloc
from collections.abc import Iterable

import pyarrow as pa
import pytest

from nbdock.contents.files import FileTable
from nbdock.contents.tar import Walk
from nbdock.contents.tree import Fate, merge
from nbdock.contents.wasted import Waste
from nbdock.errors import InvalidContent

Item = tuple[str, int | str]


def table(*items: Item) -> pa.Table:
    """A layer: a path that ends in "/" is a folder, text a symlink's target or after "=" a hard link's, else bytes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in items:
            info = tarfile.TarInfo(name.rstrip("/"))
            if name.endswith("/"):
                info.type = tarfile.DIRTYPE
            elif isinstance(content, str):
                info.type = tarfile.LNKTYPE if content.startswith("=") else tarfile.SYMTYPE
                info.linkname = content.removeprefix("=")
            else:
                info.size = content
            tar.addfile(info, io.BytesIO(bytes(info.size)))
    files = FileTable()
    walk = Walk(files.visit)
    walk.feed(stream.getvalue())
    walk.finish()
    return files.table()


def fates(*layers: Iterable[Item]) -> list[tuple[str, str]]:
    tables = [table(*layer) for layer in layers]
    merged = merge(tables)
    paths = [path for each in tables for path in each["path"].to_pylist()]
    return [(path, Fate(fate).name.lower()) for path, fate in zip(paths, merged.fate.tolist(), strict=True)]


def visible(*layers: Iterable[Item]) -> list[str]:
    return sorted(path for path, fate in fates(*layers) if fate == "visible")


def test_a_whiteout_hides_what_lower_layers_have_and_not_what_its_own_layer_brings() -> None:
    lower = [("a/", 0), ("a/b", 1), ("a/c", 1)]
    for upper in ([("a/.wh.b", 0), ("a/b", 2)], [("a/b", 2), ("a/.wh.b", 0)]):
        assert visible(lower, upper) == ["/a", "/a/b", "/a/c"]
    assert visible(lower, [(".wh.a", 0), ("a/d", 1)]) == ["/a/d"]
    assert visible(lower, [("a/.wh..wh..opq", 0), ("a/d", 1)]) == ["/a", "/a/d"]


def test_names_that_are_reserved_hide_nothing() -> None:
    assert visible([("a/", 0), ("a/b", 1)], [("a/.wh..wh.plnk", 0), (".wh.", 0), ("a/.wh..", 0)]) == ["/a", "/a/b"]


@pytest.mark.parametrize("upper", [("a", 1), ("a", "elsewhere")])
def test_what_is_no_folder_replaces_all_below(upper: Item) -> None:
    found = fates([("a/", 0), ("a/b/", 0), ("a/b/c", 1)], [upper])
    assert found == [("/a", "overwritten"), ("/a/b", "hidden"), ("/a/b/c", "hidden"), ("/a", "visible")]


def test_a_folder_that_comes_back_is_empty() -> None:
    assert visible([("a/b/c", 1)], [(".wh.a", 0)], [("a/b/d", 1)], [("a/.wh.b", 0)], [("a/b/e", 1)]) == ["/a/b/e"]


@pytest.mark.parametrize(
    ("layers", "written", "wasted"),
    [
        ([[("a", 2000), ("b", 3000)], [("a", 5000)]], 10_000, 2000),
        ([[("a", 10_000), ("b", 1000)], [(".wh.a", 0)]], 11_000, 10_000),
        ([[("f/", 0), ("f/a", 12_000), ("b", 1000)], [(".wh.f", 0)]], 13_000, 12_000),
        ([[("f/", 0), ("f/a", 6000)], [("f/.wh..wh..opq", 0), ("f/b", 3000)]], 9000, 6000),
        ([[("a", 3000), ("b", "=a"), ("c", "=a")], [(".wh.a", 0), ("d", 6000)]], 9000, 0),
        ([[("a", 3000), ("b", "=a")], [(".wh.a", 0)], [(".wh.b", 0)]], 3000, 3000),
        ([[("a", 3000)], [("b", "=a")], [(".wh.a", 0)]], 3000, 0),
        ([[("a", 1000), ("a", 3000)]], 4000, 1000),
        ([[("a", "12345")], [(".wh.a", 0)]], 5, 5),
        ([[]], 0, 0),
    ],
)
def test_bytes_are_wasted_once_no_name_shows_them(layers: list[list[Item]], written: int, wasted: int) -> None:
    waste = Waste(merge([table(*layer) for layer in layers]))
    assert (waste.written, waste.wasted) == (written, wasted)


def test_waste_says_what_ended_it_and_how() -> None:
    waste = Waste(merge([table(("a", 1), ("b", 2), ("f/c", 3)), table(("a", 1), (".wh.b", 0), ("f", 4))]))
    assert list(zip(waste.rows.tolist(), waste.ended_by.tolist(), waste.how, strict=True)) == [
        (0, 3, "same again"),
        (1, 4, "deleted"),
        (2, 5, "hidden"),
    ]


@pytest.mark.parametrize("names", [["/x" * 400_000], [f"/{number}{'/x' * 2000}" for number in range(100)]])
def test_folders_in_folders_are_bounded(names: list[str]) -> None:
    deep = table(*((name, 0) for name in names))
    tracemalloc.start()
    with pytest.raises(InvalidContent, match="too long"):
        merge([deep])
    assert tracemalloc.get_traced_memory()[1] < 1_000_000_000
    tracemalloc.stop()
