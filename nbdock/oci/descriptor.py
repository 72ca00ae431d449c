"""Descriptors: the type, digest and size of content (OCI image spec, descriptor.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from nbdock.errors import InvalidContent, InvalidDigest
from nbdock.oci import fields, media
from nbdock.oci.digest import Digest
from nbdock.oci.fields import JSON
from nbdock.oci.platform import Platform


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A reference to content; `size` is in bytes. Descriptors are equal if media type, digest and size are."""

    media_type: str
    digest: Digest
    size: int
    platform: Platform | None = field(default=None, compare=False)
    annotations: Mapping[str, str] = field(default_factory=dict, compare=False)
    artifact_type: str = field(default="", compare=False)
    urls: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, media_type: str, content: bytes, **more: Any) -> Self:
        """The descriptor of these bytes."""
        return cls(media_type, Digest.of(content), len(content), **more)

    @classmethod
    def read(cls, source: JSON) -> Self:
        """Parse a JSON object. Raises InvalidContent."""
        try:
            digest = Digest.parse(fields.text(source, "digest"))
        except InvalidDigest as error:
            raise InvalidContent(f"invalid descriptor: {error}") from None
        return cls(
            fields.text(source, "mediaType"),
            digest,
            fields.integer(source, "size"),
            _platform(fields.mapping(source, "platform")) if "platform" in source else None,
            fields.string_map(source, "annotations") if "annotations" in source else {},
            fields.text(source, "artifactType") if "artifactType" in source else "",
            fields.texts(source, "urls") if "urls" in source else (),
        )

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is a non-distributable layer with URLs: it comes from there, and is not pushed."""
        return bool(self.urls) and media.is_nondistributable(self.media_type)

    @property
    def compressed_size(self) -> int | None:
        """The size in bytes of a layer that is compressed; None for a plain tar."""
        return self.size if media.is_compressed(self.media_type) else None

    def json(self) -> dict[str, Any]:
        """The JSON object that `read` parses."""
        made: dict[str, Any] = {"mediaType": self.media_type, "digest": str(self.digest), "size": self.size}
        if self.platform:
            made["platform"] = self.platform.json()
        if self.urls:
            made["urls"] = list(self.urls)
        if self.annotations:
            made["annotations"] = dict(self.annotations)
        if self.artifact_type:
            made["artifactType"] = self.artifact_type
        return made


def _platform(source: JSON) -> Platform | None:
    if not source:
        return None
    names = (fields.text(source, key) for key in ("os", "architecture", "variant"))
    return Platform.of(*names)
