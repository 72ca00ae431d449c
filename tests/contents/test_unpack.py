"""The merged file system, held to what umoci unpacks."""

from __future__ import annotations

import gzip
import os
import tarfile
from pathlib import Path

import pytest

from nbdock.contents.tree import Fate, merge
from tests.parts.layout import Layout, Step
from tests.parts.programs import umoci
from tests.parts.stacks import Item, Layer, table, tar

FOLDERS = tuple(Item(path, tarfile.DIRTYPE) for path in ("a", "a/b", "c", "d"))
LINKS = {"to-a": "a", "absolute": "/a/b", "climbing": "../../../a", "chained": "to-a", "deep": "d/../a/b/../b"}
LOWER: Layer = (
    *FOLDERS,
    *(Item(path, tarfile.SYMTYPE, link=target) for path, target in LINKS.items()),
    *(Item("a/1", content=b"1"), Item("a/b/2"), Item("c/3"), Item("d/4"), Item("5")),
)
UPPER: dict[str, Layer] = {
    "nothing": (),
    "a file is deleted": (Item("a/.wh.1"),),
    "a folder is deleted": (Item(".wh.a"),),
    "a folder is deleted and comes back": (Item(".wh.a"), Item("a", tarfile.DIRTYPE), Item("a/new")),
    "a folder is opaque": (Item("a", tarfile.DIRTYPE), Item("a/.wh..wh..opq"), Item("a/new")),
    "a file replaces a folder": (Item("a", content=b"x"),),
    "a symlink replaces a folder": (Item("a", tarfile.SYMTYPE, link="c"),),
    "a folder replaces a file": (Item("5", tarfile.DIRTYPE), Item("5/new")),
    "a hard link to a lower layer": (Item("6", tarfile.LNKTYPE, link="a/1"), Item("a/.wh.1")),
    "the same path twice": (Item("5", content=b"x"), Item("5", content=b"y")),
    **{f"below a symlink: {link}": (Item(f"{link}/1", content=b"x"), Item(f"{link}/new")) for link in LINKS},
    "a folder below a symlink": (Item("to-a/b", tarfile.DIRTYPE), Item("to-a/b/new")),
    "a folder replaces a symlink": (Item("to-a", tarfile.DIRTYPE), Item("to-a/new")),
    "a file below a symlink is deleted": (Item("to-a/.wh.1"),),
    "an opaque folder behind a symlink": (Item("absolute/.wh..wh..opq"), Item("absolute/new")),
    "a symlink is deleted, and a folder comes": (Item(".wh.to-a"), Item("to-a", tarfile.DIRTYPE), Item("to-a/new")),
    "a symlink of the same layer": (Item("e", tarfile.SYMTYPE, link="a"), Item("e/new")),
    "a symlink takes the place of a folder": (Item("c", tarfile.SYMTYPE, link="a"), Item("c/new")),
    "a symlink is replaced by another": (Item("to-a", tarfile.SYMTYPE, link="c"), Item("to-a/new")),
    "a hard link through a symlink": (Item("6", tarfile.LNKTYPE, link="to-a/1"), Item("to-a/.wh.1")),
}


@pytest.mark.parametrize("upper", UPPER)
def test_umoci_unpacks_what_is_visible(tmp_path: Path, upper: str) -> None:
    layers = [LOWER, UPPER[upper]]
    layout = Layout(tmp_path / "layout")
    steps = [Step("2024-11-07T17:20:00Z", "COPY", gzip.compress(tar(layer))) for layer in layers]
    layout.write({"x": layout.image(steps)})
    umoci("unpack", "--rootless", "--image", f"{layout.folder}:x", tmp_path / "bundle")
    root = tmp_path / "bundle" / "rootfs"
    found = {
        f"/{Path(folder, name).relative_to(root)}"
        for folder, *names in os.walk(root)
        for each in names
        for name in each
    }
    merged = merge([table(layer) for layer in layers])
    paths = [path for position in range(len(layers)) for path in merged.places(position).to_pylist()]
    assert {path for path, fate in zip(paths, merged.fate, strict=True) if fate == Fate.VISIBLE} == found
