"""Docker Hub's own list of tags: dates, sizes, digests and platforms of a hundred tags in a request, and no pull."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from nbdock.errors import InvalidDigest
from nbdock.oci import fields
from nbdock.oci.digest import Digest
from nbdock.oci.fields import JSON
from nbdock.oci.platform import Platform
from nbdock.oci.reference import TAG
from nbdock.registry import discovery
from nbdock.registry.auth import Session
from nbdock.registry.request import Request, with_query
from nbdock.registry.transport import Response
from nbdock.task import Task

_MAX_PLATFORMS = 100


@dataclass(frozen=True, slots=True)
class HubImage:
    """The image of one platform: the digest of its manifest, and the bytes of its layers."""

    platform: Platform
    digest: Digest | None
    size: int


@dataclass(frozen=True, slots=True)
class HubTag:
    """A tag, when it was last pushed, and the digest of its index or manifest; `content` is `image`, `helm`, …"""

    name: str
    pushed_at: datetime | None
    digest: Digest | None
    images: tuple[HubImage, ...]
    content: str

    def image(self, platform: Platform) -> HubImage | None:
        """The image that runs on a platform, or the only one."""
        if len(self.images) == 1:
            return self.images[0]
        offered = {image.platform: image for image in reversed(self.images)}
        return next((offered[each] for each in platform.fallbacks() if each in offered), None)


def tags(session: Session, repository: str, count: int, task: Task) -> Iterator[list[HubTag]]:
    """The tags of each page of `count`, those that were pushed last first. Raises RegistryError, NotFound."""
    target = with_query(f"/v2/repositories/{repository}/tags", {"page_size": str(count)})
    request = Request(discovery.WEB, "GET", target, hurried=True)
    return discovery.read_pages(session, request, _tags, task, _next)


def _tags(source: JSON) -> list[HubTag]:
    found = (_tag(each) for each in fields.objects(source, "results"))
    return [each for each in found if TAG.fullmatch(each.name)]


def _tag(source: JSON) -> HubTag:
    listed = fields.objects(source, "images")[:_MAX_PLATFORMS]
    images = tuple(_image(each) for each in listed if fields.text(each, "os") != "unknown")
    digest = _digest(source) or (images[0].digest if len(images) == 1 else None)
    pushed_at = fields.time(fields.text(source, "last_updated"))
    return HubTag(fields.text(source, "name"), pushed_at, digest, images, fields.text(source, "content_type"))


def _image(source: JSON) -> HubImage:
    platform = Platform.of(*(fields.text(source, key) for key in ("os", "architecture", "variant")))
    return HubImage(platform, _digest(source), fields.integer(source, "size"))


def _digest(source: JSON) -> Digest | None:
    with suppress(InvalidDigest):
        return Digest.parse(fields.text(source, "digest"))
    return None


def _next(response: Response) -> str | None:
    return response.parse(lambda source: fields.text(source, "next")) or None
