"""Copy an image from any place to any other: the store, a registry, an archive, a folder, an engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nbdock.archives import files
from nbdock.archives.archive import Archive, Held
from nbdock.archives.files import Folder
from nbdock.archives.writing import Archived, archive
from nbdock.copying import PULL, PUSH, SAVE, Copied, CopiedManifest, Copier
from nbdock.dock.find import Wanted, find
from nbdock.dock.transfer.compressing import compressed, is_plain
from nbdock.dock.transfer.folder import LayoutFolder
from nbdock.dock.transfer.loading import UNNAMED, Arriving, bring, name
from nbdock.dock.transfer.saving import write_file
from nbdock.errors import PlatformNotFound, UsageError
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.location import Location
from nbdock.oci.manifest import Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import TAG, Reference
from nbdock.oci.verify import verified
from nbdock.places import Layer, Source
from nbdock.reading import chosen, image_of, read_manifests
from nbdock.task import State, Task

if TYPE_CHECKING:
    from nbdock.dock.dock import Dock
    from nbdock.registry.repository import Repository

_JOBS = 5


@dataclass(frozen=True, slots=True)
class Origin:
    """An image where it is: what it is called there, and the platform to take of an index; None for all of it.

    An image that a registry has `as_it_is` is never changed. One that is read at a registry now has a `name` there.
    """

    source: Source
    held: Held
    platform: Platform | None
    as_it_is: bool = False
    name: Reference | None = None


def origin(dock: Dock, given: Wanted, platform: Platform | None, every: bool, task: Task) -> Origin:
    """Find the image to copy; of an index `every` platform, or one: the dock's if none is given.

    Raises ImageNotFound, NotFound, PlatformNotFound, Refused, IntegrityError, RegistryError, Cancelled.
    """
    location = given.location
    if location is None:
        return _in_store(dock, given, platform, every)
    if location.where == "docker":
        return _at_registry(dock, location, None if every else platform or dock.settings.platform, task)
    found = unpacked(dock, location, task)
    held = found.find("" if location.is_engine else location.name)
    wanted = None if every else found.platform(held.target, platform or dock.settings.platform, bool(platform))
    return Origin(found, held, wanted)


def unpacked(dock: Dock, location: Location, task: Task) -> Archive:
    """What is at a location that is neither the store nor a registry, to be read in any order."""
    if location.is_engine:
        saved = dock.engine(location.engine, task).save([location.named])
        return Archive(files.spooled(saved, dock.store.room(), task))
    path = Path(location.path)
    return Archive(Folder(path) if location.where == "oci" else files.tar(path, dock.store.room(), task))


def copy(
    dock: Dock,
    given: Wanted,
    to: Location,
    platform: Platform | None,
    every: bool,
    task: Task,
    *,
    referrers: bool = False,
) -> Copied:
    """Copy an image to another place, with its `referrers` from one registry to another.

    Raises as `origin`, and UsageError, Refused, StoreError.
    """
    if referrers and not (given.location and given.location.where == to.where == "docker"):
        hint = "write docker://NAME twice, or leave it out"
        raise UsageError("--referrers is for copies from one registry to another", hint=hint)
    found = origin(dock, given, platform, every, task)
    found = replace(found, held=_called(found.held, to))
    if to.where == "store":
        return _to_store(dock, found, task)
    found = _single(found)
    if to.where == "docker":
        return _to_registry(dock, found, referrers, task)
    if to.where == "oci":
        return _to_folder(Path(to.path), found, task)
    copied, chunks = _archived(found, dock.settings.platform, task)
    if to.is_engine:
        dock.engine(to.engine, task).load(chunks)
    else:
        write_file(Path(to.path), chunks, task)
    return copied


def _in_store(dock: Dock, given: Wanted, platform: Platform | None, every: bool) -> Origin:
    match = find(given, dock.store.images())
    name = match.name or match.image.names[0]
    reference = name.reference if name.reference and name.reference.tag else None
    is_whole = bool(platform) or (every and dock.store.is_complete(name))
    held = Held(name.target if is_whole else name.image, reference, "" if reference else name.bare_tag)
    return Origin(dock.store, held, platform, as_it_is=any(each.pulled_at for each in match.image.names))


def _at_registry(dock: Dock, location: Location, platform: Platform | None, task: Task) -> Origin:
    reference = Reference.parse(location.name).tagged
    source = dock.registry.repository(reference, task)
    held = Held(source.resolve(reference), reference)
    return Origin(source, held, platform, as_it_is=True, name=reference)


def _called(held: Held, to: Location) -> Held:
    """The same image as it is to be called: in a layout literally as typed, a tag alone as well, for other tools."""
    if to.name and to.where in ("oci", "oci-archive") and TAG.fullmatch(to.name):
        return Held(held.target, None, to.name)
    reference = Reference.parse(to.name).tagged if to.name else held.reference
    if reference and reference.digest and to.where not in ("store", "docker"):  # only a tag is a name there
        reference = replace(reference, digest=None) if reference.tag else None
    return Held(held.target, reference, to.name or (str(reference) if reference else held.text))


def _single(found: Origin) -> Origin:
    """With the manifest of the platform for its index, whose other images are not copied."""
    if found.platform is None:
        return found
    target, _ = chosen(read_manifests(found.source, found.held.target, found.platform))
    return replace(found, held=replace(found.held, target=target), platform=None)


def _to_store(dock: Dock, found: Origin, task: Task) -> Copied:
    held = found.held
    if isinstance(found.source, Archive):
        (brought,) = bring(dock, found.source, [held], found.platform, task)
        return replace(brought.copied, reference=held.reference or UNNAMED)
    if held.reference is None:
        raise UsageError("the image has no name", hint="write store:NAME:TAG")
    into = Arriving(dock.store) if found.source is dock.store else dock.store
    copied = Copier(into, task, PULL, turns=dock.store.turns).copy(
        found.source, held.target, held.reference, found.platform
    )
    if into is not dock.store:
        dock.store.adopt([name(held, copied, datetime.now(UTC))])
    return copied


def _to_registry(dock: Dock, found: Origin, referrers: bool, task: Task) -> Copied:
    reference = found.held.reference
    if reference is None:
        raise UsageError("the image has no name", hint="write docker://NAME:TAG")
    origin = _mounted_from(dock, found, reference)
    repository = dock.registry.repository(reference, task, push=True, origins=origin)
    copier = Copier(repository, task, PUSH, _JOBS)
    with _to_send(dock, found, task) as (source, target):
        first = _copy_referrers(dock, found, copier, repository, reference) if referrers else ()
        return replace(copier.copy(source, target, reference), referrers=first)


def _mounted_from(dock: Dock, found: Origin, to: Reference) -> str:
    """The other repository of the same registry where all of the image is; "" if there is none."""
    if found.name is None:
        return ""
    (here,), (there,) = (dock.registry.hosts.endpoints(each, push=True) for each in (found.name, to))
    return here.repository if here.host == there.host and here.repository != there.repository else ""


def _copy_referrers(
    dock: Dock, found: Origin, copier: Copier, repository: Repository, to: Reference
) -> tuple[Copied, ...]:
    """Before the image: who sees its tag finds its signature."""
    from nbdock.dock.transfer.referring import Referring  # late: it imports httpx, and most copies do without
    from nbdock.registry.referrers import Referrers

    name = found.name or to
    source = Referrers(dock.registry.repository(name, copier.task), name)
    subjects = [each.digest for each in read_manifests(found.source, found.held.target)]
    return Referring(source, Referrers(repository, to), copier).copy(subjects)


@contextmanager
def _to_send(dock: Dock, found: Origin, task: Task) -> Iterator[tuple[Source, Descriptor]]:
    """The image with its plain layers compressed, for as long as they are needed: registries and those who pull expect
    that."""
    target = found.held.target
    manifest = None if found.as_it_is else read_manifests(found.source, target)[target]
    if not (isinstance(manifest, Manifest) and is_plain(manifest)):
        yield found.source, target
        return
    with compressed(dock.store, found.source, manifest, task) as made:
        yield dock.store, made


def _to_folder(folder: Path, found: Origin, task: Task) -> Copied:
    held = found.held
    copier = Copier(LayoutFolder(folder, held.text), task, SAVE)
    return copier.copy(found.source, held.target, held.reference or UNNAMED)


def _archived(found: Origin, here: Platform, task: Task) -> tuple[Copied, Iterator[bytes]]:
    """What is copied into an archive, and the archive."""
    held = found.held
    manifests = read_manifests(found.source, held.target)
    images = {each: manifest for each, manifest in manifests.items() if isinstance(manifest, Manifest)}
    names = (held.reference,) if held.reference else ()
    archived = Archived(held.target, _main(found, images, here), manifests, names, held.text)

    def open(blob: Descriptor) -> Iterator[bytes]:
        return task.telling(blob, verified(blob, found.source.open(blob)), State.SAVING, State.SAVED)

    copied = tuple(_copied(found.source, each, manifest) for each, manifest in images.items())
    return Copied(held.reference or UNNAMED, held.target, copied), archive([archived], open)


def _main(found: Origin, images: Mapping[Descriptor, Manifest], here: Platform) -> Descriptor:
    """What docker loads of an index: the image of this machine, or else the first."""
    with suppress(PlatformNotFound):
        return chosen(read_manifests(found.source, found.held.target, here))[0]
    return next(iter(images))


def _copied(source: Source, descriptor: Descriptor, manifest: Manifest) -> CopiedManifest:
    image = image_of(source, descriptor, manifest) if manifest.is_image else None
    layers = image.layers if image else tuple(Layer(each, None) for each in manifest.layers)
    return CopiedManifest(
        descriptor, manifest, image.config if image else None, tuple((each, State.SAVED) for each in layers)
    )
