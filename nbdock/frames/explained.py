"""Rows that explain an image's size: who wrote what, what of it is wasted, and what to change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from nbdock.contents.folders import shares
from nbdock.dock.steps import history
from nbdock.frames.instruction import instruction
from nbdock.frames.schema import Columns, Row

if TYPE_CHECKING:
    from nbdock.dock.inside.contents import Contents
    from nbdock.dock.inside.linting import Finding
    from nbdock.places import Image

_COPIES = ("COPY", "ADD")
_ONCE = "write it once: one layer has it twice"
_REMEDIES = {
    "deleted": "delete it in the RUN that writes it",
    "hidden": "delete it in the RUN that writes it, or do not write it",
    "metadata changed": "set owner and mode in the step that writes it",
    "same again": "leave out the second copy",
    "overwritten": "write it once, in its last form",
}
_REMEDIES_OF_COPIES = {
    **_REMEDIES,
    "deleted": "do not copy it: name it in .dockerignore, or mount it into the RUN that needs it",
    "metadata changed": "set owner and mode as it is copied: COPY --chown, COPY --chmod",
}


def written_by(image: Image, reference: str | None) -> list[Row]:
    """What is said of the step that made a layer: a row for each layer, the lowest first."""
    steps = [(number, step) for number, step in enumerate(reversed(history(image))) if step.layer]
    return [
        {
            "instruction": instruction(step.instruction.created_by),
            "created_by": step.instruction.created_by or None,
            "step": number,
            "layer": str(step.layer.descriptor.digest) if step.layer else None,
            "image_id": str(image.id),
            "reference": reference,
        }
        for number, step in steps
    ]


def share_rows(contents: Contents, reference: str | None, depth: int) -> list[Row]:
    """The image's bytes by step and folder, the largest first."""
    steps = written_by(contents.image, reference)
    return [
        {"folder": share.folder, "size_bytes": share.size, "wasted_bytes": share.wasted, **steps[share.layer]}
        for share in shares(contents.waste, depth)
    ]


def score_row(contents: Contents, reference: str | None) -> Row:
    """How much of the image is wasted, and what dive says."""
    waste = contents.waste
    return {
        "reference": reference,
        "size_bytes": waste.written,
        "wasted_bytes": waste.wasted,
        "score": waste.score,
        "dive_score": waste.dive.score,
        "dive_wasted_bytes": waste.dive.wasted,
        "image_id": str(contents.image.id),
    }


def wasted_rows(contents: Contents, reference: str | None) -> Columns:
    """Each path that was written and does not count in the end, the largest first."""
    steps, waste = written_by(contents.image, reference), contents.waste
    order = (-waste.sizes[waste.rows]).argsort(kind="stable")
    rows, ends = waste.rows[order], waste.ended_by[order]
    writers, enders = (waste.merged.layer_of(each).tolist() for each in (rows, ends))
    how = [waste.how[number] for number in order.tolist()]
    columns: dict[str, Sequence[Any]] = {
        "path": waste.column("path", rows).to_pylist(),
        "wasted_bytes": waste.sizes[rows].tolist(),
        "how": how,
        **{name: [steps[layer][name] for layer in writers] for name in (steps[0] if steps else ())},
        "ended_by": [steps[layer]["created_by"] for layer in enders],
        "ended_step": [steps[layer]["step"] for layer in enders],
        "ended_layer": [steps[layer]["layer"] for layer in enders],
        "remedy": [
            remedy(each, steps[writer]["instruction"], is_same_layer=writer == ender)
            for each, writer, ender in zip(how, writers, enders, strict=True)
        ],
    }
    return Columns(columns, len(rows))


def joined(parts: Sequence[Columns]) -> Columns:
    """The rows of several images, one image after the other."""
    names = dict.fromkeys(name for part in parts for name in part.columns)
    columns = {name: [value for part in parts if len(part) for value in part.columns[name]] for name in names}
    return Columns(columns, sum(map(len, parts)))


def remedy(how: str, written_by: str | None, is_same_layer: bool = False) -> str:
    """What to change in the Dockerfile, in one phrase."""
    if is_same_layer:
        return _ONCE
    return (_REMEDIES_OF_COPIES if written_by in _COPIES else _REMEDIES)[how]


def advice_rows(findings: Sequence[Finding], image: Image, reference: str | None) -> Iterator[Row]:
    """What to change, the largest saving first. Never what an instruction says: it may be where a secret is."""
    words = [instruction(step.instruction.created_by) for step in reversed(history(image))]
    layers = {step["step"]: step["layer"] for step in written_by(image, reference)}
    for each in sorted(findings, key=lambda each: -(each.saved or 0)):
        yield {
            "rule": each.rule,
            "saved_bytes": each.saved,
            "path": each.path,
            "file_count": each.files,
            "remedy": each.remedy,
            "instruction": None if each.step is None else words[each.step],
            "at_step": each.step,
            "layer": None if each.step is None else layers.get(each.step),
            "image_id": str(image.id),
            "reference": reference,
        }
