"""What images are made of, by digest. The same recipe leaves the same bytes here on every machine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from nbdock.oci import media
from nbdock.oci.config import Instruction
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.samples.build import Recipe
from nbdock.samples.changeset import Changeset
from nbdock.samples.deflate import compress

_LAYER = f"{media.OCI_LAYER}+gzip"
# As BuildKit writes a layer that nothing is in: the 4f4fb700ef54 that many an image of Docker Hub has, for a WORKDIR.
_EMPTY_LAYER = bytes.fromhex("1f8b08000000000000ff621805a360148c5800080000ffff2eafb5ef00040000")


class Shelf:
    """Blobs, documents among them, in memory."""

    def __init__(self) -> None:
        self.blobs: dict[Digest, bytes] = {}
        self._layers: dict[Changeset, tuple[Digest, Descriptor]] = {}

    def put(self, media_type: str, content: bytes, **more: Any) -> Descriptor:
        """Keep the bytes; `more` goes into the descriptor."""
        descriptor = Descriptor.of(media_type, content, **more)
        self.blobs[descriptor.digest] = content
        return descriptor

    def write(self, media_type: str, document: Mapping[str, Any], **more: Any) -> Descriptor:
        """Keep a document as JSON, with its keys in order and no blanks."""
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return self.put(media_type, text.encode(), **more)

    def image(self, recipe: Recipe) -> Descriptor:
        """Keep the recipe's layers, its config and its manifest, and return the manifest's descriptor."""
        packed = [self._pack(changeset) for changeset in recipe.changesets]
        config = self.write(media.OCI_CONFIG, _config(recipe, [diff_id for diff_id, _ in packed]))
        return self.manifest(config, [layer for _, layer in packed], platform=recipe.platform)

    def manifest(self, config: Descriptor, layers: Iterable[Descriptor], **more: Any) -> Descriptor:
        parts = {"config": config.json(), "layers": [layer.json() for layer in layers]}
        return self.write(media.OCI_MANIFEST, {**_envelope(media.OCI_MANIFEST), **parts}, **more)

    def index(self, manifests: Iterable[Descriptor]) -> Descriptor:
        children = {"manifests": [manifest.json() for manifest in manifests]}
        return self.write(media.OCI_INDEX, {**_envelope(media.OCI_INDEX), **children})

    def _pack(self, changeset: Changeset) -> tuple[Digest, Descriptor]:
        """The layer's diff id and descriptor; packed once, however many images share it."""
        if changeset not in self._layers:
            tar = changeset.tar()
            layer = self.put(_LAYER, compress(tar) if changeset.entries else _EMPTY_LAYER)
            self._layers[changeset] = Digest.of(tar), layer
        return self._layers[changeset]


def _envelope(media_type: str) -> dict[str, Any]:
    return {"schemaVersion": 2, "mediaType": media_type}


def _config(recipe: Recipe, diff_ids: Iterable[Digest]) -> dict[str, Any]:
    document = {
        **recipe.platform.json(),
        "created": _rfc3339(recipe.created),
        "config": recipe.runtime,
        "rootfs": {"type": "layers", "diff_ids": list(map(str, diff_ids))},
        "history": list(map(_row, recipe.history)),
    }
    return {**document, "docker_version": recipe.docker_version} if recipe.docker_version else document


def _row(step: Instruction) -> dict[str, Any]:
    row: dict[str, Any] = {"created": _rfc3339(step.created), "created_by": step.created_by}
    if step.comment:
        row["comment"] = step.comment
    return {**row, "empty_layer": True} if step.empty_layer else row


def _rfc3339(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
