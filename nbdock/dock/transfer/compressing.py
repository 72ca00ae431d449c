"""Compress the plain layers of an image, as a registry should have them. The config stays the same, and so the id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from nbdock.contents.deflate import deflated
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.manifest import Manifest
from nbdock.oci.verify import verified
from nbdock.reading import read

if TYPE_CHECKING:
    from nbdock.oci.digest import Digest
    from nbdock.places import Source
    from nbdock.store import Store
    from nbdock.task import Task

_JOBS = 2


def is_plain(manifest: Manifest) -> bool:
    """Whether it has layers that are plain tars."""
    return any(_is_plain(layer) for layer in manifest.layers)


@contextmanager
def compressed(store: Store, source: Source, manifest: Manifest, task: Task) -> Iterator[Descriptor]:
    """The image with compressed layers, in the store: its manifest. What has no name at the end is deleted again.

    Layers that are compressed already are copied. Raises BlobNotFound, IntegrityError, StoreError, Cancelled.
    """
    written: list[Digest] = []
    try:
        yield _write(store, source, manifest, task, written)
    finally:
        store.delete(written)


def _write(store: Store, source: Source, manifest: Manifest, task: Task, written: list[Digest]) -> Descriptor:
    def put(blob: Descriptor, chunks: Iterable[bytes]) -> Descriptor:
        if not store.has(blob):
            store.write(blob, chunks)
            written.append(blob.digest)
        return blob

    def layer(blob: Descriptor) -> Descriptor:
        chunks = task.watched(verified(blob, source.open(blob)))
        if not _is_plain(blob):
            return put(blob, chunks)
        made, _ = store.incoming().take_layer(deflated(chunks))
        written.append(made.digest)
        return replace(made, media_type=media.gzipped(blob.media_type))

    layers = task.spread(layer, manifest.layers, _JOBS)
    put(manifest.config, [read(source, manifest.config)])
    pairs = zip(manifest.layers, layers, strict=True)
    raw = manifest.with_layers({before.digest: after for before, after in pairs if after != before}).raw
    return put(Descriptor.of(manifest.media_type, raw), [raw])


def _is_plain(layer: Descriptor) -> bool:
    return media.is_layer(layer.media_type) and not media.is_compressed(layer.media_type)
