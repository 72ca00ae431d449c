"""The images that a Dockerfile names: bases of its stages, and images that it copies from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbdock.dock.find import Wanted, find
from nbdock.dock.transfer import anywhere, pulling
from nbdock.errors import ImageNotFound, Refused
from nbdock.human import excerpt
from nbdock.oci.location import Location
from nbdock.reading import check_image
from nbdock.regular import odd

if TYPE_CHECKING:
    from nbdock.dock.dock import Dock
    from nbdock.oci.platform import Platform
    from nbdock.places import Image

_HERE = Location("store")


def _check_file(location: Location | None) -> None:
    """Raises Refused for an archive that is no file: a stranger may name a FIFO or a device, which have no end."""
    path = Path(location.path) if location and location.path and location.where != "oci" else None
    if path and path.exists() and (oddity := odd(path.stat())):
        raise Refused(f"{path} is {oddity}, not a file", hint="save the image in a file")


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
        if self._pull and wanted.reference and not wanted.only_here:
            return None
        if wanted.location is not None and wanted.location.where != "store":
            return None
        try:
            image = find(wanted, self._dock.store.images()).image
        except ImageNotFound:
            return None
        return image if platform.runs(image.platform) and self._is_sound(image, name) else None

    def _is_sound(self, image: Image, name: str) -> bool:
        """Whether all layers are here; if one is lost or cut short, the image is brought again."""
        is_sound = all(self._dock.store.has(layer.descriptor) for layer in image.layers)
        if not is_sound:
            self._dock.console.warn(f"{excerpt(name)} is damaged in the store, and brought again")
        return is_sound

    def _brought(self, wanted: Wanted, platform: Platform) -> Image:
        if wanted.only_here:
            raise ImageNotFound(f"No such image: {wanted.text}", hint="without store: it is pulled")
        if wanted.reference is None:
            _check_file(wanted.location)
            copied = self._dock.run(lambda task: anywhere.copy(self._dock, wanted, _HERE, platform, False, task))
        else:
            (pulled,) = pulling.pull(self._dock, [wanted.reference], platform)
            if pulled.copied is None:
                raise pulled.error or ImageNotFound(f"No such image: {wanted}")
            copied = pulled.copied
        check_image(copied.image.manifest)
        return self._dock.store.images().by_id[str(copied.image.image_id)]
