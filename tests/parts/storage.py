"""What a registry keeps, read from its folder: true whatever its authentication, TLS or API say."""

from __future__ import annotations

import json
from typing import Any

from tests.parts.registries import Registry


def blobs(registry: Registry) -> set[str]:
    """The digests of everything kept."""
    kept = (registry.root / "docker/registry/v2/blobs/sha256").glob("*/*/data")
    return {f"sha256:{data.parent.name}" for data in kept}


def blob(registry: Registry, digest: str) -> bytes:
    """What is kept under the digest."""
    hexadecimal = digest.removeprefix("sha256:")
    return (registry.root / "docker/registry/v2/blobs/sha256" / hexadecimal[:2] / hexadecimal / "data").read_bytes()


def manifest_digest(registry: Registry, repository: str, tag: str) -> str:
    """What the tag stands for: the digest of an index or a manifest."""
    tags = registry.root / "docker/registry/v2/repositories" / repository / "_manifests/tags"
    return (tags / tag / "current/link").read_text()


def raw_manifest(registry: Registry, repository: str, tag: str) -> bytes:
    """The index or manifest that the tag stands for, byte for byte."""
    return blob(registry, manifest_digest(registry, repository, tag))


def manifest(registry: Registry, repository: str, tag: str, architecture: str = "amd64") -> dict[str, Any]:
    """The manifest behind the tag; where that is an index, the one for the architecture."""
    found = json.loads(raw_manifest(registry, repository, tag))
    for entry in found.get("manifests", []):
        if entry["platform"]["architecture"] == architecture:
            return json.loads(blob(registry, entry["digest"]))
    return found


def config_digest(registry: Registry, repository: str, tag: str, architecture: str = "amd64") -> str:
    """The image id: the digest of the config behind the tag."""
    return manifest(registry, repository, tag, architecture)["config"]["digest"]
