"""Which images have bytes in common."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from nbdock import human
from nbdock.plots.figure import CHARACTER, COLOURS, FAINT, Figure, facts, rectangle, text
from nbdock.plots.table import layers_of

_MOST = 24
_NAME, _CELL, _ROW, _HEAD = 30, 66, 28, 22


def sharing(layers: pd.DataFrame) -> Figure:
    """A row and a column for each image: in their crossing the bytes of the layers that both have, and as a bar how
    large a part of the row's image that is. The 24 largest images are drawn."""
    images = layers_of(layers)
    shown = sorted(images, key=lambda name: -sum(images[name].values()))[:_MOST]
    left = _NAME * CHARACTER + 10
    shapes = [part for row, name in enumerate(shown) for part in _row(row, name, shown, images, left)]
    shapes += [
        text(left + column * _CELL + _CELL / 2, 14, str(column + 1), anchor="middle") for column in range(len(shown))
    ]
    pairs = ((f"{a} and {b}", _common(images[a], images[b])) for i, a in enumerate(shown) for b in shown[i + 1 :])
    sizes = {layer: size for own in images.values() for layer, size in own.items()}
    title = f"What {len(shown)} images share"
    found = [pair for pair in pairs if pair[1]]
    return Figure(
        int(left + _CELL * len(shown)) + 2,
        _HEAD + _ROW * len(shown) + 2,
        facts(title, found, sum(sizes.values())),
        tuple(shapes),
    )


def _row(row: int, name: str, shown: list[str], images: dict[str, dict[str, int]], left: float) -> Iterator[str]:
    top = _HEAD + row * _ROW
    yield text(left - 8, top + 15, f"{name} {row + 1}", columns=_NAME, anchor="end")
    whole = max(sum(images[name].values()), 1)
    for column, other in enumerate(shown):
        common = _common(images[name], images[other])
        x = left + column * _CELL
        yield rectangle(x, top, _CELL, _ROW, f'fill="none" stroke="{FAINT}"', f"{name} and {other}")
        if common:
            yield rectangle(x + 3, top + _ROW - 7, (_CELL - 6) * common / whole, 4, f'fill="{COLOURS[0]}"')
            yield text(x + _CELL / 2, top + 14, human.size(common), anchor="middle", style='font-size="11"')


def _common(one: dict[str, int], other: dict[str, int]) -> int:
    return sum(size for layer, size in one.items() if layer in other)
