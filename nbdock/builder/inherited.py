"""What a stage takes from its base. Bases say odd things: what is built has only what every tool can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nbdock.dockerfile.state import FIELDS
from nbdock.oci import fields, media

if TYPE_CHECKING:
    from nbdock.places import Image, Layer

_SETS = ("ExposedPorts", "Volumes")
_TIMES = ("Interval", "Timeout", "StartPeriod", "StartInterval", "Retries")
_UNTOLD = {"comment": "buildkit.exporter.image.v0"}
"""The row of a layer that the history does not mention, as BuildKit adds it."""


def config(image: Image) -> dict[str, Any]:
    """The fields of its config that BuildKit knows, without those that are empty."""
    known = image.config.config
    sets: dict[str, Any] = {name: {key: {} for key in fields.mapping(known, name)} for name in _SETS}
    health = _health(fields.mapping(known, "Healthcheck"))
    typed = {**known, **sets, "Labels": image.config.labels, "Healthcheck": health}
    return {name: typed[name] for name in FIELDS if typed.get(name)}


def others(image: Image) -> dict[str, Any]:
    """The fields beside its config that say whose it is, and for which system."""
    known = image.config.json
    found = {name: known[name] for name in ("author", "os.version", "os.features") if known.get(name)}
    return found if _is_texts(known.get("os.features") or []) else {**found, "os.features": []}


def history(image: Image) -> list[Mapping[str, Any]]:
    """Its history, in which as many rows have a layer as it has layers: rows to come would tell of the wrong ones."""
    rows, left = [_row(each) for each in image.config.json.get("history") or ()], len(image.layers)
    for row in rows:
        left -= not row.get("empty_layer")
        if left < 0:
            row["empty_layer"] = True
    return [*rows, *[_UNTOLD] * max(left, 0)]


def layers(image: Image) -> list[Layer]:
    """Its layers, of OCI media types: what is built has an OCI manifest."""
    return [
        replace(each, descriptor=replace(each.descriptor, media_type=media.as_oci(each.descriptor.media_type)))
        for each in image.layers
    ]


def _health(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """A healthcheck; none if a part of it is of a wrong type."""
    is_typed = _is_texts(source.get("Test") or []) and all(isinstance(source.get(name, 0), int) for name in _TIMES)
    return source if is_typed else {}


def _row(source: object) -> dict[str, Any]:
    known = source if isinstance(source, dict) else {}
    names = ("created", "created_by", "author", "comment")
    row: dict[str, Any] = {name: known[name] for name in names if isinstance(known.get(name), str)}
    if not fields.is_time(row.get("created", "")):
        row.pop("created", None)
    return {**row, "empty_layer": True} if known.get("empty_layer") is True else row


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
