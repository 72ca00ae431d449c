"""What kind of claim something is, by media types and annotations alone: nothing has to be read for that."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nbdock.oci.descriptor import Descriptor
from nbdock.oci.manifest import Index, Manifest, is_attestation

SIGNATURE, SBOM, PROVENANCE, ATTESTATION = KINDS = ("signature", "sbom", "provenance", "attestation")

# BuildKit's, cosign's, and that of sigstore's bundles
_PREDICATE_TYPES = ("in-toto.io/predicate-type", "predicateType", "dev.sigstore.bundle.predicateType")
_BUNDLED = "dev.sigstore.bundle.content"
_OF_PREDICATES = {
    SBOM: re.compile(r"https://(spdx\.dev/Document|cyclonedx\.org/(bom|schema))"),
    PROVENANCE: re.compile(r"https://slsa\.dev/provenance/"),
}
_OF_TYPES = {
    SIGNATURE: re.compile(r"cosign\.simplesigning|cosign\.artifact\.sig|cncf\.notary\.signature"),
    SBOM: re.compile(r"spdx|cyclonedx|syft|cosign\.artifact\.sbom"),
    ATTESTATION: re.compile(r"in-toto|dsse\.envelope|sigstore\.bundle"),
}


def predicate_type(annotations: Mapping[str, str]) -> str:
    """The predicate type of an in-toto statement, as annotations tell it; "" if they do not."""
    return next((annotations[key] for key in _PREDICATE_TYPES if annotations.get(key)), "")


def kind(media_type: str, annotations: Mapping[str, str]) -> str:
    """One of KINDS; "" for anything else.

    Examples
    --------
    >>> kind("application/vnd.in-toto+json", {"in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"})
    'provenance'
    >>> kind("application/vnd.oci.image.layer.v1.tar+gzip", {})
    ''
    """
    if annotations.get(_BUNDLED) == "message-signature":
        return SIGNATURE
    found = _first(_OF_PREDICATES, predicate_type(annotations)) or _first(_OF_TYPES, media_type)
    return ATTESTATION if predicate_type(annotations) and found not in _OF_PREDICATES else found


def kind_of(descriptor: Descriptor, found: Manifest | Index | None) -> str:
    """What a manifest is: `index`, `image`, one of KINDS, or `artifact`. `found` is None if it could not be read."""
    if isinstance(found, Index):
        return "index"
    if is_attestation(descriptor):
        return ATTESTATION
    if found is None:
        claim = kind(descriptor.artifact_type, descriptor.annotations)
        return claim or ("artifact" if descriptor.artifact_type else "image")
    kinds = {part_kind(found, layer) for layer in found.layers} or {part_kind(found, found.config)}
    if kinds == {""}:
        return "image" if found.is_image else "artifact"
    return kinds.pop() if len(kinds) == 1 else ATTESTATION


def part_kind(owner: Manifest, part: Descriptor) -> str:
    """What a layer of an artifact is: one of KINDS; "" for anything else."""
    own = kind(part.media_type, {**owner.annotations, **part.annotations})
    return own or kind(owner.artifact_type or owner.config.media_type, owner.annotations)


def _first(patterns: Mapping[str, re.Pattern[str]], text: str) -> str:
    return next((each for each, pattern in patterns.items() if pattern.search(text)), "")
