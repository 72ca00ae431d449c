"""Boxes in proportion to sizes (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `x`, `y` is its upper left corner, in pixels."""

    x: float
    y: float
    width: float
    height: float


def squarify(sizes: Sequence[int], box: Box) -> Iterator[Box]:
    """A box for each size, largest first. Together they fill `box`, each as square as possible."""
    left = list(sizes)
    while left:
        scale = box.width * box.height / max(sum(left), 1)
        row = _first_row([size * scale for size in left], min(box.width, box.height))
        cells, box = _lay(row, box)
        yield from cells
        left = left[len(row) :]


def _first_row(areas: Sequence[float], side: float) -> list[float]:
    """The areas of the next row along the shorter side: adds areas as long as the boxes become squarer."""
    count = 1
    while count < len(areas) and _worst_ratio(areas[: count + 1], side) <= _worst_ratio(areas[:count], side):
        count += 1
    return list(areas[:count])


def _worst_ratio(areas: Sequence[float], side: float) -> float:
    """The largest ratio of a box's sides in such a row."""
    depth = sum(areas) / side if side else 0
    return max((max(depth * depth / area, area / (depth * depth)) for area in areas if area and depth), default=0)


def _lay(row: Sequence[float], box: Box) -> tuple[list[Box], Box]:
    """The boxes of a row, and the rest of the box beside it."""
    wide = box.width >= box.height
    side = box.height if wide else box.width
    depth = sum(row) / side if side else 0
    cells, at = [], 0.0
    for area in row:
        length = area / depth if depth else 0
        cells.append(Box(box.x, box.y + at, depth, length) if wide else Box(box.x + at, box.y, length, depth))
        at += length
    if wide:
        return cells, Box(box.x + depth, box.y, max(box.width - depth, 0), box.height)
    return cells, Box(box.x, box.y + depth, box.width, max(box.height - depth, 0))
