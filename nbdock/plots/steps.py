"""The steps of an image as bars: what each added, and what each wrote in vain."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from nbdock import human
from nbdock.frames.instruction import plain
from nbdock.plots.figure import WIDTH, Figure, facts, settings
from nbdock.plots.images import readable
from nbdock.plots.shapes import CHARACTER, COLOURS, Box, Group, ThemeName, View, Words

_STEP, _SHORTEST = 24, 1.5
_WORDS, _SIZE = 0.46, 9 * CHARACTER
"""The part of the width that is for words, and the pixels for a size."""
_MOST = 100
_HOW = {
    "deleted": "#c2410c",
    "overwritten": "#0072b2",
    "hidden": "#7d7400",
    "metadata changed": "#a8528c",
    "same again": "#008060",
}


@dataclass(frozen=True, slots=True)
class _Bar:
    """A row: words, the parts of its bar as (group, bytes, name), what is after it, and where it begins."""

    words: str
    parts: Sequence[tuple[int, int, str]]
    after: str
    begin: int = 0

    @property
    def size(self) -> int:
        return sum(size for _, size, _ in self.parts)


def waterfall(history: pd.DataFrame, *, title: str | None = None, width: int = WIDTH, theme: ThemeName = "") -> Figure:
    """Draw the steps of one image, the oldest at the top. Each bar begins where the one above it ends.

    A layer of 0 bytes is a thin line; a step without a layer has no bar.

    Parameters
    ----------
    history
        The frame of `nbdock.history` for one image. Unknown sizes count as 0.

    Other parameters are those of `treemap`.

    Examples
    --------
    >>> nbdock.plots.waterfall(nbdock.history("httpd")).title
    '14 instructions made 6 layers, 372kB'
    """
    history = readable(history, "step", "created_by", "size_bytes", "empty_layer")
    steps = history.sort_values("step")
    sizes = [int(size) for size in steps["size_bytes"].fillna(0)]
    words = [plain(str(each)) for each in steps["created_by"].fillna("")]
    bars, begin = [], 0
    for said, size, empty in zip(words, sizes, steps["empty_layer"], strict=True):
        after = "no layer" if empty else human.size(size)
        bars.append(_Bar(said or "(no instruction)", [] if empty else [(1, size, said)], after, begin))
        begin += size
    said = f"{len(steps)} instructions made {int((~steps['empty_layer']).sum())} layers"
    return _drawn(bars, [Group("bytes that the instruction added", COLOURS[0])], said, title, width, theme)


def waste(wasted: pd.DataFrame, *, title: str | None = None, width: int = WIDTH, theme: ThemeName = "") -> Figure:
    """Draw what each instruction wrote in vain, the largest at the top, in the colours of how it came to nothing.

    Parameters
    ----------
    wasted
        The frame of `nbdock.waste`.

    Other parameters are those of `treemap`.

    Examples
    --------
    >>> nbdock.plots.waste(nbdock.waste("httpd"), theme="dark").title
    '1 instruction wrote 1 file in vain, 5.2kB'
    """
    wasted = readable(wasted, "how", "wasted_bytes", "created_by", "step")
    known = {how: number for number, how in enumerate(_HOW, 1)}
    sizes = wasted.groupby("how")["wasted_bytes"].sum().to_dict()
    groups = [Group(how, colour, size=human.size(sizes.get(how, 0))) for how, colour in _HOW.items()]
    by_step = wasted.assign(created_by=wasted["created_by"].fillna("").astype(object)).groupby(
        ["step", "created_by"], dropna=False
    )
    bars = []
    for (_, created_by), rows in by_step:
        of = rows.groupby("how")["wasted_bytes"].agg(["sum", "count"])
        parts = [
            (known[how], int(size), f"{human.plural(count, 'file')} {how}") for how, size, count in of.itertuples()
        ]
        bars.append(_Bar(plain(str(created_by)) or "(no instruction)", parts, human.size(int(of["sum"].sum()))))
    said = f"{human.plural(len(bars), 'instruction')} wrote {human.plural(len(wasted), 'file')} in vain"
    return _drawn(sorted(bars, key=lambda bar: -bar.size), groups, said, title, width, theme)


def _drawn(bars: list[_Bar], groups: Sequence[Group], said: str, title: str | None, width: int, theme: str) -> Figure:
    look, total = settings(width, theme), sum(bar.size for bar in bars)
    shown = _largest(bars)
    scale = (width * (1 - _WORDS) - _SIZE) / max([1, *(bar.begin + bar.size for bar in bars)])
    rows = [shape for number, bar in enumerate(shown) for shape in _row(bar, number * _STEP, width, scale)]
    return Figure(
        facts(said, ((bar.words, bar.size) for bar in bars), total),
        width,
        (View(0, 0, width, _STEP * len(shown)),),
        (Group("", look.faint, look.ink), *groups),
        tuple(shape for shape in rows if isinstance(shape, Box)),
        title=f"{said}, {human.size(total)}" if title is None else title,
        words=tuple(shape for shape in rows if isinstance(shape, Words)),
        theme=look,
    )


def _row(bar: _Bar, top: float, width: int, scale: float) -> Iterator[Box | Words]:
    left = width * _WORDS
    yield Box(0, top + _STEP - 1, width, 1, 0)
    yield Words(0, top + _STEP / 2 + 4, bar.words, int(left / CHARACTER) - 1)
    x = left + bar.begin * scale
    for group, size, told in bar.parts:
        yield Box(x, top + 5, max(size * scale, _SHORTEST), _STEP - 10, group, told, human.size(size))
        x += size * scale
    yield Words(x + 6, top + _STEP / 2 + 4, bar.after)


def _largest(bars: list[_Bar]) -> list[_Bar]:
    """All bars, or the largest and one row that says how many more there are."""
    if len(bars) <= _MOST:
        return bars
    kept = set(heapq.nlargest(_MOST, range(len(bars)), key=lambda number: bars[number].size))
    left = [bar for number, bar in enumerate(bars) if number not in kept]
    more = _Bar(human.plural(len(left), "smaller instruction"), [], human.size(sum(bar.size for bar in left)))
    return [*(bar for number, bar in enumerate(bars) if number in kept), more]
