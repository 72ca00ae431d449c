"""What a tag stands for, as its name tells: an image, or what refers to one."""

from __future__ import annotations

import re

IMAGE = "image"
_OF_DIGEST = re.compile(r"sha(?:256|512)-[0-9a-f]{64,128}(?:\.(.*))?", re.ASCII)
SUFFIXES = {"sig": "signature", "att": "attestation", "sbom": "sbom"}
"""What cosign's tags end in, and what they then stand for."""


def kind_of_tag(tag: str) -> str:
    """The kind that a tag tells by its name alone (cosign's tags; distribution spec, "Referrers Tag Schema")."""
    match = _OF_DIGEST.fullmatch(tag)
    return SUFFIXES.get(match[1], "referrers") if match else IMAGE
