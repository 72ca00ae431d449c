"""What an image shows at the end, to be found by path as a process in the image would find it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from nbdock.contents.columns import numbers
from nbdock.contents.links import follow
from nbdock.contents.tree import NONE, Fate, Merged
from nbdock.errors import NotFound

_COLUMNS = ["type", "size_bytes", "mode", "mtime", "link", "offset", "content"]


@dataclass(frozen=True, slots=True)
class File:
    """A file, folder, symlink or device that is visible, and where its bytes are.

    `layer` is the position of the layer that has the bytes, `row` their row in its table, `offset` their place in its
    tar: of a hard link those of its target. The offset is None if the tar has only the parts between the holes of a
    sparse file, or if the layer was not read and its table of contents leads to the bytes.
    """

    path: str
    type: str
    size: int = 0
    mode: int = 0o755
    modified: float | None = None
    link: str = ""
    layer: int = 0
    row: int = 0
    offset: int | None = 0


class Visible:
    """What is visible in an image, by path."""

    def __init__(self, merged: Merged) -> None:
        self._merged = merged
        self._rows: dict[str, int] = {}
        for layer, start in enumerate(merged.starts.tolist()):
            shown = np.flatnonzero(merged.fates(layer) == Fate.VISIBLE)
            paths = merged.places(layer).take(numbers(shown, pa.int64()))
            self._rows.update(zip(paths.to_pylist(), (shown + start).tolist(), strict=True))

    @property
    def rows(self) -> Mapping[str, int]:
        """The merged row of each path that is visible."""
        return self._rows

    def find(self, path: str) -> File:
        """The file or folder at a path; symlinks are followed inside the image. Raises NotFound, Refused."""
        clean = f"/{path.strip('/')}"
        real = clean if clean in self._rows and not self._target(clean) else follow(path, self._target)
        if real in self._rows:
            return self._file(real)
        if real == "/" or next(self._names(real), None):
            return File(real, "directory")
        through = f", which {path} leads to" if real != clean else ""
        raise NotFound(f"no such file in the image: {real}{through}", hint="`files IMAGE` lists what is there")

    def below(self, folder: str) -> Iterator[File]:
        """All that is in a folder, and in its folders."""
        return map(self._file, self._names(folder))

    def _names(self, folder: str) -> Iterator[str]:
        start = folder.rstrip("/") + "/"
        return (path for path in self._rows if path.startswith(start))

    def _target(self, path: str) -> str:
        """Where a symlink leads; "" if there is none."""
        row = self._rows.get(path, NONE)
        if row == NONE or (inode := int(self._merged.inode[row])) == NONE:
            return ""
        table, local = self._place(inode)
        return str(table["link"][local]) if table["type"][local].as_py() == "symlink" else ""

    def _file(self, path: str) -> File:
        row = self._rows[path]
        inode = int(self._merged.inode[row])
        if inode == NONE:
            return File(path, "broken hardlink", link=self._read(path, row).link)
        return replace(self._read(path, inode), path=path)

    def _read(self, path: str, row: int) -> File:
        return entry(self._merged, path, row)

    def _place(self, row: int) -> tuple[pa.Table, int]:
        return place(self._merged, row)


def entry(merged: Merged, path: str, row: int) -> File:
    """What a merged row says of the file at a path, whether it is visible or not."""
    layer, local = merged.located(row)
    table = merged.tables[layer]
    known = {name: table[name][local] for name in _COLUMNS}
    modified, kind = known["mtime"].cast("int64").as_py(), known["type"].as_py()
    is_sparse = kind == "file" and not known["content"].is_valid
    return File(
        path,
        kind,
        known["size_bytes"].as_py(),
        known["mode"].as_py(),
        None if modified is None else modified / 1_000_000,
        known["link"].as_py() or "",
        layer,
        local,
        None if is_sparse else known["offset"].as_py(),
    )


def place(merged: Merged, row: int) -> tuple[pa.Table, int]:
    """The table of a merged row, and its number in there."""
    layer, local = merged.located(row)
    return merged.tables[layer], local
