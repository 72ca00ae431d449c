"""Drawings of images, their steps and their layers, from frames."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from nbdock import human
from nbdock.errors import InvalidReference
from nbdock.oci.reference import Reference
from nbdock.plots.boxes import Box, squarify
from nbdock.plots.figure import CHARACTER, COLOURS, FAINT, Figure, facts, rectangle, text

_WIDTH = 900
# of a waterfall:
_STEP, _TOP, _WORDS = 22, 8, 52
_LEFT, _RIGHT = _WORDS * CHARACTER + 16, 9 * CHARACTER
# of a treemap:
_HEIGHT, _HEAD = 460, 18
_LABEL = 'fill="white" font-size="11"'
# of what images share:
_MOST, _NAME, _CELL, _ROW, _TITLE = 24, 30, 66, 28, 22


def waterfall(history: pd.DataFrame) -> Figure:
    """Draw the steps of one image, the oldest at the top. Each bar begins where the one above it ends.

    A layer of 0 bytes is a thin line; a step without a layer has no bar.

    Parameters
    ----------
    history
        The frame of `nbdock.history` for one image. Unknown sizes count as 0.
    """
    steps = history.sort_values("step")
    sizes = [int(size) for size in steps["size_bytes"].fillna(0)]
    words = list(map(str, steps["created_by"].fillna("")))
    layers = int((~steps["empty_layer"]).sum())
    title = f"{len(steps)} instructions made {layers} layers"
    shapes = tuple(_steps(words, sizes, list(steps["empty_layer"])))
    return Figure(
        _WIDTH, _TOP * 2 + _STEP * len(steps), facts(title, zip(words, sizes, strict=True), sum(sizes)), shapes
    )


def _steps(words: list[str], sizes: list[int], empty: list[bool]) -> Iterator[str]:
    scale = (_WIDTH - _LEFT - _RIGHT) / max(sum(sizes), 1)
    begin = _LEFT
    for number, (said, size, none) in enumerate(zip(words, sizes, empty, strict=True)):
        top, length = _TOP + number * _STEP, size * scale
        middle = top + _STEP / 2 + 4
        yield text(0, middle, said or "(no instruction)", columns=_WORDS)
        yield rectangle(_LEFT, top + _STEP - 1, _WIDTH - _LEFT, 0.5, f'fill="{FAINT}"')
        if not none:
            yield rectangle(begin, top + 4, max(length, 1.5), _STEP - 8, f'fill="{COLOURS[0]}"', said)
        begin += length
        yield text(begin + 6, middle, "no layer" if none else human.size(size), style='font-size="11"')


def treemap(layers: pd.DataFrame) -> Figure:
    """Draw a treemap: a box for each image, and in it a box for each layer, in proportion to their bytes.

    A layer that several images share is drawn in each of them, in a paler colour.

    Parameters
    ----------
    layers
        Histories or layers of several images, in one frame.
    """
    images = _layers_of(layers)
    sizes = {name: sum(own.values()) for name, own in images.items()}
    shown = sorted((name for name in images if sizes[name]), key=lambda name: -sizes[name])
    shared = {layer for own in images.values() for layer in own if sum(layer in each for each in images.values()) > 1}
    shapes: list[str] = []
    for number, (name, box) in enumerate(
        zip(shown, squarify([sizes[name] for name in shown], Box(0, 0, _WIDTH, _HEIGHT)), strict=True)
    ):
        shapes += _boxes(name, images[name], shared, box, COLOURS[number % len(COLOURS)])
    title = f"{len(images)} image{'s' * (len(images) != 1)} by the size of their layers"
    return Figure(_WIDTH, _HEIGHT, facts(title, sizes.items(), sum(sizes.values())), tuple(shapes))


def _boxes(name: str, own: dict[str, int], shared: set[str], box: Box, colour: str) -> Iterator[str]:
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


def sharing(layers: pd.DataFrame) -> Figure:
    """Draw which images have layers in common, for the 24 largest images.

    Each image has a row and a column. A cell shows the bytes of the layers that both images have, and as a bar their
    share of the row's image.

    Parameters
    ----------
    layers
        Histories or layers of several images, in one frame.
    """
    images = _layers_of(layers)
    shown = sorted(images, key=lambda name: -sum(images[name].values()))[:_MOST]
    left = _NAME * CHARACTER + 10
    shapes = [shape for row, name in enumerate(shown) for shape in _crossings(row, name, shown, images, left)]
    shapes += [
        text(left + column * _CELL + _CELL / 2, 14, str(column + 1), anchor="middle") for column in range(len(shown))
    ]
    pairs = ((f"{a} and {b}", _common(images[a], images[b])) for i, a in enumerate(shown) for b in shown[i + 1 :])
    sizes = {layer: size for own in images.values() for layer, size in own.items()}
    title = f"What {len(shown)} images share"
    found = [pair for pair in pairs if pair[1]]
    return Figure(
        int(left + _CELL * len(shown)) + 2,
        _TITLE + _ROW * len(shown) + 2,
        facts(title, found, sum(sizes.values())),
        tuple(shapes),
    )


def _crossings(row: int, name: str, shown: list[str], images: dict[str, dict[str, int]], left: float) -> Iterator[str]:
    top = _TITLE + row * _ROW
    yield text(left - 8, top + 15, f"{name} {row + 1}", columns=_NAME, anchor="end")
    total = max(sum(images[name].values()), 1)
    for column, other in enumerate(shown):
        common = _common(images[name], images[other])
        x = left + column * _CELL
        yield rectangle(x, top, _CELL, _ROW, f'fill="none" stroke="{FAINT}"', f"{name} and {other}")
        if common:
            yield rectangle(x + 3, top + _ROW - 7, (_CELL - 6) * common / total, 4, f'fill="{COLOURS[0]}"')
            yield text(x + _CELL / 2, top + 14, human.size(common), anchor="middle", style='font-size="11"')


def _common(one: dict[str, int], other: dict[str, int]) -> int:
    return sum(size for layer, size in one.items() if layer in other)


def _layers_of(frame: pd.DataFrame) -> dict[str, dict[str, int]]:
    """The bytes of each layer by image. An image with several references is named by the first.

    `frame` has `image_id`, `layer` and `size_bytes`, and `reference` if the images have names.
    """
    made = frame[frame["layer"].notna()]
    names = [str(each).removeprefix("sha256:")[:12] for each in made["image_id"]]
    if "reference" in made:
        pairs = zip(made["reference"], names, strict=True)
        names = [_familiar(known) if isinstance(known, str) else short for known, short in pairs]
    images: dict[str, dict[str, int]] = {}
    titles: dict[str, str] = {}
    rows = zip(made["image_id"], names, made["layer"], made["size_bytes"].fillna(0), strict=True)
    for image, name, layer, size in rows:
        images.setdefault(titles.setdefault(image, str(name)), {})[str(layer)] = int(size)
    return images


def _familiar(name: str) -> str:
    try:
        return Reference.parse(name).familiar
    except InvalidReference:
        return name
