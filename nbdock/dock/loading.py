"""Load images from archives into the store: all of an archive or nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nbdock.archives import files
from nbdock.archives.archive import Archive, Held
from nbdock.copying import LOAD, Copied, Copier
from nbdock.dock.inputs import STDIN, opened
from nbdock.errors import PlatformNotFound
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.platform import Platform
from nbdock.oci.reference import HUB, Reference
from nbdock.places import Name
from nbdock.task import Task

if TYPE_CHECKING:
    from nbdock.dock.dock import Dock
    from nbdock.dock.inputs import Input
    from nbdock.oci.digest import Digest
    from nbdock.store import Store

UNNAMED = Reference(HUB, "unnamed")
"""Stands for the name of an image without one."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """An image that was loaded under a name, or without one. `moved_from` is the image that had the name before."""

    name: Name
    image_id: Digest
    moved_from: Digest | None = None


def load(dock: Dock, source: Input, platform: Platform | None = None, *, quiet: bool = False) -> list[Loaded]:
    """Load every image of an archive, with its names.

    Of an index everything is loaded if the archive has all of it, else the image for `platform`, by default the dock's
    or the first that is complete. If anything is wrong with the archive, nothing is kept.

    Raises NotFound, Refused, PlatformNotFound, IntegrityError, StoreError, Interrupted.
    """
    before = {name.reference: image.id for image in dock.store.images() for name in image.names}

    def read(task: Task) -> list[Brought]:
        archive = Archive(_files(dock, source, task))
        return bring(dock, archive, archive.images, platform, task)

    return [_loaded(each, before) for each in dock.run(read, quiet)]


def _files(dock: Dock, source: Input, task: Task) -> files.Tar:
    room = dock.store.room()
    if isinstance(source, Path) and source != STDIN:
        return files.tar(source, room, task)
    with opened(dock, source) as chunks:
        return files.spooled(chunks, room, task)


@dataclass(frozen=True, slots=True)
class Brought:
    """An image that was copied into the store, and its name there."""

    name: Name
    copied: Copied


def bring(dock: Dock, archive: Archive, wanted: Iterable[Held], platform: Platform | None, task: Task) -> list[Brought]:
    """Copy images of an archive into the store, and name them together at the end: all of them or none."""
    arriving = Arriving(dock.store)
    copier = Copier(arriving, task, LOAD, turns=dock.store.turns)
    now = datetime.now(UTC)
    try:
        copied = [(each, _copy(dock, archive, copier, each, platform)) for each in wanted]
        found = [Brought(name(held, each, now), each) for held, each in copied]
        dock.store.adopt([each.name for each in found])
        return found
    except BaseException:
        arriving.discard()
        raise


def _copy(dock: Dock, archive: Archive, copier: Copier, held: Held, platform: Platform | None) -> Copied:
    chosen = platform
    if platform is None and not archive.is_complete(held.target):
        chosen = archive.platform(held.target, dock.settings.platform, strict=False)
    copied = copier.copy(archive, held.target, held.reference or UNNAMED, chosen)
    config = copied.image.config
    if platform and config and not platform.runs(config.platform):
        raise PlatformNotFound(
            f"requested platform ({platform}) not found: image might be filtered out", available=[str(config.platform)]
        )
    return copied


def name(held: Held, copied: Copied, now: datetime) -> Name:
    """The name that an image gets in a store."""
    image = copied.image.descriptor
    is_whole = held.target.media_type in media.INDEXES and len(copied.manifests) > 1
    bare_tag = "" if held.reference else held.text
    return Name(held.reference, held.target, image, tagged_at=now, all_platforms=is_whole, bare_tag=bare_tag)


def _loaded(brought: Brought, before: Mapping[Reference | None, Digest]) -> Loaded:
    given, now = brought.name, brought.copied.image.image_id
    old = before.get(given.reference) if given.reference else None
    return Loaded(given, now, old if old != now else None)


class Arriving:
    """The store as the destination of an archive: names come later, and what was written can be taken back."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._written: list[Descriptor] = []

    def has(self, descriptor: Descriptor, /) -> bool:
        return self._store.has(descriptor)

    def partial(self, _descriptor: Descriptor, /) -> Iterator[bytes]:
        return iter(())

    def write(self, descriptor: Descriptor, chunks: Iterable[bytes], /) -> None:
        self._store.write(descriptor, chunks)
        self._written.append(descriptor)

    def tag(self, _reference: Reference, _descriptor: Descriptor, /, image: Descriptor | None = None) -> None:
        """Nothing: the whole archive is named at the end."""

    def discard(self) -> None:
        """Delete what was written and nothing needs."""
        with contextlib.suppress(Exception):
            self._store.delete(each.digest for each in self._written)
