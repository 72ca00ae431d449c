"""What frames of layers say about images, and which bytes images share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import pandas as pd

from nbdock import human
from nbdock.errors import InvalidReference, UsageError
from nbdock.oci.reference import Reference
from nbdock.plots.figure import WIDTH, Figure, facts, settings
from nbdock.plots.shapes import CHARACTER, COLOURS, Box, Group, ThemeName, View, Words

_MOST, _NARROWEST, _WIDEST, _ROW, _TITLE = 24, 58, 120, 28, 20


def sharing(layers: pd.DataFrame, *, title: str | None = None, width: int = WIDTH, theme: ThemeName = "") -> Figure:
    """Draw which images have layers in common, for the largest images that there is room for.

    Each image has a row and a column. A cell shows the bytes of the layers that both images have, and as a bar their
    share of the row's image.

    Parameters
    ----------
    layers
        Histories or layers of several images, in one frame.

    Other parameters are those of `treemap`.

    Examples
    --------
    >>> nbdock.plots.sharing(nbdock.layers("httpd"))
    What 1 image share, 372kB in all.
    """
    look = settings(width, theme)
    images = layers_of(layers)
    left = round(width * 0.32)
    shown = sorted(images, key=lambda name: -sum(images[name].values()))[: min(_MOST, (width - left) // _NARROWEST)]
    pairs = [(f"{a} and {b}", _common(images[a], images[b])) for a, b in combinations(shown, 2)]
    sizes = {layer: size for own in images.values() for layer, size in own.items()}
    said = f"What {human.plural(len(shown), 'image')} share" + (
        f", the largest of {len(images)}" if len(images) > len(shown) else ""
    )
    wide = min((width - left) / max(len(shown), 1), _WIDEST)
    cells = [cell for row in range(len(shown)) for cell in _row(row, shown, images, left, wide)]
    heads = [Words(left + (i + 0.5) * wide, 14, str(i + 1), anchor="middle") for i in range(len(shown))]
    return Figure(
        facts(said, [pair for pair in pairs if pair[1]], sum(sizes.values())),
        width,
        (View(0, 0, width, _TITLE + _ROW * len(shown) + 2),),
        (Group("", look.faint, look.ink), Group("part of the row's image that the column's has too", COLOURS[0])),
        tuple(cell for cell in cells if isinstance(cell, Box)),
        title=said if title is None else title,
        words=(*heads, *(cell for cell in cells if isinstance(cell, Words))),
        theme=look,
    )


def _row(
    row: int, shown: list[str], images: dict[str, dict[str, int]], left: float, wide: float
) -> Iterator[Box | Words]:
    name, top = shown[row], _TITLE + row * _ROW
    columns = int((left - 8) / CHARACTER) - 3
    yield Words(left - 8, top + 17, f"{human.ellipsis(human.printable(name), columns)} {row + 1}", anchor="end")
    total = max(sum(images[name].values()), 1)
    for column, other in enumerate(shown):
        common, x = _common(images[name], images[other]), left + column * wide
        told = f"{name} and {other}" if other != name else name
        yield Box(x, top, wide - 1, _ROW - 1, 0, told, human.size(common))
        if common:
            yield Box(x + 3, top + _ROW - 7, (wide - 7) * common / total, 4, 1, told, human.size(common))
            yield Words(x + wide / 2, top + 15, human.size(common), anchor="middle")


def _common(one: dict[str, int], other: dict[str, int]) -> int:
    return sum(size for layer, size in one.items() if layer in other)


def layers_of(frame: pd.DataFrame) -> dict[str, dict[str, int]]:
    """The bytes of each layer by image. An image with several references is named by the first."""
    frame = readable(frame, "image_id", "layer", "size_bytes")
    made = frame[frame["layer"].notna()]
    images: dict[str, dict[str, int]] = {}
    titles: dict[str, str] = {}
    rows = zip(made["image_id"], name_of(made), made["layer"], made["size_bytes"].fillna(0), strict=True)
    for image, name, layer, size in rows:
        images.setdefault(titles.setdefault(image, str(name)), {})[str(layer)] = int(size)
    return images


def name_of(frame: pd.DataFrame) -> pd.Series:
    """The name of the image that each row is of: its reference, else its short id."""
    short = _each(frame["image_id"], lambda image: image.removeprefix("sha256:")[:12])
    return _each(frame["reference"], _familiar).fillna(short) if "reference" in frame else short


def _each(column: pd.Series, name: Callable[[str], str]) -> pd.Series:
    return column.map({each: name(str(each)) for each in column.dropna().unique()}).astype(object)


def _familiar(name: str) -> str:
    try:
        return Reference.parse(name).familiar
    except InvalidReference:
        return name


def readable(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The frame, if it has these columns. Text in objects is made printable: pandas cannot take all that Python can."""
    missing = [column for column in columns if column not in frame]
    if missing:
        raise UsageError(f"the frame has no column {missing[0]!r}", hint=f"This picture needs {', '.join(columns)}.")
    return frame.assign(**{str(name): _printable(frame[name]) for name in frame if frame[name].dtype == object})


def _printable(column: pd.Series) -> pd.Series:
    values = [human.printable(each) if isinstance(each, str) else each for each in column]
    return pd.Series(values, column.index, dtype=object)
