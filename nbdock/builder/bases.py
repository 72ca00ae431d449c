"""The images that a Dockerfile names: bases of its stages, and images that it copies from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbdock.dock.find import Wanted, find
from nbdock.dock.transfer import anywhere, pulling
from nbdock.errors import ImageNotFound
from nbdock.oci.location import Location

if TYPE_CHECKING:
    from nbdock.dock.dock import Dock
    from nbdock.oci.platform import Platform
    from nbdock.places import Image

_HERE = Location("store")


class Bases:
    """Finds images in the store, and brings those that are not there; with `pull`, every one that a registry has."""

    def __init__(self, dock: Dock, pull: bool) -> None:
        self._dock, self._pull = dock, pull

    def find(self, name: str, platform: Platform) -> tuple[Image, bool]:
        """The image for a platform, and whether it was in the store.

        Raises ImageNotFound, PlatformNotFound, InvalidReference, RegistryError, IntegrityError, Interrupted.
        """
        known = self.here(name, platform)
        return (known, True) if known else (self._brought(Wanted.of(name), platform), False)

    def here(self, name: str, platform: Platform) -> Image | None:
        """The image for a platform, if it is in the store and need not be pulled. Raises InvalidReference."""
        wanted = Wanted.of(name)
        if self._pull and wanted.reference:
            return None
        if wanted.location is not None and wanted.location.where != "store":
            return None
        try:
            image = find(wanted, self._dock.store.images()).image
        except ImageNotFound:
            return None
        return image if platform.runs(image.platform) else None

    def _brought(self, wanted: Wanted, platform: Platform) -> Image:
        if wanted.reference is None:
            copied = self._dock.run(lambda task: anywhere.copy(self._dock, wanted, _HERE, platform, False, task))
        else:
            (pulled,) = pulling.pull(self._dock, [wanted.reference], platform)
            if pulled.copied is None:
                raise pulled.error or ImageNotFound(f"No such image: {wanted}")
            copied = pulled.copied
        return self._dock.store.images().by_id[str(copied.image.image_id)]
