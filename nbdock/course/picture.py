"""A picture of the hashes of an image: a row for each kind, and what it is the hash of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nbdock import human
from nbdock.api import Dock
from nbdock.oci.digest import Digest
from nbdock.plots import Figure
from nbdock.plots.shapes import COLOURS, GREY, THEMES, Box, Group, View, Words
from nbdock.store.removal import chain_ids

_WIDTH, _LEFT, _ROW, _HEIGHT = 760, 216, 46, 36
_MOST = 6
"""Layers that are drawn, so that each has room for the twelve characters that docker prints."""
_TITLE = "The hashes of {image}, each the SHA-256 of something else"
_NONE = "none: this image is for one platform alone"
_OF = {
    "index digest": "of all manifest digests",
    "manifest digest": "of image id + layer digests",
    "image id": "of settings + diff ids",
    "layer digest": "of the layer, compressed",
    "diff id": "of the layer, unpacked",
    "chain id": "of the diff ids up to it",
}
"""What each kind is the hash of."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A kind of hash, and the hashes of an image of that kind; each with a size in bytes, if it is of so many."""

    kind: str
    hashes: tuple[str, ...]
    sizes: tuple[int, ...] = ()


def hashes(image: str, words: Mapping[str, str]) -> Figure:
    """Draw the hashes of an image in the store. Raises ImageNotFound."""
    rows = _rows(Dock(), image)
    title = words.get(_TITLE, _TITLE).format(image=image)
    told = (f"{words.get(row.kind, row.kind)}: {' '.join(map(_short, row.hashes)) or '–'}" for row in rows)
    return Figure(
        f"{title}. {'; '.join(told)}.",
        _WIDTH,
        (View(0, 0, _WIDTH, _ROW * len(rows)),),
        (Group("", GREY), *(Group("", colour) for colour in COLOURS)),
        tuple(box for number, row in enumerate(rows) for box in _boxes(row, number, words)),
        title=title,
        words=tuple(line for number, row in enumerate(rows) for line in _captions(row.kind, number, words)),
        theme=THEMES[""],
    )


def _rows(dock: Dock, image: str) -> list[_Row]:
    layers, id = dock.layers(image, local=True), str(dock.image(image).id)
    images = dock.images()
    found = images[images.image_id == id].sort_values("digest").fillna({"digest": ""}).iloc[0]  # known digests first
    diff_ids = list(map(str, layers.diff_id))
    return [
        _Row("index digest", (found.digest,) if found.digest not in ("", found.manifest_digest) else ()),
        _Row("manifest digest", (found.manifest_digest,)),
        _Row("image id", (id,)),
        _Row("layer digest", tuple(layers.layer), tuple(layers.compressed_bytes)),
        _Row("diff id", tuple(diff_ids), tuple(layers.tar_bytes)),
        _Row("chain id", tuple(map(str, chain_ids(map(Digest.parse, diff_ids))))),
    ]


def _boxes(row: _Row, number: int, words: Mapping[str, str]) -> Iterator[Box]:
    shown, top = row.hashes[:_MOST], number * _ROW
    if not shown:
        said = words.get(_NONE, _NONE)
        yield Box(_LEFT, top, _WIDTH - _LEFT, _HEIGHT, 0, said, label=said)
    width = (_WIDTH - _LEFT) / max(len(shown), 1)
    for at, each in enumerate(shown):
        size = human.size(row.sizes[at]) if row.sizes else ""
        label = each if len(shown) == 1 else _short(each)
        yield Box(_LEFT + at * width, top, width - 2, _HEIGHT, number + 1, each, size, label)


def _captions(kind: str, number: int, words: Mapping[str, str]) -> Iterator[Words]:
    for text, down in ((kind, 14), (_OF[kind], 30)):
        yield Words(0, number * _ROW + down, words.get(text, text), anchor="start", bold=text == kind)


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]
