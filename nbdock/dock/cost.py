"""What a pull would download, from manifests alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from nbdock.dock.dock import Dock
from nbdock.dock.transfer.known import Known
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.manifest import Index, Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.reading import chosen, read_manifests
from nbdock.store import Store
from nbdock.task import Task


@dataclass(frozen=True, slots=True)
class Cost:
    """The image that `reference` points to. `missing` is looked up on each access.

    `platforms` are those of its index, in the registry's order; empty if the name points to a manifest.
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


def cost(dock: Dock, reference: Reference, platform: Platform | None = None) -> Cost:
    """What a pull of this name would download, for the platform or the dock's default.

    Raises ImageNotFound, PlatformNotFound, InvalidContent, RegistryError, Interrupted.
    """
    wanted = platform or dock.settings.platform
    return dock.run(lambda task: _cost(dock, reference.tagged, wanted, task), quiet=True)


def _cost(dock: Dock, reference: Reference, platform: Platform, task: Task) -> Cost:
    repository = dock.registry.repository(reference, task)
    source = Known(repository, dock.store)
    found = read_manifests(source, source.resolve(reference), platform)
    *_, top = found.values()
    offered = [child.platform for child in top.images if child.platform] if isinstance(top, Index) else []
    return Cost(reference, chosen(found)[1], tuple(dict.fromkeys(offered)), dock.store)
