"""Compress the plain layers of an image, as a registry should have them. The config stays the same, and so the id."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from nbdock.contents.deflate import deflated
from nbdock.oci import fields, media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.manifest import Manifest
from nbdock.reading import read

if TYPE_CHECKING:
    from nbdock.places import Source
    from nbdock.store import Store
    from nbdock.task import Task

_JOBS = 2


def is_plain(manifest: Manifest) -> bool:
    """Whether it has layers that are plain tars."""
    return any(_is_plain(layer) for layer in manifest.layers)


def compress(store: Store, source: Source, manifest: Manifest, task: Task) -> Descriptor:
    """Write the image with compressed layers into the store, without a name; returns its manifest.

    Layers that are compressed already are copied. Raises BlobNotFound, IntegrityError, StoreError, Cancelled.
    """

    def put(layer: Descriptor) -> Descriptor:
        if _is_plain(layer):
            made = _compressed(store, _checked(source.open(layer), task))
            return replace(made, media_type=media.gzipped(layer.media_type))
        if not store.has(layer):
            store.write(layer, _checked(source.open(layer), task))
        return layer

    layers = task.spread(put, manifest.layers, _JOBS)
    if not store.has(manifest.config):
        store.write(manifest.config, [read(source, manifest.config)])
    document = {**fields.load(manifest.raw, "manifest"), "layers": [layer.json() for layer in layers]}
    raw = json.dumps(document, separators=(",", ":")).encode()
    made = Descriptor.of(manifest.media_type, raw)
    store.write(made, [raw])
    return made


def _checked(chunks: Iterable[bytes], task: Task) -> Iterator[bytes]:
    for chunk in chunks:
        task.check()
        yield chunk


def _is_plain(layer: Descriptor) -> bool:
    return media.is_layer(layer.media_type) and not media.is_compressed(layer.media_type)


def _compressed(store: Store, tar: Iterable[bytes]) -> Descriptor:
    incoming = store.incoming()
    try:
        for chunk in deflated(tar):
            incoming.append(chunk)
        return incoming.keep_layer()[0]
    except BaseException:
        incoming.delete()
        raise
