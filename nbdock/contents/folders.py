"""Where an image's bytes are: which layer wrote how much into which folder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nbdock.contents.wasted import Waste


@dataclass(frozen=True, slots=True)
class Share:
    """The bytes that a layer, by its place from the lowest on, wrote below a folder, and those of them in vain."""

    layer: int
    folder: str
    size: int
    wasted: int


def shares(waste: Waste, depth: int) -> list[Share]:
    """The image's bytes by layer and folder, the largest first. Folders below `depth` count for that above them."""
    tables = waste.merged.tables
    if not tables:
        return []
    paths = pa.concat_tables([table.select(["path"]) for table in tables])["path"]
    folders = pc.extract_regex(paths, rf"^(?P<folder>(?:/[^/]+){{0,{depth}}})/[^/]*")
    columns = {
        "layer": np.repeat(np.arange(len(tables)), [table.num_rows for table in tables]),
        "folder": pc.struct_field(folders, "folder"),
        "size": waste.sizes,
        "wasted": np.where(waste.is_used, 0, waste.sizes),
    }
    sums = [("size", "sum"), ("wasted", "sum")]
    grouped = (
        pa.table(columns)
        .group_by(["layer", "folder"])
        .aggregate(sums)
        .select(["layer", "folder", "size_sum", "wasted_sum"])
    )
    found = (
        Share(layer, folder or "/", *sizes) for layer, folder, *sizes in zip(*grouped.to_pydict().values(), strict=True)
    )
    return sorted((share for share in found if share.size), key=lambda share: (-share.size, share.layer, share.folder))
