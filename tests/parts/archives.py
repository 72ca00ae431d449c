"""Archives of images, written by plain code: docker's of every age, and OCI layouts. Each is first a mapping of files,
which a test may change, and then `packed`."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.parts.layers import Entry, file, layer, symlink

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Files: TypeAlias = dict[str, bytes | Entry]

COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tgz": gzip.compress,
    "tar.gz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
    "tar.zst": zstd.compress,
}
"""By the end of a file's name."""
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
REF_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"


def tar(*entries: Entry) -> bytes:
    """The entries as a plain tar."""
    return gzip.decompress(layer(*entries))


def packed(files: Mapping[str, bytes | Entry]) -> bytes:
    """The files as a tar; an entry stands for itself."""
    return tar(*(file(path, each) if isinstance(each, bytes) else each for path, each in files.items()))


def hexed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


BASE = tar(file("etc/motd", b"hello\n"), file("bin/sh", b"#!\n"))
TOP = tar(symlink("bin/ash", "sh"), file("etc/motd", b"good bye\n"))


@dataclass(frozen=True)
class Image:
    """An image of plain layers."""

    names: tuple[str, ...] = ("app:1.0",)
    layers: tuple[bytes, ...] = (BASE, TOP)
    architecture: str = "amd64"

    @property
    def config(self) -> bytes:
        diff_ids = [f"sha256:{hexed(each)}" for each in self.layers]
        platform = {"os": "linux", "architecture": self.architecture}
        return json.dumps({**platform, "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode()

    @property
    def id(self) -> str:
        return f"sha256:{hexed(self.config)}"


def docker(*images: Image) -> Files:
    """As docker from 1.10 on saves them."""
    files: Files = {}
    for image in images:
        files |= {f"{hexed(each)}/layer.tar": each for each in image.layers}
        files[f"{hexed(image.config)}.json"] = image.config
    return {**files, "manifest.json": listing(*images)}


def listing(*images: Image, folder: str = "", end: str = ".json", layer: str = "{}/layer.tar") -> bytes:
    """A `manifest.json` of them."""
    return json.dumps(
        [
            {
                "Config": f"{folder}{hexed(image.config)}{end}",
                "RepoTags": list(image.names) or None,
                "Layers": [layer.format(hexed(each)) for each in image.layers],
            }
            for image in images
        ]
    ).encode()


def legacy(image: Image) -> Files:
    """As docker before 1.10 saved it: a folder for each layer, `repositories` for the names."""
    files: Files = {}
    parent = ""
    for number, each in enumerate(image.layers):
        about = {
            "id": f"{number}" * 64,
            "created": "2014-02-03T04:05:06Z",
            "author": "someone",
            "container_config": {"Cmd": ["/bin/sh", "-c", f"step {number}"]},
            "config": {"Cmd": ["sh"]},
            "os": "linux",
            "architecture": image.architecture,
            "Size": 7,
            **({"parent": parent} if parent else {}),
        }
        parent = f"{number}" * 64
        files |= {
            f"{parent}/VERSION": b"1.0",
            f"{parent}/json": json.dumps(about).encode(),
            f"{parent}/layer.tar": each,
        }
    names: dict[str, dict[str, str]] = {}
    for name in image.names:
        repository, _, tag = name.rpartition(":")
        names.setdefault(repository, {})[tag] = parent
    return {**files, "repositories": json.dumps(names).encode()}


def oci(*images: Image) -> Files:
    """An OCI layout, with the whole names of the images."""
    files: Files = {}
    entries = []
    for image in images:
        entry = put(files, manifest(image, files), OCI_MANIFEST)
        entries += [{**entry, "annotations": {CONTAINERD_NAME: name}} for name in image.names] or [entry]
    return indexed(files, *entries)


def both(*images: Image) -> Files:
    """As docker from 25 on saves them: an OCI layout with a `manifest.json`."""
    listed = listing(*images, folder="blobs/sha256/", end="", layer="blobs/sha256/{}")
    return {**oci(*images), "manifest.json": listed}


def platforms(name: str, *images: Image) -> Files:
    """An OCI layout of one image for several platforms."""
    files: Files = {}
    children = [
        {
            **put(files, manifest(each, files), OCI_MANIFEST),
            "platform": {"os": "linux", "architecture": each.architecture},
        }
        for each in images
    ]
    index = put(files, document({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children}), OCI_INDEX)
    return indexed(files, {**index, "annotations": {CONTAINERD_NAME: name}})


def indexed(files: Files, *entries: Mapping[str, Any]) -> Files:
    """The files with the two that make them a layout."""
    return {
        **files,
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
        "index.json": document({"schemaVersion": 2, "manifests": entries}),
    }


def manifest(image: Image, files: Files) -> bytes:
    """The manifest of an image whose config and layers are put into the files."""
    layers = [put(files, each, OCI_LAYER) for each in image.layers]
    config = put(files, image.config, OCI_CONFIG)
    return document({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers})


def put(files: Files, content: bytes, media_type: str) -> dict[str, Any]:
    """Put a blob into the files; returns its descriptor."""
    files[blob(content)] = content
    return {"mediaType": media_type, "digest": f"sha256:{hexed(content)}", "size": len(content)}


def blob(content: bytes) -> str:
    """Where the blob is in a layout."""
    return f"blobs/sha256/{hexed(content)}"


def document(value: object) -> bytes:
    return json.dumps(value).encode()
