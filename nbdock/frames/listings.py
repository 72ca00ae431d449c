"""Rows of frames of files, column by column: there may be a million."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nbdock.contents.tree import Fate
from nbdock.frames.instruction import instruction
from nbdock.frames.schema import Columns

if TYPE_CHECKING:
    from nbdock.dock.inside.listing import Entries, Origin
    from nbdock.places import Image

_FATES = [fate.name.lower() for fate in Fate]
_TEXT, _NUMBERS = ("path", "type", "link", "hides", "real_path"), ("size_bytes", "mode", "uid", "gid")
_DIGEST = 32
_ORIGIN = ("layer", "instruction", "created_by", "image_id", "reference")


def file_rows(entries: Entries, references: Mapping[Image, str | None]) -> Columns:
    """A row for each entry. `references` are the names of its images."""
    table = entries.table
    columns: dict[str, Any] = {name: table[name].cast(pa.string()) for name in _TEXT}
    columns |= {name: table[name].to_numpy() for name in _NUMBERS}
    columns["mtime"] = table["mtime"].to_numpy()
    columns["content"] = _hexadecimal(table["content"])
    positions = pa.array((origin.position for origin in entries.origins), pa.int64())
    columns["position"] = positions.take(pa.array(entries.origin))
    columns["verified"] = np.array([origin.is_verified for origin in entries.origins], np.bool_)[entries.origin]
    columns["fate"] = _spread(entries.fates, _FATES)
    known = [_origin_row(origin, references[origin.image]) for origin in entries.origins]
    columns |= {name: _spread(entries.origin, [row[name] for row in known]) for name in _ORIGIN}
    return Columns(columns, table.num_rows)


def _spread(numbers: Any, values: Sequence[Any]) -> pa.Array:
    """The value of each number, without a Python object for each row."""
    return pa.array(values, pa.string()).take(pa.array(numbers))


def _hexadecimal(digests: pa.ChunkedArray) -> pa.Array:
    """Digests as text, all at once."""
    filled = pc.fill_null(digests, bytes(_DIGEST)).combine_chunks()
    data = filled.buffers()[1].slice(filled.offset * _DIGEST, len(filled) * _DIGEST)
    letters = pa.py_buffer(data.hex())
    text = pa.FixedSizeBinaryArray.from_buffers(pa.binary(2 * _DIGEST), len(digests), [None, letters])
    return pc.if_else(pc.is_valid(digests).combine_chunks(), text.cast(pa.binary()).cast(pa.string()), None)


def _origin_row(origin: Origin, reference: str | None) -> dict[str, Any]:
    """What is the same for all entries of a layer."""
    image, step = origin.image, origin.step
    return {
        "layer": str(image.layers[origin.position].descriptor.digest),
        "instruction": instruction(step.instruction.created_by),
        "created_by": step.instruction.created_by or None,
        "image_id": str(image.id),
        "reference": reference,
    }
