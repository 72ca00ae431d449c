"""Lists of files: the entries of layers, where they are, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nbdock.contents.files import SCHEMA
from nbdock.contents.glob import Glob, any_of
from nbdock.contents.listed import is_listed
from nbdock.contents.tree import Fate, Merged
from nbdock.dock.steps import Step, made
from nbdock.errors import UsageError

if TYPE_CHECKING:
    from nbdock.dock.inside.contents import Contents
    from nbdock.places import Image


@dataclass(frozen=True, slots=True)
class Origin:
    """A layer of an image; `is_verified` unless it was not read, and its rows are what its table of contents says."""

    image: Image
    position: int
    is_verified: bool = True

    @property
    def step(self) -> Step:
        """The step that made it."""
        return made(self.image)[self.position]


Part = tuple[Origin, pa.Table, npt.NDArray[np.int8]]
"""Rows of one layer, and their fates."""
COLUMNS = [name for name in SCHEMA.names if name not in ("offset", "raw_name", "device", "xattrs")]
"""What is listed of the file tables."""
_EMPTY = SCHEMA.empty_table().select(COLUMNS).append_column("real_path", pa.array([], pa.string()))


@dataclass(frozen=True, slots=True)
class Entries:
    """Rows of file tables with their `real_path`; for each the Fate, and which of the `origins` it is from."""

    table: pa.Table
    fates: npt.NDArray[np.int8]
    origins: tuple[Origin, ...]
    origin: npt.NDArray[np.int64]

    @classmethod
    def of(cls, parts: Sequence[Part]) -> Entries:
        """The rows of several layers, one after the other."""
        return cls(
            pa.concat_tables([table for _, table, _ in parts] or [_EMPTY]),
            np.concatenate([*(fates for _, _, fates in parts), np.array([], np.int8)]),
            tuple(origin for origin, _, _ in parts),
            np.repeat(np.arange(len(parts)), [table.num_rows for _, table, _ in parts]),
        )

    def by_path(self) -> Entries:
        """The same in the order of their paths; of one path the lower layer first."""
        order = np.argsort(self.table["path"].to_numpy().astype(object), kind="stable")
        return Entries(self.table.take(order), self.fates[order], self.origins, self.origin[order])


def files(contents: Contents, globs: Sequence[Glob] = ()) -> Entries:
    """What an image shows at the end. Raises UsageError."""
    return _some(contents, globs, range(len(contents.tables)), every=False).by_path()


def entries(contents: Contents, globs: Sequence[Glob] = (), layer: int | None = None) -> Entries:
    """Every entry of every layer, or of one, in the order of the tar. Raises UsageError."""
    count = len(contents.tables)
    if layer is not None and not 0 <= layer < count:
        raise UsageError(
            f"the image has no layer {layer}", hint=f"it has {count}; 0 is the lowest: `layers` lists them"
        )
    return _some(contents, globs, range(count) if layer is None else [layer], every=True)


def _some(contents: Contents, globs: Sequence[Glob], positions: Sequence[int], every: bool) -> Entries:
    parts = []
    for position in positions:
        fates = contents.merged.fates(position)
        wanted = _matching(contents.merged, position, globs) & (every | (fates == Fate.VISIBLE))
        parts.append(part(contents.image, contents.merged, position, wanted))
    return Entries.of(parts)


def part(image: Image, merged: Merged, position: int, wanted: npt.NDArray[np.bool_]) -> Part:
    """The rows of a layer that are wanted."""
    table = merged.tables[position].select(COLUMNS).append_column("real_path", merged.real_paths(position))
    origin = Origin(image, position, not is_listed(table))
    return origin, table.filter(pa.array(wanted)), merged.fates(position)[wanted]


def _matching(merged: Merged, position: int, globs: Sequence[Glob]) -> npt.NDArray[np.bool_]:
    """The rows whose paths match a pattern, as they are written or as they are in the image."""
    written, real = merged.tables[position]["path"], merged.real_paths(position)
    found: npt.NDArray[np.bool_] = any_of(globs, written).to_numpy()
    return found | any_of(globs, merged.places(position)).to_numpy() if real.null_count < len(real) else found
