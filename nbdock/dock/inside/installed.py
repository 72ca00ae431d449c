"""The packages of an image: what its layers' files name, merged (docs/tables.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbdock.dock.dock import Dock
from nbdock.dock.inside.contents import Contents, contents
from nbdock.dock.steps import Step

if TYPE_CHECKING:
    from nbdock.places import Image

_OS = "os"
DISTRIBUTED = ("apk", "deb", "opkg", "rpm")
"""Ecosystems of distributions."""
_IDENTITY = ("path", "inner_path", "ecosystem", "name", "version", "architecture")
_VENDORS = {"opensuse-leap": "opensuse", "opensuse-tumbleweed": "opensuse", "rhel": "redhat"}
"""Distributions that package URLs call otherwise than /etc/os-release."""
_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Installed:
    """A package of an image. `position` is that of the first layer with this version; `fields` are the table's.

    `removed_by` is the step that overwrote or deleted the last file that names it; None for a package that is there.
    """

    fields: _Row
    position: int
    step: Step
    removed_by: Step | None


def packages(dock: Dock, image: Image) -> list[Installed]:
    """The packages of an image in the order of its layers, removed ones too; a warning for each file that is broken.

    A package is there as long as one visible file names it. Raises BlobNotFound.
    """
    inside = contents(dock, image, exact=True)  # packages are found by reading files
    rows = list(_rows(inside))
    for _, _, row in rows:
        if row["problem"]:
            dock.console.warn(f"WARNING: cannot read all packages of {row['path']}: {row['problem']}")
    distribution = _distribution(row for _, ended, row in rows if row["ecosystem"] == _OS and ended is None)
    named = [each for each in rows if each[2]["ecosystem"] not in (_OS, None)]
    return [_complete(each, distribution) for each in _merged(named, inside.steps)]


def _rows(inside: Contents) -> Iterator[tuple[int, int | None, _Row]]:
    """Each row of the layers' tables: its layer, the layer that ended its file, the row."""
    for position, layer in enumerate(inside.image.layers):
        table, _ = layer.table("packages", layer.open)
        ended = _ended(inside, position, table["offset"].to_numpy())
        yield from zip([position] * table.num_rows, ended, table.to_pylist(), strict=True)


def _ended(inside: Contents, position: int, offsets: Any) -> list[int | None]:
    """The layer that ended each of these files of a layer; None for those that are visible."""
    offsets_of_files = inside.tables[position]["offset"].to_numpy()
    rows = np.searchsorted(offsets_of_files, offsets) + inside.merged.starts[position]
    layers = inside.merged.layer_of(inside.merged.ended_by[rows]).tolist()
    return [None if used else layer for used, layer in zip(inside.waste.is_used[rows].tolist(), layers, strict=True)]


def _merged(rows: list[tuple[int, int | None, _Row]], steps: tuple[Step, ...]) -> Iterator[Installed]:
    first: dict[tuple[Any, ...], tuple[int, _Row]] = {}
    last: dict[tuple[Any, ...], int | None] = {}
    for position, ended, row in rows:
        key = tuple(row[name] for name in _IDENTITY)
        first.setdefault(key, (position, row))
        if key not in last or last[key] is not None:
            last[key] = ended
    for key, (position, row) in first.items():
        ended = last[key]
        yield Installed(row, position, steps[position], None if ended is None else steps[ended])


def _distribution(rows: Iterator[_Row]) -> tuple[str, str | None] | None:
    """The id and version of the distribution: /etc/os-release counts before /usr/lib/os-release."""
    return next(((row["name"], row["version"]) for row in sorted(rows, key=lambda row: str(row["path"]))), None)


def _complete(found: Installed, distribution: tuple[str, str | None] | None) -> Installed:
    """With the distribution in the package URL, which only the whole image knows."""
    if distribution is None or found.fields["ecosystem"] not in DISTRIBUTED:
        return found
    from packageurl import PackageURL

    name, version = distribution
    url = PackageURL.from_string(found.fields["purl"])
    qualifiers = {**dict(url.qualifiers), "distro": f"{name}-{version}" if version else name}
    purl = url._replace(namespace=_VENDORS.get(name, name), qualifiers=qualifiers).to_string()
    return Installed({**found.fields, "purl": purl}, found.position, found.step, found.removed_by)
