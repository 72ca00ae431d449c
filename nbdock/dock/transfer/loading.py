"""Load images from archives into the store: all of an archive or nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nbdock.archives import files
from nbdock.archives.archive import Archive, Held
from nbdock.copying import LOAD, Copied, Copier
from nbdock.dock.transfer.inputs import STDIN, blamed_on_file, opened
from nbdock.errors import BlobNotFound, InvalidContent, PlatformNotFound, Refused
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.platform import Platform
from nbdock.oci.reference import HUB, Reference
from nbdock.places import Name
from nbdock.task import Task

if TYPE_CHECKING:
    from nbdock.dock.dock import Dock
    from nbdock.dock.transfer.inputs import Input
    from nbdock.oci.digest import Digest
    from nbdock.store import Store

_ATTEMPTS = 5
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
        with blamed_on_file():
            archive = Archive(_files(dock, source, task))
            if not archive.images:
                raise InvalidContent("the archive has no image", hint="name the images when you save them")
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


def bring(dock: Dock, archive: Archive, wanted: Sequence[Held], platform: Platform | None, task: Task) -> list[Brought]:
    """Copy images of an archive into the store, and name them together at the end: all of them or none."""
    arriving = Arriving(dock.store)
    copier = Copier(arriving, task, LOAD, turns=dock.store.turns)
    try:
        for _ in range(_ATTEMPTS):
            copied = {target: _copy(dock, archive, copier, target, platform) for target in _targets(wanted)}
            now = datetime.now(UTC)
            found = [_brought(each, copied[each.target], now) for each in wanted]
            with contextlib.suppress(BlobNotFound):  # another process deleted what was here already: copy it
                dock.store.adopt([each.name for each in found])
                return found
        raise Refused("other processes delete what is loaded", hint="load it again when no prune is running")
    except BaseException:
        arriving.discard()
        raise


def _brought(held: Held, copied: Copied, now: datetime) -> Brought:
    return Brought(name(held, copied, now), replace(copied, reference=held.reference or UNNAMED))


def _targets(wanted: Sequence[Held]) -> Iterable[Descriptor]:
    """What several names point to is copied once."""
    return dict.fromkeys(each.target for each in wanted)


def _copy(dock: Dock, archive: Archive, copier: Copier, target: Descriptor, platform: Platform | None) -> Copied:
    chosen = platform
    if platform is None and not archive.is_complete(target):
        chosen = archive.platform(target, dock.settings.platform, strict=False)
    copied = copier.copy(archive, target, UNNAMED, chosen)
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
        self._store.write(descriptor, chunks, resumable=False)
        self._written.append(descriptor)

    def tag(self, _reference: Reference, _descriptor: Descriptor, /, image: Descriptor | None = None) -> None:
        """Nothing: the whole archive is named at the end."""

    def discard(self) -> None:
        """Delete what was written and nothing needs."""
        with contextlib.suppress(Exception):
            self._store.delete(each.digest for each in self._written)
