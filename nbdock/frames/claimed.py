"""The frames of manifests and of what refers to images: their schemas and rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nbdock.frames import columns
from nbdock.frames.schema import Column, Schema
from nbdock.oci import fields
from nbdock.oci.manifest import Manifest

if TYPE_CHECKING:
    from nbdock.claims.packages import Bill
    from nbdock.claims.provenance import Fact
    from nbdock.dock.tree import Part

Row = dict[str, Any]

_CREATED = "org.opencontainers.image.created"
_DIGEST = replace(columns.DIGEST, main=True)
_CONTENT = Column("content_bytes", "int64", "size in bytes, as what points to it says", main=True, heading="SIZE")
_ARTIFACT_TYPE = Column(
    "artifact_type", "string", "what an artifact says it is: its artifact type, or a media type in it"
)
_ANNOTATIONS = Column("annotations", "object", "the annotations, a dict")
_SUBJECT = Column("subject", "string", "digest of the manifest or index that it refers to")
_BLOB = Column("blob", "string", "digest of the content that makes the claim; `--raw` prints it")
_CLAIMED_BY = Column(
    "claimed_by", "string", "who claims it: the SBOM's format and tool; nbdock has not checked it", main=True
)
_PLATFORM = replace(columns.PLATFORM, main=True)

MANIFESTS = Schema(
    "manifests",
    (
        Column("depth", "int64", "how far below the name: 0 is what the name points to", main=True),
        replace(columns.KIND, main=True),
        _PLATFORM,
        _CONTENT,
        _DIGEST,
        columns.MEDIA_TYPE,
        _ARTIFACT_TYPE,
        _ANNOTATIONS,
        Column(
            "parent",
            "string",
            "digest of the manifest or index that it stands below: that has it, or that it refers to",
        ),
        columns.REFERENCE,
    ),
)

REFERRERS = Schema(
    "referrers",
    (
        replace(columns.KIND, main=True),
        _PLATFORM,
        Column("claim", "string", "what it says: of a signature, what it signs; nothing of it is checked", main=True),
        replace(columns.CREATED, main=True),
        _CONTENT,
        _DIGEST,
        _BLOB,
        _ARTIFACT_TYPE,
        columns.MEDIA_TYPE,
        _ANNOTATIONS,
        _SUBJECT,
        columns.REFERENCE,
    ),
)

CLAIMED_PACKAGES = Schema(
    "claimed packages",
    (
        columns.NAME,
        columns.VERSION,
        columns.ECOSYSTEM,
        columns.LICENSE,
        _CLAIMED_BY,
        _PLATFORM,
        columns.PURL,
        _BLOB,
        _SUBJECT,
        replace(columns.REFERENCE, main=True),
    ),
)

FACTS = Schema(
    "facts",
    (
        Column(
            "fact",
            "string",
            "what is claimed: builder, build_type, source, revision, dependency, parameter.…",
            main=True,
        ),
        Column("value", "string", "the value, as the provenance says it", main=True),
        _PLATFORM,
        _BLOB,
        _SUBJECT,
        columns.REFERENCE,
    ),
)

ALL = (MANIFESTS, REFERRERS, CLAIMED_PACKAGES, FACTS)
"""Every schema of this file."""


def manifest_rows(parts: Iterable[Part], reference: str) -> Iterator[Row]:
    """A row for each part of a tree."""
    for part in parts:
        found = part.found
        yield {
            "depth": part.depth,
            **_content(part),
            "artifact_type": _artifact_type(part) or None,
            "annotations": {**part.descriptor.annotations, **(found.annotations if found else {})} or None,
            "parent": str(part.parent) if part.parent else None,
            "digest": str(part.descriptor.digest),
            "reference": reference,
        }


def referrer_rows(claims: Iterable[tuple[Part, str]], reference: str) -> Iterator[Row]:
    """A row for each claim, and what it says."""
    for part, text in claims:
        owner = part.owner
        annotations = {**(owner.annotations if owner else {}), **part.descriptor.annotations}
        yield {
            **_content(part),
            "claim": text,
            "created": fields.time(annotations.get(_CREATED, "")),
            "digest": str(part.parent),
            "artifact_type": owner.kind or None if owner else None,
            "annotations": annotations or None,
            **_source(part, reference),
        }


def claimed_package_rows(bills: Iterable[tuple[Part, Bill]], reference: str) -> Iterator[Row]:
    """A row for each package that an SBOM names."""
    for part, bill in bills:
        own = {"claimed_by": bill.claimant, **_source(part, reference)}
        for each in bill.packages:
            names = ("name", "version", "ecosystem", "license", "purl")
            yield {**{name: getattr(each, name) for name in names}, **own}


def fact_rows(statements: Iterable[tuple[Part, list[Fact]]], reference: str) -> Iterator[Row]:
    """A row for each fact of provenance."""
    for part, facts in statements:
        yield from ({"fact": name, "value": value, **_source(part, reference)} for name, value in facts)


def _content(part: Part) -> Row:
    return {
        "kind": part.kind,
        "platform": part.platform or None,
        "content_bytes": part.descriptor.size,
        "media_type": part.descriptor.media_type or None,
    }


def _artifact_type(part: Part) -> str:
    if isinstance(part.found, Manifest):
        return "" if part.found.is_image else part.found.kind
    return (part.found.artifact_type if part.found else "") or part.descriptor.artifact_type


def _source(part: Part, reference: str) -> Row:
    """Where a claim is, and what it is about."""
    return {
        "platform": part.platform or None,
        "blob": str(part.descriptor.digest),
        "subject": str(part.subject),
        "reference": reference,
    }
