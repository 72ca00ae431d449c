"""What an archive lists: images under names, and where the content of each digest is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nbdock.archives.files import Files, missing
from nbdock.errors import InvalidContent, InvalidReference
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference

MAX_IMAGES = 1000
_COMPRESSED = {"gzip": "+gzip", "zstd": "+zstd"}


@dataclass(frozen=True, slots=True)
class Held:
    """An image of an archive: its name there (`text` as it is written), and the index or manifest."""

    target: Descriptor
    reference: Reference | None = None
    text: str = ""


@dataclass(slots=True)
class Listing:
    """The images, the documents that were made for them, and the paths of content that is not under its digest."""

    images: list[Held] = field(default_factory=list)
    documents: dict[Digest, bytes] = field(default_factory=dict)
    paths: dict[Digest, str] = field(default_factory=dict)

    def add(self, config: bytes, layers: Sequence[Descriptor], names: Sequence[str]) -> None:
        """Add an image that has no manifest: one is made, always the same for the same config and layers."""
        about = Descriptor.of(media.OCI_CONFIG, config)
        manifest = _json(
            {
                "schemaVersion": 2,
                "mediaType": media.OCI_MANIFEST,
                "config": about.json(),
                "layers": [layer.json() for layer in layers],
            }
        )
        target = Descriptor.of(media.OCI_MANIFEST, manifest)
        self.documents |= {about.digest: config, target.digest: manifest}
        self.images += [Held(target, reference_of(name), name) for name in dict.fromkeys(names)] or [Held(target)]
        if len(self.images) > MAX_IMAGES:
            raise InvalidContent(f"the archive has more than {MAX_IMAGES} images")

    def layer(self, files: Files, path: str, diff_id: Digest | None) -> Descriptor:
        """The layer at a path. The digest of a plain one is its diff id, which is verified when the layer is read.

        Raises BlobNotFound, InvalidContent.
        """
        size = files.size(path)
        if size is None:
            raise missing(path)
        compression = files.compression(path)
        if compression not in ("", *_COMPRESSED):
            raise InvalidContent(f"the layer {path} is compressed by {compression}", hint="layers are gzip or zstd")
        is_named = diff_id is not None and not compression
        digest = diff_id if is_named and diff_id else files.digest(path)
        self.paths[digest] = path
        return Descriptor(media.OCI_LAYER + _COMPRESSED.get(compression, ""), digest, size)


def reference_of(text: str) -> Reference:
    """A name that an archive has. Raises InvalidContent."""
    try:
        reference = Reference.parse(text).tagged
    except InvalidReference as error:
        raise _invalid(text, str(error)) from None
    if reference.digest:
        raise _invalid(text, "a name in an archive has a tag and no digest")
    return checked(reference)


def checked(reference: Reference) -> Reference:
    """The same name. Raises InvalidContent if it would be mistaken for an id, as in docker."""
    if reference.familiar_name == "sha256":
        raise _invalid(str(reference), "it looks like an image id")
    return reference


def _invalid(text: str, why: str) -> InvalidContent:
    return InvalidContent(f"the archive has an image with an invalid name, {text!r}: {why}")


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
