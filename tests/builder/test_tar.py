"""The bytes of a layer's tar: those that Python's tarfile writes with pax, for whatever an entry has."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbdock.builder.context import Context
from nbdock.builder.copying import Copying, How
from nbdock.builder.layer import Changes
from nbdock.builder.root import Root
from nbdock.builder.tar import header
from nbdock.builder.tree import Node
from nbdock.dockerfile.ignore import Ignore
from nbdock.task import Task

NAME = st.text(st.sampled_from("ab/é\udcff"), min_size=1, max_size=4).flatmap(
    lambda text: st.sampled_from(
        [text.strip("/") or "a", *(f"{(text * times).strip('/')}b" for times in (24, 25, 26, 70))]
    )
)
ID = st.sampled_from([0, 1000, 0o7777777, 0o10000000])
TYPES = {"file": b"0", "directory": b"5", "symlink": b"2", "fifo": b"6", "char": b"3", "block": b"4"}


@st.composite
def nodes(draw: st.DrawFn) -> Node:
    kind = draw(st.sampled_from(list(TYPES)))
    return Node(
        f"/{draw(NAME)}",
        kind,
        draw(st.integers(0, 0o7777)),
        draw(ID),
        draw(ID),
        draw(st.sampled_from([0, 1, 512, 0o77777777777, 0o100000000000])) if kind == "file" else 0,
        draw(st.sampled_from([None, 0, 1.0, 1.5, -1, 0o77777777777, 0o100000000000])),
        draw(NAME) if kind == "symlink" else "",
        device=draw(st.sampled_from([(0, 0), (1, 3)])) if kind in ("char", "block") else (0, 0),
        xattrs=draw(st.sampled_from([{}, {"security.capability": "\x01\udcff"}])),
    )


def of_tarfile(node: Node) -> bytes:
    made = tarfile.TarInfo(node.path[1:])
    made.type, made.linkname, made.size = TYPES[node.type], node.link, node.size
    made.mode, made.uid, made.gid = node.mode, node.uid, node.gid
    made.mtime = node.mtime or 0
    if made.mtime == int(made.mtime):
        made.mtime = int(made.mtime)
    made.devmajor, made.devminor = node.device
    made.pax_headers = {f"SCHILY.xattr.{name}": value for name, value in node.xattrs.items()}
    return made.tobuf(tarfile.PAX_FORMAT)


@given(nodes())
@example(Node(f"/{'a' * 99}", "directory"))
@example(Node(f"/{'a' * 100}", "directory"))
def test_headers_are_those_of_tarfile(node: Node) -> None:
    assert header(node, TYPES[node.type], node.link, node.size) == of_tarfile(node)


def test_a_tar_is_read_back(tmp_path: Path) -> None:
    for number in range(3):
        folder = tmp_path / f"d{number}" / "below"
        folder.mkdir(parents=True)
        for name in ("a", "b"):
            (folder / name).write_text(f"{number}{name}")
    with tarfile.open(fileobj=io.BytesIO(b"".join(changes(tmp_path).tar(Task())))) as tar:
        files = {each.name: tar.extractfile(each) for each in tar if each.isfile()}
        read = {name: file.read().decode() for name, file in files.items() if file}
    assert read == {f"x/d{number}/below/{name}": f"{number}{name}" for number in range(3) for name in "ab"}


@pytest.mark.parametrize("taken", [1, None])
def test_no_folder_stays_open(tmp_path: Path, taken: int | None) -> None:
    """When all was read, and when somebody stopped in the middle."""
    (tmp_path / "a").write_bytes(bytes(3 << 20))
    chunks = changes(tmp_path)
    before = os.listdir("/proc/self/fd")
    tar = chunks.tar(Task())
    assert [next(tar) for _ in range(taken)] if taken else list(tar)
    tar.close()  # type: ignore[attr-defined]
    assert os.listdir("/proc/self/fd") == before


def changes(folder: Path) -> Changes:
    made = Changes(Root(), 0)
    Copying(made, Context(folder, Ignore("")), "/x/", How()).copy(".")
    return made
