"""What a signature says that it signs: cosign's payload, which is Red Hat's simple signing."""

from __future__ import annotations

from nbdock.human import excerpt
from nbdock.oci import fields


def signed(raw: bytes) -> str:
    """The digest and the name in a payload, in words that do not say that it is true. Raises InvalidContent."""
    critical = fields.mapping(fields.load(raw, "payload"), "critical")
    image, identity = fields.mapping(critical, "image"), fields.mapping(critical, "identity")
    digest = fields.text(image, "docker-manifest-digest") or fields.text(image, "Docker-manifest-digest")
    name = fields.text(identity, "docker-reference")
    return " as ".join(filter(None, (f"signature (not checked) of {excerpt(digest)}", excerpt(name))))
