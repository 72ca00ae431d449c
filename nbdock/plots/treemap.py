"""Images and their layers as areas (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from nbdock import human
from nbdock.plots.figure import CHARACTER, COLOURS, Figure, facts, rectangle, text
from nbdock.plots.table import layers_of

_WIDTH, _HEIGHT, _HEAD = 900, 460, 18
_LABEL = 'fill="white" font-size="11"'


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float


def treemap(layers: pd.DataFrame) -> Figure:
    """Each image as large as the bytes of its layers, each layer as large as its own.

    A layer that several images have is drawn in each of them, paler.
    """
    images = layers_of(layers)
    sizes = {name: sum(own.values()) for name, own in images.items()}
    shown = sorted((name for name in images if sizes[name]), key=lambda name: -sizes[name])
    shared = {layer for own in images.values() for layer in own if sum(layer in each for each in images.values()) > 1}
    shapes: list[str] = []
    for number, (name, box) in enumerate(
        zip(shown, squarify([sizes[name] for name in shown], Box(0, 0, _WIDTH, _HEIGHT)), strict=True)
    ):
        shapes += _image(name, images[name], shared, box, COLOURS[number % len(COLOURS)])
    title = f"{len(images)} image{'s' * (len(images) != 1)} by the size of their layers"
    return Figure(_WIDTH, _HEIGHT, facts(title, sizes.items(), sum(sizes.values())), tuple(shapes))


def _image(name: str, own: dict[str, int], shared: set[str], box: Box, colour: str) -> Iterator[str]:
    total = human.size(sum(own.values()))
    style = f'fill="{colour}" stroke="white" stroke-width="2"'
    yield rectangle(box.x, box.y, box.width, box.height, style, f"{name} {total}")
    head = _HEAD if box.height > 2.5 * _HEAD else 0
    inside = Box(box.x + 2, box.y + head, max(box.width - 4, 0), max(box.height - head - 2, 0))
    layers = sorted(((layer, size) for layer, size in own.items() if size), key=lambda item: -item[1])
    if head:
        yield _label(box, box.y + 13, f"{name} {total}", bold=True)
    for (layer, size), cell in zip(layers, squarify([size for _, size in layers], inside), strict=True):
        if min(cell.width, cell.height) >= 1:
            fill = "0.38" if layer in shared else "0.16"
            style = f'fill="white" fill-opacity="{fill}" stroke="{colour}"'
            yield rectangle(cell.x, cell.y, cell.width, cell.height, style, f"{layer} {human.size(size)}")
            if cell.height > _HEAD and layer not in shared:
                yield _label(cell, cell.y + 14, human.size(size))


def _label(box: Box, y: float, words: str, bold: bool = False) -> str:
    columns = int((box.width - 8) / (CHARACTER * 11 / 12))
    weight = ' font-weight="bold"' if bold else ""
    return text(box.x + 5, y, words, columns=columns, style=_LABEL + weight) if columns >= 4 else ""


def squarify(sizes: Sequence[int], box: Box) -> Iterator[Box]:
    """A box for each size, largest first, that fill `box` and are as square as they come."""
    left = list(sizes)
    while left:
        scale = box.width * box.height / max(sum(left), 1)
        row = _row([size * scale for size in left], min(box.width, box.height))
        cells, box = _laid(row, box)
        yield from cells
        left = left[len(row) :]


def _row(areas: Sequence[float], side: float) -> list[float]:
    """The areas that lie side by side along the shorter side: one more as long as that makes them squarer."""
    count = 1
    while count < len(areas) and _worst(areas[: count + 1], side) <= _worst(areas[:count], side):
        count += 1
    return list(areas[:count])


def _worst(areas: Sequence[float], side: float) -> float:
    """The largest ratio of two sides in such a row."""
    depth = sum(areas) / side if side else 0
    return max((max(depth * depth / area, area / (depth * depth)) for area in areas if area and depth), default=0)


def _laid(row: Sequence[float], box: Box) -> tuple[list[Box], Box]:
    """The boxes of a row, and what is left of the box beside it."""
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
