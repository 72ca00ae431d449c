"""From the store to a registry, with docker's own lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from nbdock.dock.dock import Dock
from nbdock.dock.pulling import say_nothing
from nbdock.dock.spelling import spelled
from nbdock.errors import ImageNotFound, PlatformNotFound, Refused, UsageError
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Manifest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import Image, Layer, Name
from nbdock.task import State, Task
from nbdock.transfer import PUSH, Copy

JOBS = 5


@dataclass(frozen=True, slots=True)
class Pushed:
    """One image that went: by which name, and the state that each of its layers ended in."""

    reference: Reference
    image_id: Digest
    layers: tuple[tuple[Layer, State], ...]


def push(
    dock: Dock, text: str, *, all_tags: bool = False, platform: Platform | None = None, quiet: bool = False
) -> tuple[Pushed, ...]:
    """Send an image, or with `all_tags` every tag that its repository has here, to its registry.

    All that is here of a multi-platform image goes under its index; where parts of that are not here, the image that
    is goes alone. Raises UsageError, Refused, ImageNotFound, PlatformNotFound, RegistryError, Interrupted.
    """
    reference = Reference.parse(spelled(text, dock.console.warn))
    chosen = _chosen(dock, reference, all_tags)
    say = say_nothing if quiet else dock.say
    if not all_tags and reference != reference.tagged:
        say(f"Using default tag: {reference.tagged.tag}")
    say(f"The push refers to repository [{reference.name}]")
    pushed: list[Pushed] = []
    for each, name in chosen.items():
        target = _target(dock, each, name, platform)
        pushed += dock.run(partial(_push, dock, each, target), quiet)
        say(f"{each.tag}: digest: {target.digest} size: {target.size}")
    dock.say(str(reference if all_tags else reference.tagged))
    return tuple(pushed)


def _chosen(dock: Dock, reference: Reference, all_tags: bool) -> dict[Reference, Name]:
    if reference.digest:
        raise Refused("cannot push a digest reference", hint=f"type {reference.familiar_name}:tag")
    if all_tags and reference.tag:
        raise UsageError("tag can't be used with --all-tags/-a", hint=f"type {reference.familiar_name}")
    named = {name.reference: name for name in dock.store.names() if name.reference and name.reference.tag}
    here = {each: name for each, name in named.items() if each.name == reference.name}
    if not here:
        message = f"An image does not exist locally with the tag: {reference.familiar_name}"
        raise ImageNotFound(message, hint=f"give it that name first: tag IMAGE {reference.familiar_name}")
    if not all_tags and reference.tagged not in here:
        tags = ", ".join(str(each.tag) for each in here)
        raise ImageNotFound(f"tag does not exist: {reference.tagged.familiar}", hint=f"tags there are: {tags}")
    return here if all_tags else {reference.tagged: here[reference.tagged]}


def _target(dock: Dock, reference: Reference, name: Name, platform: Platform | None) -> Descriptor:
    """The index where all of it is here, else (or where a platform is asked for) the image alone."""
    if platform is None and dock.store.is_complete(name):
        return name.target
    if platform is None:
        dock.console.warn("Only the image that is here is pushed: the other platforms of its index were not pulled")
        return name.image
    image = next(image for image in dock.store.images() if name in image.names)
    if not platform.runs(image.config.platform):
        message = f"{reference.familiar} is here for {image.config.platform}, not for {platform}"
        raise PlatformNotFound(message, available=[str(image.config.platform)])
    return name.image


def _push(dock: Dock, reference: Reference, target: Descriptor, task: Task) -> list[Pushed]:
    origins = dict(_origins(dock.store.images(), reference))
    repository = dock.registry.repository(reference, task, push=True, origins=origins)
    went = Copy(dock.store, repository, task, PUSH, jobs=JOBS).whole(target, reference)
    return [Pushed(reference, manifest.config.digest, _layers(manifest, states)) for manifest, states in went]


def _layers(manifest: Manifest, states: tuple[State, ...]) -> tuple[tuple[Layer, State], ...]:
    return tuple((Layer(layer, None), state) for layer, state in zip(manifest.layers, states, strict=True))


def _origins(images: tuple[Image, ...], to: Reference) -> Iterator[tuple[Digest, str]]:
    """For each layer here, a repository of the same registry that has it too, as far as its names here tell."""
    for image in images:
        for reference in image.digests:  # by digest: it came from there
            if reference.registry == to.registry and reference.repository != to.repository:
                yield from ((layer.digest, reference.repository) for layer in image.manifest.layers)
