"""OCI image layouts, written by plain code: what the tests know of images without asking nbdock."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

Descriptor: TypeAlias = dict[str, Any]

REF_NAME = "org.opencontainers.image.ref.name"
INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass(frozen=True, slots=True)
class MediaTypes:
    """The names that one family of tools gives to the parts of an image."""

    manifest: str
    config: str
    layer: str


OCI = MediaTypes(
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.oci.image.layer.v1.tar+gzip",
)
DOCKER = MediaTypes(
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.container.image.v1+json",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction of a Dockerfile, when it ran, and the gzipped tar it made or None."""

    created: str
    created_by: str
    layer: bytes | None = None
    comment: str = "buildkit.dockerfile.v0"

    @property
    def row(self) -> dict[str, object]:
        """Its entry in the history of a config."""
        row: dict[str, object] = {"created": self.created, "created_by": self.created_by, "comment": self.comment}
        return row if self.layer else {**row, "empty_layer": True}


@dataclass(frozen=True, slots=True)
class Layout:
    """An OCI image layout in a folder."""

    folder: Path

    def image(self, steps: Iterable[Step], media_types: MediaTypes = OCI, **about: object) -> Descriptor:
        """Keep an image of these steps; `about` is the rest of its config. The descriptor of its manifest."""
        steps = list(steps)
        layers = [step.layer for step in steps if step.layer]
        config = {
            "architecture": "amd64",
            "os": "linux",
            "created": steps[-1].created,
            "rootfs": {"type": "layers", "diff_ids": [_digest(gzip.decompress(layer)) for layer in layers]},
            "history": [step.row for step in steps],
            **about,
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": media_types.manifest,
            "config": self._document(config, media_types.config),
            "layers": [self._add(layer, media_types.layer) for layer in layers],
        }
        return self._document(manifest, media_types.manifest)

    def index(self, *images: Descriptor) -> Descriptor:
        """Keep an index of the images, each with its `platform`. The descriptor of it."""
        return self._document({"schemaVersion": 2, "mediaType": INDEX, "manifests": images}, INDEX)

    def write(self, tags: Mapping[str, Descriptor]) -> None:
        """Finish the layout: what each tag stands for."""
        names = [{**target, "annotations": {REF_NAME: tag}} for tag, target in tags.items()]
        (self.folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": names}))
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

    def tags(self) -> dict[str, Descriptor]:
        """What each tag stands for."""
        index = json.loads((self.folder / "index.json").read_text())
        return {entry["annotations"][REF_NAME]: entry for entry in index["manifests"]}

    def _document(self, content: object, media_type: str) -> Descriptor:
        return self._add(json.dumps(content).encode(), media_type)

    def _add(self, content: bytes, media_type: str) -> Descriptor:
        digest = _digest(content)
        blob = self.folder / "blobs" / digest.replace(":", "/")
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(content)
        return {"mediaType": media_type, "digest": digest, "size": len(content)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
