"""Files by folder and bytes, and images by layer and bytes: as a treemap, or as rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from nbdock import human
from nbdock.frames.instruction import plain
from nbdock.plots.figure import WIDTH, Figure, facts, settings
from nbdock.plots.images import layers_of, name_of, readable
from nbdock.plots.shapes import COLOURS, GREY, Group, ThemeName
from nbdock.plots.trees import MIXED, MOST, Entry, Node, Stage, height, tree

_CHANGES = {"added": "#008060", "removed": "#c2410c", "changed": "#0072b2"}
_Label = tuple[str, Mapping[str, str]]
"""What the legend says of a group, and what hovering tells."""
_LOW, _HIGH, _FLAT = 340, 560, 0.6
"""The height of a treemap: at least, at most, and as a part of its width."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is drawn: a tree, the groups of its files, and its title."""

    root: Node
    groups: Sequence[Group]
    title: str


def treemap(frame: pd.DataFrame, *, title: str | None = None, width: int = WIDTH, theme: ThemeName = "") -> Figure:
    """Draw folders in proportion to their bytes, nested, in the colours of the layers that wrote what is in them.

    A frame with no paths is drawn as images and their layers. A layer that several images share is in each of them.

    Parameters
    ----------
    frame
        The frame of `nbdock.files`, or the histories or layers of several images in one frame.
    title
        Instead of one that says what it is; "" for none.
    width
        In pixels.
    theme
        "light" or "dark", with a background; by default none, and legible on both.

    Examples
    --------
    >>> nbdock.plots.treemap(nbdock.files("httpd"))
    httpd:latest: 231 files, 367kB in all. Largest: 355kB /usr; 6.4kB /etc; 5.77kB /var/lib/dpkg.
    """
    return _drawn(_files(frame) if "path" in frame else _layers(frame), _as_squares, title, width, theme)


def icicle(files: pd.DataFrame, *, title: str | None = None, width: int = WIDTH, theme: ThemeName = "") -> Figure:
    """Draw folders as rows: what is in a folder is below it, as wide as its bytes, in the colours of its layers.

    Parameters are those of `treemap`.

    Examples
    --------
    >>> nbdock.plots.icicle(nbdock.files("httpd", "/etc/*"), title="Settings", width=480).title
    'Settings'
    """
    return _drawn(_files(files), _as_rows, title, width, theme)


def diff(changes: pd.DataFrame, *, title: str | None = None, width: int = WIDTH, theme: ThemeName = "") -> Figure:
    """Draw what was added, removed and changed between two images as a treemap of folders.

    A file that was removed counts with the bytes that it had, any other with those that it has now.

    Parameters
    ----------
    changes
        The frame of `nbdock.diff(…, show="files")`.

    Other parameters are those of `treemap`.

    Examples
    --------
    >>> nbdock.plots.diff(nbdock.diff("httpd:2.4", "httpd:latest", show="files"))
    No files differ, 0B in all.
    """
    changes = readable(changes, "change", "path", "before_bytes", "after_bytes")
    sizes = changes["after_bytes"].fillna(changes["before_bytes"]).fillna(0).astype("int64")
    total = sizes.groupby(changes["change"]).sum().to_dict()
    groups = [Group("several in one folder", GREY)]
    groups += [Group(each, colour, size=human.size(total.get(each, 0))) for each, colour in _CHANGES.items()]
    numbers = {change: number for number, change in enumerate(_CHANGES, MIXED + 1)}
    entries = _entries(changes["path"], sizes, changes["change"].map(numbers))
    counts = ", ".join(f"{count} {change}" for change, count in changes["change"].value_counts().items())
    said = f"Files: {counts}" if counts else "No files differ"
    return _drawn(_Subject(tree(entries, "/"), groups, said), _as_squares, title, width, theme)


def _files(files: pd.DataFrame) -> _Subject:
    """Files in the colours of their layers. Those of several images are below the name of their image."""
    files = readable(files, "path", "size_bytes", "layer", "position", "created_by", "image_id")
    rows = files[files["size_bytes"].fillna(0) > 0]
    sizes = {str(layer): int(size) for layer, size in rows.groupby("layer")["size_bytes"].sum().items()}
    known = rows.drop_duplicates("layer").sort_values("position")[["layer", "position", "created_by"]]
    labels: dict[str, _Label] = {}
    for layer, *label in known.itertuples(index=False):
        position, said = ("" if pd.isna(each) else plain(str(each)) for each in label)
        labels[layer] = f"{position} {said}", {"layer": position, "instruction": said}
    numbers, groups = _coloured(labels, sizes, "several layers")
    names = name_of(rows)
    images = names.unique()
    paths = rows["path"] if len(images) < 2 else names + rows["path"].astype(object)
    entries = _entries(paths, rows["size_bytes"], rows["layer"].map(numbers))
    said = images[0] if len(images) == 1 else "Files"
    return _Subject(tree(entries, "/" if len(images) < 2 else ""), groups, f"{said}: {len(rows)} files")


def _entries(paths: pd.Series, sizes: pd.Series, groups: pd.Series) -> Iterator[Entry]:
    """The largest files, and the others of each folder together: none of those can be shown on its own."""
    rows = pd.DataFrame({"path": paths.astype(object), "size": sizes, "group": groups.fillna(MIXED)})
    rows = rows.sort_values("size", ascending=False, kind="stable")
    for path, size, group in rows.head(MOST).itertuples(index=False):
        yield _parts(path), int(size), 1, int(group)
    others = rows.iloc[MOST:]
    folder = [path.rpartition("/")[0] for path in others["path"]]
    together = others.groupby([pd.Series(folder, others.index, dtype=object), "group"])["size"].agg(["sum", "count"])
    for (path, group), size, files in together.itertuples():
        yield [*_parts(path), ""], int(size), int(files), int(group)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _layers(layers: pd.DataFrame) -> _Subject:
    """Images in a colour each, but for the layers that several of them share."""
    images = layers_of(layers)
    holders = Counter(layer for own in images.values() for layer in own)
    sizes = {name: sum(own.values()) for name, own in images.items()}
    labels: dict[str, _Label] = {name: (name, {}) for name in sorted(images, key=lambda name: -sizes[name])}
    numbers, groups = _coloured(labels, sizes, "several images")
    entries = (
        ((name, layer.removeprefix("sha256:")[:12]), size, 1, MIXED if holders[layer] > 1 else numbers[name])
        for name, own in images.items()
        for layer, size in own.items()
    )
    return _Subject(tree(entries, ""), groups, f"{human.plural(len(images), 'image')} by the size of their layers")


def _coloured(
    labels: Mapping[str, _Label], sizes: Mapping[str, int], several: str
) -> tuple[dict[str, int], list[Group]]:
    """A number and a group for each of the largest, in the order of `labels`; the rest is in the group of several."""
    largest = set(sorted(sizes, key=lambda key: -sizes[key])[: len(COLOURS)])
    shown = [key for key in labels if key in largest]
    groups = [
        Group(labels[key][0], colour, size=human.size(sizes[key]), tip=labels[key][1])
        for key, colour in zip(shown, COLOURS, strict=False)
    ]
    numbers = {key: number for number, key in enumerate(shown, MIXED + 1)}
    rest = several if len(shown) == len(labels) else f"{several}, or a smaller one"
    return {key: numbers.get(key, MIXED) for key in labels}, [Group(rest, GREY), *groups]


def _drawn(subject: _Subject, lay: Callable[[Node, int], Stage], title: str | None, width: int, theme: str) -> Figure:
    look = settings(width, theme)
    stage = lay(subject.root, width)
    root = subject.root
    largest = ((child.path, child.size) for child in root.children.values() if child.files == 1 or child.children)
    return Figure(
        facts(subject.title, largest, root.size),
        width,
        tuple(stage.views),
        (Group("", look.folder, look.said), *subject.groups),
        tuple(stage.boxes),
        title=f"{subject.title}, {human.size(root.size)}" if title is None else title,
        theme=look,
        line=look.line,
    )


def _as_squares(root: Node, width: int) -> Stage:
    stage = Stage(width, min(max(_LOW, width * _FLAT), _HIGH))
    stage.squares(root, stage.views[0], 0)
    return stage


def _as_rows(root: Node, width: int) -> Stage:
    stage = Stage(width, height(root))
    stage.rows(root, 0, 0, width, 0)
    return stage
