"""What a data set knows already: what needs no reading again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from nbdock.frames.schema import Row
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.platform import Platform
from nbdock.surveys import documents
from nbdock.surveys.brief import Brief, FoundLayer, Target
from nbdock.surveys.layers import LayerTable
from nbdock.surveys.rows import asked_of, seen_row

if TYPE_CHECKING:
    from nbdock.oci.reference import Reference
    from nbdock.surveys.address import Address

Sight: TypeAlias = "tuple[str, str, str | None]"
"""A name, the digest that it stands for, and what was asked for."""


@dataclass
class Known:
    """What was read before: of each sight its images, of each image its layers, and what cannot be read at all."""

    images: dict[Sight, set[tuple[str, str]]] = field(default_factory=partial(defaultdict, set))
    layers: dict[str, list[tuple[str, str]]] = field(default_factory=partial(defaultdict, list))
    blobs: dict[str, Row] = field(default_factory=dict)
    lasting: set[tuple[str | None, str | None]] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    held: list[frozenset[str]] = field(default_factory=list)

    @classmethod
    def read(cls, brief: Brief) -> Known:
        """From the data set. Raises UsageError."""
        if brief.address is None:
            return cls()
        known = cls(held=[LayerTable.listed(brief.address, kind).held for kind in brief.kinds])
        for row in _rows(brief.address, "seen", "reference", "digest", "asked", "image_id", "manifest_digest"):
            known.images[row[0], row[1], row[2]].add((row[3], row[4]))
        for image_id, layer, diff_id in _rows(brief.address, "image_layers", "image_id", "layer", "diff_id"):
            known.layers[image_id].append((layer, diff_id))
        names = ("layer", "compressed_bytes", "entries", "media_type")
        known.blobs = {row[0]: dict(zip(names, row, strict=True)) for row in _rows(brief.address, "layers", *names)}
        for lasting, layer, digest, asked in _rows(brief.address, "problems", "lasting", "layer", "digest", "asked"):
            if lasting and layer:
                known.broken.add(layer)
            elif lasting and digest:
                known.lasting.add((digest, asked))
        return known

    def split(self, brief: Brief, name: Reference, descriptor: Descriptor) -> tuple[list[Row], Target]:
        """What a name stands for: as rows if that is known, and the target that is left to read."""
        digest, rows, left = str(descriptor.digest), list[Row](), list[Platform | None]()
        for asked in brief.asked if asked_of(descriptor, None) else (None,):
            what = asked_of(descriptor, asked)
            images = self.images.get((str(name), digest, what), set())
            if images and not (brief.kinds and any(map(self._is_unsized, images))):
                rows += (seen_row(brief.seen_at, name, descriptor.digest, what, image) for image in sorted(images))
            elif (digest, what) not in self.lasting:
                left.append(asked)
        return rows, Target(descriptor, (name,), tuple(left))

    def layers_of(self, rows: Iterable[Row], names: dict[str, Reference]) -> Iterator[FoundLayer]:
        """The layers of images that are known."""
        for row in rows:
            for layer, diff_id in self.layers.get(row["image_id"], ()):
                blob = self.blobs.get(layer, {})
                size = blob.get("compressed_bytes") or 0
                descriptor = Descriptor(blob.get("media_type") or "", Digest.parse(layer), size)
                yield FoundLayer(descriptor, Digest.parse(diff_id) if diff_id else None, names[row["reference"]])

    def has(self, layer: FoundLayer) -> bool:
        """Whether all that is wanted of a layer is there."""
        digest, diff_id = str(layer.descriptor.digest), layer.diff_id.hex if layer.diff_id else ""
        is_read = self.blobs.get(digest, {}).get("entries") is not None
        return is_read and all(diff_id in held for held in self.held)

    def _is_unsized(self, image: tuple[str, str]) -> bool:
        """Whether only the manifest says how long a layer is: a plain tar that nobody has read."""
        blobs = (self.blobs.get(layer, {}) for layer, _ in self.layers.get(image[0], ()))
        return any(blob.get("compressed_bytes") is None and blob.get("entries") is None for blob in blobs)


def _rows(address: Address, name: str, *columns: str) -> Iterator[tuple[Any, ...]]:
    table = documents.read(address, name)
    return zip(*(table[column].to_pylist() for column in columns), strict=True)
