"""Builds the samples as an OCI image layout (image-layout.md), the same on every machine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from nbdock.oci import media
from nbdock.oci.config import Instruction
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from scripts.samples.build import Recipe
from scripts.samples.catalogue import CATALOGUE, Sample
from scripts.samples.changeset import Changeset
from scripts.samples.deflate import compress

_REF_NAME = "org.opencontainers.image.ref.name"
_LAYER = f"{media.OCI_LAYER}+gzip"
# An empty layer as BuildKit writes it for a WORKDIR; many images of Docker Hub have this one (4f4fb700ef54).
_EMPTY_LAYER = bytes.fromhex("1f8b08000000000000ff621805a360148c5800080000ffff2eafb5ef00040000")

_IN_TOTO = "application/vnd.in-toto+json"
_PREDICATE = "https://slsa.dev/provenance/v0.2"
_UNKNOWN = Platform("unknown", "unknown")


class Layout:
    """An OCI image layout in memory: `blobs` by digest, and the names of `index.json` with their descriptors."""

    def __init__(self) -> None:
        self.blobs: dict[Digest, bytes] = {}
        self.names: dict[Reference, Descriptor] = {}
        self._layers: dict[Changeset, tuple[Digest, Descriptor]] = {}

    def write(self, folder: Path) -> None:
        """Write the layout to `folder`, which is replaced."""
        shutil.rmtree(folder, ignore_errors=True)
        blobs = folder / "blobs" / "sha256"
        blobs.mkdir(parents=True)
        for digest, content in self.blobs.items():
            (blobs / digest.hex).write_bytes(content)
        (folder / "oci-layout").write_bytes(b'{"imageLayoutVersion":"1.0.0"}')
        (folder / "index.json").write_bytes(json.dumps(self._index(), indent=1).encode() + b"\n")

    def add(self, sample: Sample) -> None:
        """Build a sample under all of its names: one image, or an index of platforms with their provenance."""
        images = [self.image(recipe) for recipe in sample.labelled()]
        attestations = [self.attestation(image, sample.repository) for image in images] if len(images) > 1 else []
        target = self.index([*images, *attestations]) if attestations else images[0]
        self.names.update(dict.fromkeys(sample.references(), target))

    def image(self, recipe: Recipe) -> Descriptor:
        """Build the recipe's layers, config and manifest; returns the manifest's descriptor."""
        layers = [self._layer(changeset) for changeset in recipe.changesets]
        config = self._put_json(media.OCI_CONFIG, _config(recipe, [diff_id for diff_id, _ in layers]))
        return self._manifest(config, [layer for _, layer in layers], platform=recipe.platform)

    def attestation(self, image: Descriptor, name: str) -> Descriptor:
        """The provenance of an image, as BuildKit adds it to an index (in-toto statement, SLSA provenance)."""
        statement = self._put_json(
            _IN_TOTO, _statement(image, name), annotations={"in-toto.io/predicate-type": _PREDICATE}
        )
        rootfs = {"type": "layers", "diff_ids": [str(statement.digest)]}
        config = self._put_json(media.OCI_CONFIG, {**_UNKNOWN.json(), "config": {}, "rootfs": rootfs})
        subject = {
            "vnd.docker.reference.digest": str(image.digest),
            "vnd.docker.reference.type": "attestation-manifest",
        }
        return self._manifest(config, [statement], platform=_UNKNOWN, annotations=subject)

    def index(self, manifests: Iterable[Descriptor]) -> Descriptor:
        """An index of these manifests."""
        children = {"manifests": [manifest.json() for manifest in manifests]}
        return self._put_json(media.OCI_INDEX, {**_envelope(media.OCI_INDEX), **children})

    def _manifest(self, config: Descriptor, layers: Iterable[Descriptor], **more: Any) -> Descriptor:
        content = {"config": config.json(), "layers": [layer.json() for layer in layers]}
        return self._put_json(media.OCI_MANIFEST, {**_envelope(media.OCI_MANIFEST), **content}, **more)

    def _layer(self, changeset: Changeset) -> tuple[Digest, Descriptor]:
        """The layer's diff id and descriptor. A layer that images share is built once."""
        if changeset not in self._layers:
            tar = changeset.tar()
            layer = self._put(_LAYER, compress(tar) if changeset.entries else _EMPTY_LAYER)
            self._layers[changeset] = Digest.of(tar), layer
        return self._layers[changeset]

    def _put_json(self, media_type: str, content: Mapping[str, Any], **more: Any) -> Descriptor:
        """Add a blob of JSON with sorted keys and no blanks."""
        return self._put(media_type, json.dumps(content, sort_keys=True, separators=(",", ":")).encode(), **more)

    def _put(self, media_type: str, content: bytes, **more: Any) -> Descriptor:
        """Add a blob; `more` are further fields of its descriptor."""
        descriptor = Descriptor.of(media_type, content, **more)
        self.blobs[descriptor.digest] = content
        return descriptor

    def _index(self) -> dict[str, Any]:
        named = (replace(target, annotations={_REF_NAME: str(name)}) for name, target in self.names.items())
        return {**_envelope(media.OCI_INDEX), "manifests": [target.json() for target in named]}


def samples() -> Layout:
    """Build all samples."""
    layout = Layout()
    for sample in CATALOGUE:
        layout.add(sample)
    return layout


def _envelope(media_type: str) -> dict[str, Any]:
    return {"schemaVersion": 2, "mediaType": media_type}


def _config(recipe: Recipe, diff_ids: Iterable[Digest]) -> dict[str, Any]:
    config = {
        **recipe.platform.json(),
        "created": _rfc3339(recipe.created),
        "config": recipe.config,
        "rootfs": {"type": "layers", "diff_ids": list(map(str, diff_ids))},
        "history": list(map(_history, recipe.history)),
    }
    return {**config, "docker_version": recipe.docker_version} if recipe.docker_version else config


def _history(instruction: Instruction) -> dict[str, Any]:
    entry: dict[str, Any] = {"created": _rfc3339(instruction.created), "created_by": instruction.created_by}
    if instruction.comment:
        entry["comment"] = instruction.comment
    return {**entry, "empty_layer": True} if instruction.empty_layer else entry


def _rfc3339(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _statement(image: Descriptor, name: str) -> dict[str, Any]:
    return {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": _PREDICATE,
        "subject": [{"name": f"{name} for {image.platform}", "digest": {image.digest.algorithm: image.digest.hex}}],
        "predicate": {
            "builder": {"id": "urn:nbdock:samples"},
            "buildType": "urn:nbdock:sample",
            "metadata": {"reproducible": True},
        },
    }
