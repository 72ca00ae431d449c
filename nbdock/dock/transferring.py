"""Copy an image from any place to any other: the store, a registry, an archive, a folder, an engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nbdock.archives import files
from nbdock.archives.archive import Archive, Held
from nbdock.archives.files import Folder
from nbdock.archives.writing import Archived, archive
from nbdock.copying import PULL, PUSH, SAVE, Copied, CopiedManifest, Copier
from nbdock.dock.compressing import compress, is_plain
from nbdock.dock.find import Wanted, find
from nbdock.dock.loading import UNNAMED, Arriving, bring, name
from nbdock.dock.saving import write_file
from nbdock.errors import UsageError
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.location import Location
from nbdock.oci.manifest import Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.oci.verify import verified
from nbdock.places import Layer, Source
from nbdock.reading import image_of, read_manifests
from nbdock.store import Store
from nbdock.task import Progress, State, Task

if TYPE_CHECKING:
    from nbdock.dock.dock import Dock

_JOBS = 5


@dataclass(frozen=True, slots=True)
class Origin:
    """An image where it is: what its name points to there, and the platform to take of an index; None for all of it."""

    source: Source
    target: Descriptor
    platform: Platform | None
    reference: Reference | None = None


def origin(dock: Dock, given: Wanted, platform: Platform | None, every: bool, task: Task) -> Origin:
    """Find the image to copy; of an index `every` platform, or one: the dock's if none is given.

    Raises ImageNotFound, NotFound, PlatformNotFound, Refused, IntegrityError, RegistryError, Cancelled.
    """
    location = given.location
    if location is None:
        return _in_store(dock, given, platform, every)
    if location.where == "docker":
        reference = Reference.parse(location.name).tagged
        source = dock.registry.repository(reference, task)
        return Origin(
            source, source.resolve(reference), None if every else platform or dock.settings.platform, reference
        )
    found = unpacked(dock, location, task)
    held = found.find("" if location.is_engine else location.name)
    chosen = None if every else found.platform(held.target, platform or dock.settings.platform, bool(platform))
    return Origin(found, held.target, chosen, held.reference)


def unpacked(dock: Dock, location: Location, task: Task) -> Archive:
    """What is at a location that is neither the store nor a registry, to be read in any order."""
    if location.is_engine:
        name = location.name
        if not name:
            raise UsageError(f"{location} names no image", hint=f"`ls {location}` lists those of the engine")
        return Archive(files.spooled(dock.engine(location.engine, task).save([name]), dock.store.room(), task))
    path = Path(location.path)
    return Archive(Folder(path) if location.where == "oci" else files.tar(path, dock.store.room(), task))


def copy(dock: Dock, given: Wanted, to: Location, platform: Platform | None, every: bool, task: Task) -> Copied:
    """Copy an image to another place. Raises as `origin`, and UsageError, Refused, StoreError."""
    found = origin(dock, given, platform, every, task)
    reference = Reference.parse(to.name).tagged if to.name else found.reference
    if to.where == "store":
        return _to_store(dock, found, reference, task)
    if to.where == "docker":
        return _to_registry(dock, found, reference, task)
    if to.where == "oci":
        return _to_folder(Path(to.path), found, reference, task)
    copied, chunks = _archived(found, reference, task)
    if to.is_engine:
        dock.engine(to.engine, task).load(chunks)
    else:
        write_file(Path(to.path), chunks, task)
    return copied


def _in_store(dock: Dock, given: Wanted, platform: Platform | None, every: bool) -> Origin:
    match = find(given, dock.store.images())
    name = match.name or match.image.names[0]
    reference = name.reference if name.reference and name.reference.tag else None
    if platform:
        return Origin(dock.store, name.target, platform, reference)
    is_whole = every and dock.store.is_complete(name)
    return Origin(dock.store, name.target if is_whole else name.image, None, reference)


def _to_store(dock: Dock, found: Origin, reference: Reference | None, task: Task) -> Copied:
    if isinstance(found.source, Archive):
        (brought,) = bring(dock, found.source, [Held(found.target, reference)], found.platform, task)
        return brought.copied
    if reference is None:
        raise UsageError("the image has no name", hint="write store:NAME:TAG")
    return Copier(dock.store, task, PULL, turns=dock.store.turns).copy(
        found.source, found.target, reference, found.platform
    )


def _to_registry(dock: Dock, found: Origin, reference: Reference | None, task: Task) -> Copied:
    if reference is None:
        raise UsageError("the image has no name", hint="write docker://NAME:TAG")
    found = _compressed(dock, found, task)
    repository = dock.registry.repository(reference, task, push=True)
    return Copier(repository, task, PUSH, _JOBS).copy(found.source, found.target, reference, found.platform)


def _compressed(dock: Dock, found: Origin, task: Task) -> Origin:
    """With compressed layers if it has plain ones: registries and those who pull expect that."""
    manifests = read_manifests(found.source, found.target, found.platform)
    single = [each for each in manifests.values() if isinstance(each, Manifest)]
    if len(single) != 1 or not is_plain(single[0]):
        return found
    target = compress(dock.store, found.source, single[0], task)
    return Origin(dock.store, target, None, found.reference)


def _to_folder(folder: Path, found: Origin, reference: Reference | None, task: Task) -> Copied:
    store = Store(folder, tables=False)
    copier = Copier(Arriving(store), task, SAVE)
    copied = copier.copy(found.source, found.target, reference or UNNAMED, found.platform)
    store.adopt([name(Held(found.target, reference), copied, datetime.now(UTC))])
    return copied


def _archived(found: Origin, reference: Reference | None, task: Task) -> tuple[Copied, Iterator[bytes]]:
    """What is copied into an archive, and the archive."""
    manifests = read_manifests(found.source, found.target, found.platform)
    images = {each: manifest for each, manifest in manifests.items() if isinstance(manifest, Manifest)}
    first = next(iter(images))
    target = first if found.platform else found.target
    wanted = {first: images[first]} if found.platform else manifests
    archived = Archived(target, first, wanted, (reference,) if reference else ())

    def open(blob: Descriptor) -> Iterator[bytes]:
        done = 0
        for chunk in verified(blob, found.source.open(blob)):
            task.check()
            task.tell(Progress(blob, State.SAVING, done, blob.size))
            yield chunk
            done += len(chunk)
        task.tell(Progress(blob, State.SAVED, done, blob.size))

    copied = tuple(_copied(found.source, each, images[each]) for each in images if each in wanted)
    return Copied(reference or UNNAMED, target, copied), archive([archived], open)


def _copied(source: Source, descriptor: Descriptor, manifest: Manifest) -> CopiedManifest:
    image = image_of(source, descriptor, manifest) if manifest.is_image else None
    layers = image.layers if image else tuple(Layer(each, None) for each in manifest.layers)
    return CopiedManifest(
        descriptor, manifest, image.config if image else None, tuple((each, State.SAVED) for each in layers)
    )
