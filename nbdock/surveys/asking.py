"""Questions about a data set: where a path is, who ships a package, what is shared, which bases are behind."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from posixpath import basename, dirname
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow.compute as pc

if TYPE_CHECKING:
    from nbdock.frames.schema import Row
    from nbdock.surveys.reader import Reader

_WILD = re.compile(r"[*?]")
_FILE = ("diff_id", "path", "type", "size_bytes", "mode", "mtime", "link", "hides")
_PACKAGE = ("diff_id", "name", "version", "ecosystem", "license", "path", "purl", "installed_bytes", "architecture")
_MARKERS = ("whiteout", "opaque")
_OPAQUE = ".wh..wh..opq"


def where(reader: Reader, path: str) -> Iterator[Row]:
    """The entries at a path, below a folder (`/usr/lib/`) or that match a pattern, in each latest image."""
    exact, begin = not (_WILD.search(path) or path.endswith("/")), _WILD.split(path)[0]
    field, is_marker = pc.field("path"), pc.field("type").isin(_MARKERS)
    if exact:
        wanted = field == path
    else:
        within = (field >= begin) & (field < f"{begin}\U0010ffff")
        wanted = within & (pc.match_substring_regex(field, _regex(path)) | is_marker)
    beside = (field == each for each in _hiding(path if exact else dirname(begin)))
    found = reader.files.to_table(list(_FILE), filter=reduce(or_, beside, wanted)).to_pylist()
    yield from _fates(_in_images(reader, found))


def packages(reader: Reader, name: str) -> Iterator[Row]:
    """The packages of this name, or that match a pattern, that a layer of each latest image names."""
    wanted = (
        pc.match_substring_regex(pc.field("name"), _regex(name)) if _WILD.search(name) else pc.field("name") == name
    )
    found = reader.packages.to_table(list(_PACKAGE), filter=wanted if name else None)
    return (row for row in _in_images(reader, found.to_pylist()) if row["name"])


def shared(reader: Reader) -> Iterator[Row]:
    """How many latest images have each layer, and the bytes that a registry saves by keeping it once."""
    having: dict[str, set[str]] = defaultdict(set)
    for image in _latest(reader).values():
        for layer, _ in image.layers:
            having[layer].add(image.id)
    for row in reader.layers.to_pylist():
        count = len(having[row["layer"]])
        saved = row["compressed_bytes"] * (count - 1) if row["compressed_bytes"] is not None and count else None
        if count:
            yield {**row, "images": count, "deduplicated_bytes": saved}


def outdated_bases(reader: Reader) -> Iterator[Row]:
    """The latest images whose base's name stands for a newer image now, or that image's name in a newer survey."""
    latest, every = _latest(reader), _every(reader)
    bases: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for reference, id in _seen(reader):
        if id in every:
            bases[every[id].chain[-1]].add((reference, id))
    now: dict[str, list[_Image]] = defaultdict(list)
    for (reference, _), image in latest.items():
        now[reference].append(image)
    for (reference, _), image in latest.items():
        for chain in reversed(image.chain[:-1]):
            for name, base in sorted(bases[chain]):
                newer = next((each for each in now[name] if each.platform == image.platform), None)
                if newer and newer.chain[-1] not in image.chain:
                    yield _behind(reference, image, name, every[base], newer)
            if bases[chain]:
                break


class _Image(NamedTuple):
    """What questions ask of an image: its layers with their diff ids, and what names all layers up to each."""

    id: str
    platform: str | None
    created: datetime | None
    layers: Sequence[tuple[str, str | None]]
    chain: Sequence[str]


def _every(reader: Reader) -> Mapping[str, _Image]:
    """All images by their id."""
    layers: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for row in reader.image_layers.select(["image_id", "layer", "diff_id"]).to_pylist():
        layers[row["image_id"]].append((row["layer"], row["diff_id"]))
    facts = {row["image_id"]: row for row in reader.images.select(["image_id", "platform", "created"]).to_pylist()}
    return {
        id: _Image(id, row["platform"], row["created"], layers[id], _chain(layers[id]))
        for id, row in facts.items()
        if id in layers
    }


def _latest(reader: Reader) -> Mapping[tuple[str, str], _Image]:
    """What each name stood for at last, by name and image id."""
    every = _every(reader)
    rows = reader.latest.select(["reference", "image_id"]).to_pylist()
    named = ((row["reference"], row["image_id"]) for row in rows)
    return {(reference, id): every[id] for reference, id in sorted(named) if id in every}


def _seen(reader: Reader) -> set[tuple[str, str]]:
    """Every name and image that were ever seen together."""
    rows = reader.seen.select(["reference", "image_id"]).to_pylist()
    return {(row["reference"], row["image_id"]) for row in rows}


def _chain(layers: Iterable[tuple[str, str | None]]) -> list[str]:
    made, chain = "", list[str]()
    for layer, diff_id in layers:
        made = hashlib.sha256(f"{made} {diff_id or layer}".encode()).hexdigest()
        chain.append(made)
    return chain


def _behind(reference: str, image: _Image, name: str, base: _Image, newer: _Image) -> Row:
    days = (newer.created - base.created).days if newer.created and base.created else None
    return {
        "reference": reference,
        "image_id": image.id,
        "platform": image.platform,
        "base_reference": name,
        "base_created": base.created,
        "newer_image_id": newer.id,
        "newer_created": newer.created,
        "newer_days": days,
        "newer_layers": len({diff_id for _, diff_id in newer.layers} - {diff_id for _, diff_id in image.layers}),
    }


def _in_images(reader: Reader, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """The rows of layers, for each latest image that has the layer."""
    having: dict[str | None, list[Row]] = defaultdict(list)
    wanted = {row["diff_id"] for row in rows}
    for (reference, id), image in _latest(reader).items():
        for position, (layer, diff_id) in enumerate(image.layers):
            if diff_id in wanted:
                having[diff_id].append({"reference": reference, "image_id": id, "layer": layer, "position": position})
    return ({**row, **each} for row in rows for each in having[row["diff_id"]])


def _fates(rows: Iterable[Row]) -> Iterator[Row]:
    """The entries of each image, and what became of them in the layers above; no whiteouts."""
    images: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        images[row["reference"], row["image_id"]].append(row)
    for _, entries in sorted(images.items()):
        last = {row["path"]: row["position"] for row in sorted(entries, key=lambda row: row["position"])}
        for row in entries:
            if row["type"] not in _MARKERS:
                above = (last.get(each, -1) for each in _hiding(row["path"]))
                gone = any(position > row["position"] for position in above)
                fate = "deleted" if gone else "overwritten" if last[row["path"]] > row["position"] else "visible"
                yield {**row, "fate": fate}


def _hiding(path: str) -> Iterator[str]:
    """The whiteouts and opaque markers that would hide a path."""
    while path and path != "/":
        folder = dirname(path)
        yield f"{folder.rstrip('/')}/.wh.{basename(path)}"
        yield f"{folder.rstrip('/')}/{_OPAQUE}"
        path = folder


def _regex(pattern: str) -> str:
    """A pattern of paths as a regular expression: `*` is within a folder, `**` is not; a folder is all below it."""
    parts = re.split(r"(\*\*|\*|\?)", f"{pattern}**" if pattern.endswith("/") else pattern)
    coded = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return f"^{''.join(coded.get(part) or re.escape(part) for part in parts)}$"
