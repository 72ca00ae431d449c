"""Where an image came from, said beside it in its index, as BuildKit says it (in-toto statement, SLSA provenance)."""

from __future__ import annotations

from typing import Any

from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.platform import Platform
from nbdock.samples.shelf import Shelf

_IN_TOTO = "application/vnd.in-toto+json"
_PREDICATE = "https://slsa.dev/provenance/v0.2"
_NOWHERE = Platform("unknown", "unknown")


def attest(shelf: Shelf, image: Descriptor, name: str) -> Descriptor:
    """Keep the attestation of `image`, which is known as `name`; a child for the same index."""
    annotations = {"in-toto.io/predicate-type": _PREDICATE}
    statement = shelf.write(_IN_TOTO, _statement(image, name), annotations=annotations)
    rootfs = {"type": "layers", "diff_ids": [str(statement.digest)]}
    config = shelf.write(media.OCI_CONFIG, {**_NOWHERE.json(), "config": {}, "rootfs": rootfs})
    about = {
        "vnd.docker.reference.digest": str(image.digest),
        "vnd.docker.reference.type": "attestation-manifest",
    }
    return shelf.manifest(config, [statement], platform=_NOWHERE, annotations=about)


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
