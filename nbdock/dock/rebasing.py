"""The bases of an image as their registries have them now. Only manifests and configs are read; nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nbdock.dock.bases import Base, is_base
from nbdock.dock.transfer.known import Known
from nbdock.dock.transfer.pulling import stored
from nbdock.errors import Denied, InvalidDigest, InvalidReference, NotFound
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.places import Image, Name
from nbdock.reading import chosen, image_of, read_manifests

if TYPE_CHECKING:
    from nbdock.dock.dock import Dock
    from nbdock.task import Task

_NAME, _DIGEST = "org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"
"""Annotations, or labels, by which builders tell the base."""
_NEVER = datetime.min.replace(tzinfo=UTC)


def renewed(dock: Dock, image: Image, found: Sequence[Base], task: Task) -> list[Base]:
    """The bases, each with the newer image that its registry has; first the base that the builder named, unless found.

    A name that its registry does not have, or not for everyone, is a warning. Raises RegistryError, Cancelled.
    """
    registries = _Registries(dock, image, task)
    names = [name for each in found for name in each.image.names]
    told = registries.told({name.target.digest for name in names} | {name.image.digest for name in names})
    return [*told, *(registries.renewed(each, each.tags) for each in found)]


@dataclass(frozen=True)
class _Registries:
    """The registries of an image's bases."""

    dock: Dock
    image: Image
    task: Task

    def told(self, known: set[Digest]) -> list[Base]:
        """The base that the builder named, if it is none of those that are known."""
        named = _named(self.image)
        if named is None or named.digest in known:
            return []
        if self._is_astray(named):
            self.task.note(
                f"WARNING: the image names {named.familiar} as its base, at a private address: not asked for"
            )
            return []
        base = self._at(stored(named))
        if base and is_base(base, self.image):
            return [self.renewed(Base.of(base, self.image), [replace(named, digest=None)])]
        if base:
            self.task.note(f"WARNING: the image names {named.familiar} as its base, but has not its layers")
        return []

    def renewed(self, base: Base, tags: Sequence[Reference]) -> Base:
        """The base with the newest image that the tags have at their registry, if that is newer than all here."""
        there = [(image, tag) for tag in tags if (image := self._at(tag)) and image.id != base.image.id]
        newest = max([*filter(None, [base.newer]), *there], key=lambda each: _built(each[0]), default=None)
        if newest is None or _built(newest[0]) < _built(base.image):
            return base
        return Base.of(base.image, self.image, newest)

    def _is_astray(self, named: Reference) -> bool:
        """Whether an image names a registry of this machine or network, and is not from there itself."""
        from nbdock.registry.hosts import is_private

        own = {name.reference.registry for name in self.image.names if name.reference}
        return named.registry not in own and is_private(urlsplit(f"//{named.registry}").hostname or "")

    def _at(self, reference: Reference) -> Image | None:
        """What a name points to at its registry; None, and a line that says why, if it has no such image."""
        source = Known(self.dock.registry.repository(reference, self.task), self.dock.store)
        try:
            target = source.resolve(reference)
            descriptor, manifest = chosen(read_manifests(source, target, self.image.platform))
            image = image_of(source, descriptor, manifest)
        except (NotFound, Denied) as error:
            self.task.note(f"WARNING: cannot see {reference.familiar} at its registry: {error}")
            return None
        return image.under((Name(reference, target, descriptor),))


def _named(image: Image) -> Reference | None:
    """The base that the builder named, with tag and digest; None if it named none, or not both."""
    for told in (image.manifest.annotations, image.labels):
        with suppress(InvalidReference, InvalidDigest):
            return replace(Reference.parse(told.get(_NAME, "")).tagged, digest=Digest.parse(told.get(_DIGEST, "")))
    return None


def _built(image: Image) -> datetime:
    return image.created or _NEVER
