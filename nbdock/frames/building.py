"""Rows of a build, or of its plan: one for each instruction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from nbdock.frames.rows import Row

if TYPE_CHECKING:
    from nbdock.builder.building import Done
    from nbdock.builder.images import Result
    from nbdock.builder.planning import Planned


def built_rows(result: Result) -> Iterator[Row]:
    """A row for each instruction of each image."""
    reference = str(result.names[0]) if result.names else None
    for image in result.images:
        for done in image.steps:
            yield {**_done(done), "image_id": str(image.image_id), "reference": reference}


def planned_rows(planned: Iterable[Planned]) -> Iterator[Row]:
    """A row for each instruction."""
    for each in planned:
        yield {
            "line": each.instruction.line or None,
            "stage": each.stage,
            "instruction": each.instruction.keyword,
            "text": each.instruction.source,
            "does": each.does,
            "copied_files": each.files,
            "copied_bytes": each.size,
            "platform": str(each.platform),
        }


def _done(done: Done) -> Row:
    made = done.made
    return {
        "line": done.instruction.line or None,
        "stage": done.stage,
        "instruction": done.instruction.keyword,
        "text": done.instruction.source,
        "size_bytes": made.facts.size if made else done.base_size,
        "cached": done.is_cached,
        "seconds": done.seconds,
        "created_by": done.created_by or None,
        "entries": made.facts.entries if made else None,
        "diff_id": str(made.facts.diff_id) if made else None,
        "layer": str(made.layer.descriptor.digest) if made else None,
        "platform": str(done.platform),
    }
