"""Random stacks of layers: every kind of entry and whiteout, over few names, so that they meet."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass

import pyarrow as pa
from hypothesis import strategies as st

from nbdock.contents.files import FileTable
from nbdock.contents.tar import Walk
from tests.parts.layers import BUILT

NAMES = ("a", "b", "ab", "a b", "-", "ä")


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a layer's tar; a hard link's `link` is the path of a file."""

    path: str
    kind: bytes = tarfile.REGTYPE
    content: bytes = b""
    link: str = ""
    mode: int = 0o755


Layer = tuple[Item, ...]

names = st.sampled_from(NAMES)
folders = st.lists(names, max_size=2).map(lambda parts: "".join(f"{part}/" for part in parts))
paths = st.builds(str.__add__, folders, names)
files = st.builds(Item, paths, content=st.binary(max_size=40), mode=st.sampled_from([0o644, 0o755]))
directories = st.builds(Item, paths, st.just(tarfile.DIRTYPE))
symlinks = st.builds(Item, paths, st.just(tarfile.SYMTYPE), link=st.sampled_from(["nowhere", "../x", "/y"]))
whiteouts = st.builds(lambda folder, name: Item(f"{folder}.wh.{name}"), folders, names)
opaques = folders.map(lambda folder: Item(f"{folder}.wh..wh..opq"))
hard_links = st.builds(Item, paths, st.just(tarfile.LNKTYPE), link=paths)
entries = st.one_of(files, files, directories, symlinks, whiteouts, opaques)

TARGETS = ("a", "b", "a/b", "..", "../a", "../../../b", "/", "/ab", "./-/../b", "nowhere", "a b/nowhere")
ways = st.builds(Item, paths, st.just(tarfile.SYMTYPE), link=st.sampled_from(TARGETS))
linked = st.one_of(files, files, directories, ways, whiteouts, opaques, hard_links)


def stacks(entry: st.SearchStrategy[Item] = entries) -> st.SearchStrategy[list[Layer]]:
    """One to four layers of up to eight entries. `linked` has hard links too, and symlinks that others pass."""
    return st.lists(st.lists(entry, max_size=8).map(tuple), min_size=1, max_size=4)


def tar(layer: Layer) -> bytes:
    """The layer as an uncompressed tar."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for item in layer:
            info = tarfile.TarInfo(item.path)
            info.type, info.mode, info.mtime, info.linkname = item.kind, item.mode, BUILT, item.link
            info.size = len(item.content)
            archive.addfile(info, io.BytesIO(item.content))
    return stream.getvalue()


def table(layer: Layer) -> pa.Table:
    """The layer's file table."""
    files = FileTable()
    walk = Walk(files.visit)
    walk.feed(tar(layer))
    walk.finish()
    return files.table()
