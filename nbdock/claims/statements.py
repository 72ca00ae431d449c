"""What is in a claim: plain JSON, an in-toto statement, or one in a DSSE envelope or a bundle of sigstore."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field

from nbdock.errors import InvalidContent
from nbdock.oci import fields

_STANDARD = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True)
class Statement:
    """What is claimed (`content`), its type, and about which digests; a plain SBOM has neither type nor digests."""

    content: fields.JSON
    predicate_type: str = ""
    about: frozenset[str] = field(default_factory=frozenset)


def statement(raw: bytes) -> Statement:
    """Read a claim. The signatures of an envelope are left alone. Raises InvalidContent."""
    source = fields.load(raw, "claim")
    envelope = fields.mapping(source, "dsseEnvelope") or source
    if "payload" in envelope:
        source = fields.load(_decoded(fields.text(envelope, "payload")), "statement")
    if "predicateType" not in source:
        return Statement(source)
    predicate = fields.mapping(source, "predicate")
    return Statement(
        fields.mapping(predicate, "Data") if "Data" in predicate else predicate,  # cosign's, before its 2.0
        fields.text(source, "predicateType"),
        frozenset(_digests(source)),
    )


def _digests(source: fields.JSON) -> list[str]:
    return [
        f"{algorithm}:{value}"
        for subject in fields.objects(source, "subject")
        for algorithm, value in fields.string_map(subject, "digest").items()
    ]


def _decoded(text: str) -> bytes:
    """Both alphabets of base64 are allowed (DSSE, protocol.md)."""
    try:
        return base64.b64decode(text.translate(_STANDARD), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidContent("invalid payload: not base64") from None
