"""The root file system of an image or of a stage so far, as a tree: what its layers' tables show at the end."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from nbdock.builder.spooled import Spooled
from nbdock.builder.tree import Node, Open, below
from nbdock.contents.columns import column
from nbdock.contents.paths import parent, with_folders
from nbdock.contents.tree import NONE
from nbdock.contents.visible import entry
from nbdock.dock.inside.reading import reader
from nbdock.errors import NotFound

if TYPE_CHECKING:
    from nbdock.contents.visible import File
    from nbdock.dock.inside.contents import Contents
    from nbdock.task import Task

_COLUMNS = ["type", "size_bytes", "mode", "uid", "gid", "mtime", "link", "device", "xattrs", "raw_name"]
_BATCH = 4096


class Root:
    """What an image shows; nothing if there are no contents. `add` puts the entries of a further layer on top."""

    def __init__(self, contents: Contents | None = None) -> None:
        self._contents = contents
        self._rows: Mapping[str, int] = contents.visible.rows if contents else {}
        self._own: dict[str, Node] = {}

    def add(self, nodes: Iterable[Node]) -> None:
        """Put nodes on top, to be found, not to be read: a layer that is made now has them."""
        self._own.update((node.path, node) for node in nodes)

    def find(self, path: str) -> Node | None:
        """What is at a path."""
        if path in self._own:
            return self._own[path]
        if path in self._rows:
            return next(self._nodes([path]))
        return Node(path, "directory") if path == "/" or path in self._folders else None

    def names(self, folder: str) -> Iterable[str]:
        """The names in a folder."""
        return self._below.get(folder, ())

    def walk(self, folder: str) -> Iterator[Node]:
        """All that is in a folder, and in its folders."""
        return self._nodes(list(below(folder, self.names)))

    @contextmanager
    def reading(self, nodes: Sequence[Node], task: Task) -> Iterator[Open]:
        """Opens files, which are held in a temporary file: layers are read in their own order."""
        held = Spooled()
        for layer, rows in self._files(nodes).items():
            self._hold(held, layer, rows, task)
        with held.reading(nodes, task) as opened:
            yield opened

    def missing(self, _path: str) -> tuple[str, str]:
        """Nothing is known but where it was looked for."""
        return "", "paths are those of the stage or image that --from names"

    def _hold(self, held: Spooled, layer: int, files: Mapping[int, File], task: Task) -> None:
        read = reader(self._inside, layer, set(files), task)
        for row in sorted(files):
            held.begin((layer, row))
            for piece in read(files[row]):
                held.append(piece)

    def _files(self, nodes: Sequence[Node]) -> Mapping[int, Mapping[int, File]]:
        """The files to read of each layer, by their rows."""
        found: dict[int, dict[int, File]] = defaultdict(dict)
        merged = self._inside.merged
        for node in nodes:
            file = entry(merged, node.path, merged.row(*cast("tuple[int, int]", node.inode)))
            found[file.layer][file.row] = file
        return found

    @property
    def _inside(self) -> Contents:
        if self._contents is None:
            raise NotFound("the stage is empty", hint="it begins with scratch, and has no layer yet")
        return self._contents

    @cached_property
    def _below(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for path in {*self._rows, *self._folders} - {"/"}:
            folder, name = posixpath.split(path)
            found[folder].append(name)
        return found

    @cached_property
    def _folders(self) -> set[str]:
        """The folders, with those that have no entry of their own."""
        return with_folders(set(map(parent, self._rows)))

    def _nodes(self, paths: Sequence[str]) -> Iterator[Node]:
        """The nodes at paths, their rows read many at once."""
        for start in range(0, len(paths), _BATCH):
            batch = paths[start : start + _BATCH]
            known = self._read([path for path in batch if path in self._rows])
            yield from (known.get(path) or Node(path, "directory") for path in batch)

    def _read(self, paths: Sequence[str]) -> dict[str, Node]:
        merged, places = self._inside.merged, defaultdict[int, list[tuple[str, int]]](list)
        for path in paths:
            inode = int(merged.inode[self._rows[path]])
            if inode != NONE:
                layer, row = merged.located(inode)
                places[layer].append((path, row))
        return {
            path: _node(path, (layer, row), values)
            for layer, found in places.items()
            for (path, row), values in zip(found, _values(merged.tables[layer], found), strict=True)
        }


def _values(table: pa.Table, found: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    """The rows of a table, with times in microseconds: times of Python would import pandas."""
    wanted = table.select(_COLUMNS).take(column([row for _, row in found], pa.int64()))
    times = wanted["mtime"].cast(pa.int64())
    rows: list[dict[str, Any]] = wanted.set_column(_COLUMNS.index("mtime"), "mtime", times).to_pylist()
    return rows


def _node(path: str, inode: tuple[int, int], values: Mapping[str, Any]) -> Node:
    kind, mtime, device, raw = (values[name] for name in ("type", "mtime", "device", "raw_name"))
    return Node(
        posixpath.normpath(f"/{raw.decode(errors='surrogateescape').lstrip('/')}") if raw else path,
        kind,
        values["mode"],
        values["uid"],
        values["gid"],
        values["size_bytes"] if kind == "file" else 0,
        None if mtime is None else mtime / 1_000_000,
        values["link"] or "" if kind == "symlink" else "",
        inode,
        _device(device or "0:0"),
        _xattrs(values["xattrs"] or ""),
    )


def _device(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(":")
    return int(major), int(minor)


def _xattrs(text: str) -> dict[str, str]:
    """What a file table says of extended attributes: a line `name=0x…` each."""
    pairs = (line.rpartition("=0x") for line in text.splitlines())
    return {name: bytes.fromhex(value).decode(errors="surrogateescape") for name, _, value in pairs}
