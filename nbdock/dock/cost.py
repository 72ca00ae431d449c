"""What a pull would download, from manifests alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from nbdock.dock.dock import Dock
from nbdock.dock.find import Asked
from nbdock.dock.remote import Manifests, side_by_side
from nbdock.errors import ImageNotFound, NbdockError
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.manifest import Index, Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.reading import chosen, read_manifests
from nbdock.store import Store


@dataclass(frozen=True, slots=True)
class Cost:
    """The image that `reference` points to. `missing` is looked up on each access.

    `platforms` are those of its index, in the registry's order; empty if the name points to a manifest. `counts` is
    whether a pull would fetch its manifest, which registries count: not if the name is up to date.
    """

    reference: Reference
    manifest: Manifest
    platforms: tuple[Platform, ...]
    counts: bool
    _store: Store = field(repr=False, compare=False)

    @property
    def layers(self) -> tuple[Descriptor, ...]:
        """Each layer once."""
        return tuple(dict.fromkeys(self.manifest.layers))

    @property
    def missing(self) -> tuple[Descriptor, ...]:
        """The layers that are not in the store."""
        return tuple(layer for layer in self.layers if not self._store.has(layer))


@dataclass(frozen=True, slots=True)
class Planned:
    """What a pull would do with a layer: it is `here`, `shared` with an image before it, or `to fetch`."""

    reference: Reference
    layer: Descriptor
    position: int
    state: str


def cost(dock: Dock, reference: Reference, platform: Platform | None = None) -> Cost:
    """What a pull of this name would download, for the platform or the dock's default.

    Raises ImageNotFound, PlatformNotFound, InvalidContent, RegistryError, Interrupted.
    """
    (found,) = costs(dock, [reference], platform)
    if isinstance(found, NbdockError):
        raise found
    return found


def costs(dock: Dock, references: Sequence[Reference], platform: Platform | None = None) -> list[Cost | NbdockError]:
    """The cost of each name, or why there is none; many are asked for side by side. A line says what was read where.

    Raises Interrupted.
    """
    wanted = platform or dock.settings.platform
    asked = [Asked(each.tagged) for each in references]
    return side_by_side(dock, asked, lambda each, manifests: _cost(dock, each.reference, wanted, manifests))


def planned(costs: Sequence[Cost]) -> Iterator[Planned]:
    """What a pull of these images would do with each of their layers, lowest first."""
    fetched = set[Descriptor]()
    for each in costs:
        missing = set(each.missing)
        for position, layer in enumerate(each.manifest.layers):
            wanted = "shared" if layer in fetched else "to fetch"
            yield Planned(each.reference, layer, position, wanted if layer in missing else "here")
            fetched.add(layer)


def _cost(dock: Dock, reference: Reference, platform: Platform, manifests: Manifests) -> Cost:
    target = manifests.resolve(reference)
    found = read_manifests(manifests, target, platform)
    *_, top = found.values()
    offered = top.platforms if isinstance(top, Index) else ()
    return Cost(reference, chosen(found)[1], offered, target != _here(dock, reference), dock.store)


def _here(dock: Dock, reference: Reference) -> Descriptor | None:
    """What the name points to in the store."""
    with suppress(ImageNotFound):
        return dock.store.resolve(reference)
    return None
