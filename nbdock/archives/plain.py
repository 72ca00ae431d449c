"""Images with plain tars in place of zstd layers, for engines that read no zstd. The config stays, and so the id."""

from __future__ import annotations

import json
from collections.abc import Mapping

from nbdock.oci import fields, media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Manifest
from nbdock.places import LayerFacts

_SUFFIX_LENGTH = len("+zstd")


def is_zstd(blob: Descriptor) -> bool:
    """Whether it is a layer that says to be compressed with zstd."""
    return media.is_layer(blob.media_type) and media.compression(blob.media_type) == "zstd"


def plain(layer: Descriptor, facts: LayerFacts) -> Descriptor:
    """The tar of a zstd layer: its digest is the diff id."""
    return Descriptor(layer.media_type[:-_SUFFIX_LENGTH], facts.diff_id, facts.tar_size)


def replaced(manifest: Manifest, layers: Mapping[Digest, Descriptor]) -> bytes:
    """The manifest with other descriptors for these layers: always the same bytes for the same manifest."""
    source = dict(fields.load(manifest.raw, "manifest"))
    source["layers"] = [
        layers[layer.digest].json() if layer.digest in layers else given
        for layer, given in zip(manifest.layers, fields.objects(source, "layers"), strict=True)
    ]
    return json.dumps(source, separators=(",", ":")).encode()
