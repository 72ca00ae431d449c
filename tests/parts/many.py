"""A store of very many images, written as the OCI image layout that it is: by pulls it would take minutes."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest

REF_NAME = "org.opencontainers.image.ref.name"


def fill(root: Path, count: int) -> None:
    """Images `project/app-0:1.0` and so on, each of a layer that all have and one of its own."""
    base = _layer(root, "base", 4000)
    entries = [_image(root, number, base) for number in range(count)]
    (root / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))


def rename(root: Path, *names: str) -> None:
    """Give these names to the first image that `fill` wrote, and no others to any; without any, no image has a name."""
    index = json.loads((root / "index.json").read_text())
    first, *_ = entries = index["manifests"]
    nameless = [{key: value for key, value in entry.items() if key != "annotations"} for entry in entries]
    named = [{**first, "annotations": {REF_NAME: name}} for name in names]
    (root / "index.json").write_text(json.dumps({**index, "manifests": named or nameless}))


def _image(root: Path, number: int, base: tuple[Descriptor, Digest]) -> dict[str, Any]:
    layers = [base, _layer(root, f"file-{number}", 100 + number * 7 % 5000)]
    created = f"20{10 + number % 15}-{1 + number % 12:02}-{1 + number % 28:02}T00:00:00Z"
    config = _put(
        root,
        media.OCI_CONFIG,
        {
            "architecture": "amd64",
            "os": "linux",
            "created": created,
            "rootfs": {"type": "layers", "diff_ids": [str(diff_id) for _, diff_id in layers]},
            "history": [{"created": created, "created_by": f"COPY step {step}"} for step in range(len(layers))],
        },
    )
    content = {"schemaVersion": 2, "config": config.json(), "layers": [layer.json() for layer, _ in layers]}
    manifest = _put(root, media.OCI_MANIFEST, content)
    name = f"docker.io/project/app-{number}:1.0"
    return {**manifest.json(), "annotations": {REF_NAME: name, "dev.nbdock.pulled": created}}


def _layer(root: Path, name: str, size: int) -> tuple[Descriptor, Digest]:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = size
        archive.addfile(entry, io.BytesIO(name.encode().ljust(size)))
    blob, diff_id = gzip.compress(tar.getvalue(), 1, mtime=0), Digest.of(tar.getvalue())
    descriptor = _write(root, f"{media.OCI_LAYER}+gzip", blob)
    record = root / "layers" / descriptor.digest.algorithm / descriptor.digest.hex
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps({"diff_id": str(diff_id), "files": size, "tar": len(tar.getvalue()), "entries": 1}))
    return descriptor, diff_id


def _put(root: Path, media_type: str, document: dict[str, Any]) -> Descriptor:
    return _write(root, media_type, json.dumps(document).encode())


def _write(root: Path, media_type: str, content: bytes) -> Descriptor:
    descriptor = Descriptor.of(media_type, content)
    path = root / "blobs" / descriptor.digest.algorithm / descriptor.digest.hex
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return descriptor
