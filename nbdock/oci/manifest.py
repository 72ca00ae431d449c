"""Manifests and indexes (OCI image spec, manifest.md and image-index.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from nbdock.errors import InvalidContent
from nbdock.oci import fields, media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.platform import Platform

_ATTESTATION = "attestation-manifest"
_REFERENCE_TYPE = "vnd.docker.reference.type"
_REMOVED = (
    "Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed."
    " Suggest the author to upgrade the image to the OCI Format or Docker Image manifest v2, schema 2."
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One image for one platform, or an artifact: descriptors of a config and of layers. `raw` are its bytes."""

    raw: bytes = field(repr=False)
    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str = ""
    subject: Descriptor | None = None

    @classmethod
    def parse(cls, raw: bytes, media_type: str = "") -> Self:
        """Parse what a descriptor of this type points to. Raises InvalidContent, also if it could be an index too."""
        source = fields.load(raw, "manifest")
        kind = _kind(source, media_type)
        if kind not in media.MANIFESTS:
            raise InvalidContent(f"not an image manifest: {kind or 'no media type'}")
        _check_unambiguous(source, "a manifest", "manifests")
        return cls(
            raw,
            kind,
            Descriptor.read(fields.mapping(source, "config")),
            tuple(map(Descriptor.read, fields.objects(source, "layers"))),
            fields.string_map(source, "annotations"),
            fields.text(source, "artifactType"),
            _subject(source),
        )

    @property
    def is_image(self) -> bool:
        """Whether this is a container image: an image config, and layers that are tars."""
        return self.config.media_type in media.CONFIGS and all(media.is_layer(part.media_type) for part in self.layers)

    @property
    def kind(self) -> str:
        """What an artifact is: its artifact type, or else the media type of its config or of its first layer."""
        types = (self.artifact_type, self.config.media_type, *(layer.media_type for layer in self.layers))
        return next((each for each in types if each not in (*media.CONFIGS, media.OCI_EMPTY, "")), "")

    @property
    def children(self) -> tuple[Descriptor, ...]:
        """The config, then the layers."""
        return (self.config, *self.layers)

    def with_layers(self, layers: Mapping[Digest, Descriptor]) -> Self:
        """The manifest with others in place of these layers: always the same bytes for the same ones."""
        source = dict(fields.load(self.raw, "manifest"))
        source["layers"] = [
            layers[layer.digest].json() if layer.digest in layers else given
            for layer, given in zip(self.layers, fields.objects(source, "layers"), strict=True)
        ]
        return self.parse(json.dumps(source, separators=(",", ":")).encode(), self.media_type)


@dataclass(frozen=True, slots=True)
class Index:
    """Several images under one digest, usually one for each platform."""

    raw: bytes = field(repr=False)
    media_type: str
    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str = ""
    subject: Descriptor | None = None

    @classmethod
    def parse(cls, raw: bytes, media_type: str = "") -> Self:
        """Parse an index or a docker manifest list. Raises InvalidContent, also if it could be a manifest too."""
        source = fields.load(raw, "index")
        kind = _kind(source, media_type)
        if kind not in media.INDEXES:
            raise InvalidContent(f"not an image index: {kind or 'no media type'}")
        _check_unambiguous(source, "an index", "config", "layers")
        return cls(
            raw,
            kind,
            tuple(map(Descriptor.read, fields.objects(source, "manifests"))),
            fields.string_map(source, "annotations"),
            fields.text(source, "artifactType"),
            _subject(source),
        )

    @property
    def images(self) -> tuple[Descriptor, ...]:
        """The children that may be images: no attestations, no platform `unknown/unknown`."""
        return tuple(child for child in self.manifests if not is_attestation(child))

    @property
    def children(self) -> tuple[Descriptor, ...]:
        return self.manifests

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """The platforms of its images, in its order."""
        return tuple(dict.fromkeys(child.platform for child in self.images if child.platform))

    def candidates(self, platform: Platform) -> Iterator[Descriptor]:
        """The children for a platform, best first (containerd's platforms.Only; the first wins a tie).

        Children without a platform, such as nested indexes, come last.
        """
        for wanted in platform.fallbacks():
            yield from (child for child in self.images if child.platform == wanted)
        yield from (child for child in self.images if child.platform is None)


def is_attestation(descriptor: Descriptor) -> bool:
    """Whether this is provenance or an SBOM that BuildKit put beside the images."""
    if descriptor.annotations.get(_REFERENCE_TYPE) == _ATTESTATION:
        return True
    platform = descriptor.platform
    return platform is not None and (platform.os, platform.architecture) == ("unknown", "unknown")


def as_referrer(descriptor: Descriptor, manifest: Manifest | Index) -> Descriptor:
    """The descriptor of a manifest in a list of referrers (distribution spec, "Listing Referrers")."""
    config = "" if isinstance(manifest, Index) else manifest.config.media_type
    kind = manifest.artifact_type or config
    return replace(descriptor, platform=None, annotations=manifest.annotations, artifact_type=kind)


def parse(raw: bytes, media_type: str = "") -> Manifest | Index:
    """Parse what a descriptor of this type points to. Raises InvalidContent, in docker's words for schema 1."""
    kind = _kind(fields.load(raw, "manifest"), media_type)
    return Index.parse(raw, kind) if kind in media.INDEXES else Manifest.parse(raw, kind)


def parse_response(raw: bytes, media_type: str) -> Manifest | Index:
    """The same for a body and the type that its header says, which must be the type that the body says."""
    parsed = parse(raw, media_type)
    if media.is_manifest(media_type) and media_type != parsed.media_type:
        raise InvalidContent(f"the manifest says it is {parsed.media_type}, its header says {media_type}")
    return parsed


def _subject(source: fields.JSON) -> Descriptor | None:
    subject = fields.mapping(source, "subject")
    return Descriptor.read(subject) if subject else None


def _check_unambiguous(source: fields.JSON, what: str, *others: str) -> None:
    """Refuse what one tool reads as a manifest and another as an index (CVE-2021-41190)."""
    found = next((key for key in (*others, "fsLayers") if source.get(key) is not None), None)
    if found:
        hint = "whoever built it must push it again: a digest must mean the same to every tool"
        raise InvalidContent(f"ambiguous: {what} with the field {found}", hint=hint)


def _kind(source: fields.JSON, media_type: str) -> str:
    """The media type: from the JSON, from what points to it, or, as it is optional in OCI, inferred from the fields.

    Tools write OCI's type into descriptors of docker's manifests; only a manifest must not pass for an index.
    """
    own = fields.text(source, "mediaType")
    if fields.integer(source, "schemaVersion") == 1 or media_type in media.SCHEMA1:
        raise InvalidContent(_REMOVED, hint="https://docs.docker.com/go/deprecated-image-specs/")
    if own and media.is_manifest(media_type) and (own in media.INDEXES) != (media_type in media.INDEXES):
        raise InvalidContent(f"the manifest says it is {own}, its descriptor or header says {media_type}")
    if own or media.is_manifest(media_type):
        return own or media_type
    if "manifests" in source and "layers" not in source:
        return media.OCI_INDEX
    return media.OCI_MANIFEST if "config" in source and "layers" in source else media_type


@dataclass(frozen=True, slots=True)
class Content:
    """A config, manifest or index that is made here, and its bytes: the same for the same JSON object."""

    descriptor: Descriptor
    raw: bytes

    @classmethod
    def of(cls, media_type: str, value: Mapping[str, Any]) -> Self:
        """The content of a JSON object."""
        raw = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(errors="replace")
        return cls(Descriptor.of(media_type, raw), raw)

    @classmethod
    def of_image(cls, config: Descriptor, layers: Iterable[Descriptor]) -> Self:
        """The manifest of an image (OCI image spec, manifest.md)."""
        below = {"config": config.json(), "layers": [layer.json() for layer in layers]}
        return cls.of(media.OCI_MANIFEST, {"schemaVersion": 2, "mediaType": media.OCI_MANIFEST, **below})
