"""Which instruction made which bytes."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from nbdock import human
from nbdock.plots.figure import CHARACTER, COLOURS, FAINT, Figure, facts, rectangle, text

_WIDTH, _ROW, _TOP = 900, 22, 8
_WORDS = 52
_LEFT = _WORDS * CHARACTER + 16
_RIGHT = 9 * CHARACTER


def waterfall(history: pd.DataFrame) -> Figure:
    """The steps of one image from the oldest down, each bar beginning where the one above it ends.

    `history` is what `history` returns. A layer of 0 bytes is a stroke; an instruction that made no layer has none.
    """
    steps = history.sort_values("step")
    sizes = [int(size) for size in steps["size_bytes"]]
    words = list(steps["created_by"].fillna("").astype(str))
    layers = int((~steps["empty_layer"]).sum())
    title = f"{len(steps)} instructions made {layers} layers"
    shapes = tuple(_rows(words, sizes, list(steps["empty_layer"])))
    return Figure(
        _WIDTH, _TOP * 2 + _ROW * len(steps), facts(title, zip(words, sizes, strict=True), sum(sizes)), shapes
    )


def _rows(words: list[str], sizes: list[int], empty: list[bool]) -> Iterator[str]:
    scale = (_WIDTH - _LEFT - _RIGHT) / max(sum(sizes), 1)
    begin = _LEFT
    for number, (said, size, none) in enumerate(zip(words, sizes, empty, strict=True)):
        top, length = _TOP + number * _ROW, size * scale
        middle = top + _ROW / 2 + 4
        yield text(0, middle, said or "(no instruction)", columns=_WORDS)
        yield rectangle(_LEFT, top + _ROW - 1, _WIDTH - _LEFT, 0.5, f'fill="{FAINT}"')
        if not none:
            yield rectangle(begin, top + 4, max(length, 1.5), _ROW - 8, f'fill="{COLOURS[0]}"', said)
        begin += length
        yield text(begin + 6, middle, "no layer" if none else human.size(size), style='font-size="11"')
