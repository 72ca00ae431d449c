"""What a pull would fetch, known before it begins: manifests are read, layers are not."""

from __future__ import annotations

from dataclasses import dataclass, field

from nbdock.dock.dock import Dock
from nbdock.dock.spelling import spelled
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.manifest import Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.store import Store
from nbdock.task import Task
from nbdock.transfer import descend


@dataclass(frozen=True, slots=True)
class Cost:
    """The image that `reference` stands for. What is missing is asked of the store anew each time.

    `platforms` are those there are, best first as the registry lists them; empty where the name has one image only.
    """

    reference: Reference
    manifest: Manifest
    platforms: tuple[Platform, ...]
    _store: Store = field(repr=False, compare=False)

    @property
    def layers(self) -> tuple[Descriptor, ...]:
        """Each layer once."""
        return tuple(dict.fromkeys(self.manifest.layers))

    @property
    def missing(self) -> tuple[Descriptor, ...]:
        """The layers that are not in the store."""
        return tuple(layer for layer in self.layers if not self._store.has(layer))

    @property
    def total(self) -> int:
        """Bytes of all layers, as the registry sends them."""
        return sum(layer.size for layer in self.layers)

    @property
    def to_fetch(self) -> int:
        """Bytes of the layers that are missing."""
        return sum(layer.size for layer in self.missing)


def cost(dock: Dock, text: str, platform: Platform | None = None) -> Cost:
    """What `pull` of this name would fetch, for the platform or, without one, for this machine.

    Raises InvalidReference, ImageNotFound, PlatformNotFound, InvalidContent, RegistryError, Interrupted.
    """
    reference = Reference.parse(spelled(text, dock.console.warn)).tagged
    return dock.run(lambda task: _cost(dock, reference, platform or dock.settings.platform, task), quiet=True)


def _cost(dock: Dock, reference: Reference, platform: Platform, task: Task) -> Cost:
    repository = dock.registry.repository(reference, task)
    indexes, _, manifest = descend(repository, repository.resolve(reference), platform)
    offered = (child.platform for _, index in indexes[:1] for child in index.images if child.platform)
    return Cost(reference, manifest, tuple(dict.fromkeys(offered)), dock.store)
