"""Media types (OCI image spec, media-types.md; docker's image manifest v2), and limits on what is read at once."""

from __future__ import annotations

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
OCTETS = "application/octet-stream"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
"""What the file `oci-layout` has (OCI image spec, image-layout.md)."""
SCHEMA1 = frozenset(
    {
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    }
)

INDEXES = frozenset({OCI_INDEX, DOCKER_INDEX})
MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
CONFIGS = frozenset({OCI_CONFIG, DOCKER_CONFIG})
_ACCEPTED = (OCI_INDEX, DOCKER_INDEX, OCI_MANIFEST, DOCKER_MANIFEST)
ACCEPT = (", ".join((*_ACCEPTED, "*/*")), *_ACCEPTED)
"""For registries that read the first line only, and for those that compare whole lines with a media type."""
MAX_MANIFEST = 4 * 1024 * 1024
MAX_CONFIG = 16 * 1024 * 1024

_NONDISTRIBUTABLE = (
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
)
_COMPRESSIONS = {"": "", "+gzip": "gzip", ".gzip": "gzip", "+zstd": "zstd", ".zstd": "zstd"}
_LAYERS = {
    f"{base}{suffix}": compression
    for base in (OCI_LAYER, DOCKER_LAYER, *_NONDISTRIBUTABLE)
    for suffix, compression in _COMPRESSIONS.items()
}


def is_manifest(media_type: str) -> bool:
    """Whether this is a manifest or an index: what a registry has under /manifests/, not /blobs/."""
    return media_type in INDEXES or media_type in MANIFESTS


def is_layer(media_type: str) -> bool:
    """Whether this is a layer: a tar, compressed or not."""
    return media_type in _LAYERS


def is_nondistributable(media_type: str) -> bool:
    """Whether this is a non-distributable layer, which is fetched from its `urls` and never pushed."""
    return media_type.startswith(_NONDISTRIBUTABLE)


def is_compressed(media_type: str) -> bool:
    """Whether this is a layer that says to be compressed."""
    return bool(_LAYERS.get(media_type))


def layer(compression: str) -> str:
    """The media type of a layer that is a plain tar (""), or compressed with `gzip` or `zstd`."""
    return f"{OCI_LAYER}+{compression}" if compression else OCI_LAYER


def compression(media_type: str) -> str:
    """`gzip`, `zstd`, or "" for a plain tar. Raises KeyError if this is no layer."""
    return _LAYERS[media_type]


def as_oci(media_type: str) -> str:
    """The type that OCI manifests have for one of docker's layers."""
    for oci, docker in ((OCI_LAYER, DOCKER_LAYER), _NONDISTRIBUTABLE):
        if media_type.startswith(docker):
            return oci + media_type.removeprefix(docker).replace(".", "+")
    return media_type


def gzipped(media_type: str) -> str:
    """The type of a plain layer once it is compressed with gzip."""
    return f"{media_type}.gzip" if media_type.startswith("application/vnd.docker.") else f"{media_type}+gzip"
