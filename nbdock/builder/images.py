"""Build an image for one platform or several, and name it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nbdock.builder.building import Built, Recipe, build
from nbdock.errors import BlobNotFound, Refused, UsageError
from nbdock.oci import media
from nbdock.oci.manifest import Content
from nbdock.places import Name

if TYPE_CHECKING:
    from nbdock.dock.dock import Dock
    from nbdock.oci.descriptor import Descriptor
    from nbdock.oci.platform import Platform
    from nbdock.oci.reference import Reference

_ATTEMPTS = 5
_MOST_PLATFORMS = 32


@dataclass(frozen=True, slots=True)
class Result:
    """What was built: an image for each platform, and the manifest of the one, or the index of several."""

    images: tuple[Built, ...]
    target: Descriptor
    names: tuple[Reference, ...]

    @property
    def image_id(self) -> str:
        """The id of the image; that of the first of several."""
        return str(self.images[0].image_id)

    def name(self, reference: Reference | None) -> Name:
        """What the store is to call it."""
        is_index = len(self.images) > 1
        return Name(
            reference, self.target, self.images[0].manifest, tagged_at=datetime.now(UTC), all_platforms=is_index
        )


def build_images(dock: Dock, recipe: Recipe, platforms: Sequence[Platform], names: Sequence[Reference]) -> Result:
    """Build an image for each platform and give it its names; without any it is dangling.

    Raises as `build`.
    """
    if len(platforms) > _MOST_PLATFORMS:
        raise UsageError(f"more than {_MOST_PLATFORMS} platforms", hint="build them in parts")

    def make() -> Iterator[Built]:
        for platform in platforms:
            if len(platforms) > 1:
                dock.say(f"building for {platform}")
            yield build(dock, recipe, platform)

    return named(dock, lambda: tuple(make()), names)


def named(dock: Dock, make: Callable[[], tuple[Built, ...]], names: Sequence[Reference]) -> Result:
    """Make images and give them their names; again if content that they need was deleted before they had them."""
    for _ in range(_ATTEMPTS):
        built = make()
        result = Result(built, _target(dock, built), tuple(dict.fromkeys(names)))
        try:
            dock.store.adopt([result.name(each) for each in result.names or (None,)])
        except BlobNotFound:
            continue
        return result
    raise Refused("other processes delete what is built", hint="build again when no prune is running")


def _target(dock: Dock, built: Sequence[Built]) -> Descriptor:
    """The manifest of one image, or the index of several, which is written."""
    if len(built) == 1:
        return built[0].manifest
    manifests = [{**each.manifest.json(), "platform": each.platform.json()} for each in built]
    index = Content.of(media.OCI_INDEX, {"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": manifests})
    dock.store.write(index.descriptor, [index.raw])
    return index.descriptor
