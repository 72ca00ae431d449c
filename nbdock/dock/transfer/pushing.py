"""Push images from the store to registries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from nbdock.copying import PUSH, Copied, Copier
from nbdock.dock.dock import Dock
from nbdock.dock.transfer.compressing import compressed, is_plain
from nbdock.errors import BlobNotFound, ImageNotFound, PlatformNotFound, Refused, UsageError
from nbdock.oci import manifest as manifests
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import Image, Name
from nbdock.reading import read
from nbdock.task import Task

_JOBS = 5
"""Layers at a time, as docker pushes them."""


@dataclass(frozen=True, slots=True)
class Push:
    """A name to push, and the `target` to push under it; `is_partial` if that is only a part of its index."""

    reference: Reference
    target: Descriptor
    is_partial: bool = False


def plan(
    dock: Dock, reference: Reference, platform: Platform | None = None, *, all_tags: bool = False
) -> tuple[Push, ...]:
    """What to push for a name, or with `all_tags` for every tag that its repository has in the store.

    An index is pushed with everything below it if the store has all of it; otherwise, or if a platform is given, only
    the image. Raises UsageError, Refused, ImageNotFound, PlatformNotFound.
    """
    chosen = _chosen(dock, reference, all_tags)
    return tuple(_planned(dock, each, name, platform) for each, name in chosen.items())


def push(dock: Dock, wanted: Push, *, quiet: bool = False) -> Copied:
    """Push one name. Raises ImageNotFound, RegistryError, Interrupted, Cancelled."""
    return dock.run(lambda task: _push(dock, wanted, task), quiet)


def _push(dock: Dock, wanted: Push, task: Task) -> Copied:
    target = _compressed(dock, wanted, task)
    origins = dict(_origins(dock.store.images(), wanted.reference))
    repository = dock.registry.repository(wanted.reference, task, push=True, origins=origins)
    copied = Copier(repository, task, PUSH, _JOBS).copy(dock.store, target, wanted.reference)
    _note_digest(dock, copied)
    return copied


def _compressed(dock: Dock, wanted: Push, task: Task) -> Descriptor:
    """The manifest to push: where an image that was loaded or imported has plain layers, these are compressed in the
    store first, once and for all. Images that came from a registry stay as they are there."""
    try:
        with task.part() as part:  # a layer that is gone cancels the others, and not the push
            return _compress(dock, wanted.target, part)
    except BlobNotFound:  # another process has compressed it meanwhile
        found = dock.store.resolve(wanted.reference)
        if found == wanted.target:
            raise
        return found


def _compress(dock: Dock, target: Descriptor, task: Task) -> Descriptor:
    manifest = manifests.parse(read(dock.store, target), target.media_type)
    was_pulled = any(name.pulled_at for name in _names_of(dock, target))
    if was_pulled or not (isinstance(manifest, Manifest) and is_plain(manifest)):
        return target
    with compressed(dock.store, dock.store, manifest, task) as made:
        names = _names_of(dock, target)
        dock.store.adopt([replace(name, target=made, image=made, all_platforms=False) for name in names])
    dock.store.delete([target.digest, *(layer.digest for layer in manifest.layers)])
    return made


def _names_of(dock: Dock, image: Descriptor) -> list[Name]:
    return [name for name in dock.store.names() if name.image == image]


def _note_digest(dock: Dock, copied: Copied) -> None:
    """Name the image by its digest too, as docker does: it tells which registries have it."""
    reference, target = copied.reference, copied.target
    by_digest = replace(reference, tag=None, digest=target.digest)
    if all(name.reference != by_digest for name in dock.store.names()):
        whole = target.media_type in media.INDEXES
        dock.store.adopt([Name(by_digest, target, copied.image.descriptor, all_platforms=whole)])


def _chosen(dock: Dock, reference: Reference, all_tags: bool) -> dict[Reference, Name]:
    if reference.digest:
        raise Refused("cannot push a digest reference", hint=f"type {reference.familiar_name}:tag")
    if all_tags and reference.tag:
        raise UsageError("tag can't be used with --all-tags/-a", hint=f"type {reference.familiar_name}")
    named = {name.reference: name for name in dock.store.names() if name.reference and name.reference.tag}
    here = {each: name for each, name in named.items() if each.name == reference.name}
    if not here:
        message = f"An image does not exist locally with the tag: {reference.familiar_name}"
        raise ImageNotFound(message, hint=f"name an image first: tag IMAGE {reference.familiar_name}")
    if not all_tags and reference.tagged not in here:
        tags = ", ".join(str(each.tag) for each in here)
        raise ImageNotFound(f"tag does not exist: {reference.tagged.familiar}", hint=f"tags in the store: {tags}")
    return here if all_tags else {reference.tagged: here[reference.tagged]}


def _planned(dock: Dock, reference: Reference, name: Name, platform: Platform | None) -> Push:
    if platform is None and dock.store.is_complete(name):
        return Push(reference, name.target)
    if platform:
        _check_platform(dock, reference, name, platform)
    return Push(reference, name.image, is_partial=platform is None)


def _check_platform(dock: Dock, reference: Reference, name: Name, platform: Platform) -> None:
    image = next(image for image in dock.store.images() if name in image.names)
    here = image.config.platform
    if not platform.runs(here):
        message = f"{reference.familiar} is in the store for {here}, not for {platform}"
        raise PlatformNotFound(message, available=[str(here)])


def _origins(images: tuple[Image, ...], to: Reference) -> Iterator[tuple[Digest, str]]:
    """For each layer, another repository of the same registry that has it, according to the names in the store."""
    for image in images:
        for reference in image.digests:  # names by digest tell where an image came from
            if reference.registry == to.registry and reference.repository != to.repository:
                yield from ((layer.descriptor.digest, reference.repository) for layer in image.layers)
