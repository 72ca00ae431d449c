"""The tags of a repository: what each points to, when it was built or pushed, how large it is, for which platforms.

Docker Hub has a list of all that. Elsewhere manifests and configs are read, side by side, and remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from nbdock.claims.kinds import kind_of
from nbdock.dock.remote import JOBS, UNREADABLE, Manifests, Remembered, image_at, told
from nbdock.errors import (
    IntegrityError,
    NbdockError,
    NotFound,
    PlatformNotFound,
    RegistryError,
)
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.kinds import IMAGE, kind_of_tag
from nbdock.oci.manifest import Index, Manifest, parse
from nbdock.oci.versions import newest_first
from nbdock.reading import chosen, read, read_manifests

if TYPE_CHECKING:
    from datetime import datetime

    from nbdock.dock.dock import Dock
    from nbdock.oci.digest import Digest
    from nbdock.oci.platform import Platform
    from nbdock.oci.reference import Reference
    from nbdock.places import Image
    from nbdock.registry.hub import HubTag
    from nbdock.task import Task

_CHART = "chart"
_HUB_KINDS = {"helm": _CHART}
_PAGE = 100
"""The most tags that Docker Hub lists at a time."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, and what it points to: the `digest` of an index or a manifest. What is not known is None.

    `created` and the sizes are those of the image for `platform`. Of a tag that could not be read there is the `error`.
    """

    reference: Reference
    kind: str = IMAGE
    digest: Digest | None = None
    platforms: tuple[Platform, ...] = ()
    platform: Platform | None = None
    created: datetime | None = None
    pushed_at: datetime | None = None
    compressed_size: int | None = None
    size: int | None = None
    error: NbdockError | None = None

    @property
    def date(self) -> datetime | None:
        """When it was pushed, if the registry says so, else when it was built."""
        return self.pushed_at or self.created

    def having(self, image: Image | None) -> Tag:
        """The same with what its image tells."""
        if image is None:
            return self
        return replace(
            self,
            platforms=self.platforms or (image.platform,),
            platform=image.platform,
            created=image.created,
            compressed_size=image.compressed_size,
            size=image.known_size,
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """Which tags are wanted: by name, by what they point to, at most so many; and the platform to look at.

    `since` is a time that no tag is wanted from before.
    """

    platform: Platform
    named: Callable[[str], bool] = lambda _: True
    passes: Callable[[Tag], bool] = lambda _: True
    limit: int | None = None
    since: datetime | None = None


def tags(dock: Dock, repository: Reference, choice: Choice) -> list[Tag]:
    """The tags that are wanted, sorted as versions, newest first. What a list lacks is said.

    Of more than the limit those are returned that were pushed last, on Docker Hub; elsewhere the highest versions.
    Raises ImageNotFound, RegistryError, Interrupted.
    """

    def find(task: Task) -> list[Tag]:
        found = _of_hub(dock, repository, choice, task)
        return _of_manifests(dock, repository, choice, task) if found is None else found

    found = {each.reference.tag or "": each for each in dock.run(find, quiet=True)}
    return [found[name] for name in newest_first(found)]


def _of_manifests(dock: Dock, repository: Reference, choice: Choice, task: Task) -> list[Tag]:
    """The tags by their manifests and configs: of no more than are wanted, unless some turn out not to be."""
    there = dock.registry.repository(repository, task)
    waiting = iter(newest_first(filter(choice.named, there.tags())))
    for each in there.missing:
        task.note(f"{repository.familiar_name}: left out: {each}")
    reading, found = _Reading(dock, choice.platform, task), list[Tag]()
    batch = list(islice(waiting, choice.limit))
    while batch:
        references = [replace(repository, tag=name, digest=None) for name in batch]
        found += filter(choice.passes, task.spread(reading.tag, references, JOBS))
        missing = choice.limit - len(found) if choice.limit is not None else 0
        batch = list(islice(waiting, max(missing, JOBS))) if missing > 0 else []
    reading.tell()
    return found[: choice.limit]


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads tags, on several threads."""

    dock: Dock
    platform: Platform
    task: Task
    read: list[Manifests] = field(default_factory=list)

    def tag(self, reference: Reference) -> Tag:
        """The tag, or why it cannot be read. Raises Cancelled."""
        kind = kind_of_tag(reference.tag or "")
        try:
            manifests = Manifests(self.dock, reference, self.task)
            found = self._tag(reference, manifests)
        except UNREADABLE as error:
            return Tag(reference, kind, error=error)
        self.read.append(manifests)
        return found if kind == IMAGE else replace(found, kind=kind)

    def tell(self) -> None:
        """Say what was read where."""
        if self.read:
            self.task.note(told(self.dock, self.read, "tag"))

    def _tag(self, reference: Reference, manifests: Manifests) -> Tag:
        target = manifests.resolve(reference)
        top = parse(read(manifests, target), target.media_type)
        if isinstance(top, Index):
            tag = Tag(reference, digest=target.digest, platforms=top.platforms)
        elif top.is_image:
            tag = Tag(reference, digest=target.digest)
        else:
            size = sum(layer.size for layer in top.layers)
            return Tag(reference, _kind(target, top), target.digest, compressed_size=size)
        try:
            descriptor, manifest = chosen(read_manifests(manifests, target, self.platform))
        except PlatformNotFound:
            return tag
        return tag.having(image_at(self.dock, reference, manifests, descriptor, manifest))


def _kind(descriptor: Descriptor, artifact: Manifest) -> str:
    """What an artifact is, in a word; its own type if it is no claim and no chart."""
    kind = kind_of(descriptor, artifact)
    if kind != "artifact":
        return kind
    return _CHART if "helm" in artifact.kind else artifact.kind or kind


def _of_hub(dock: Dock, repository: Reference, choice: Choice, task: Task) -> list[Tag] | None:
    """The tags by Docker Hub's list, read as far as needed; None for another registry, or if there is no list."""
    pages = dock.registry.hub_tags(repository, min(choice.limit or _PAGE, _PAGE), task)
    if pages is None:
        return None
    known, found = _Known(dock, repository), list[Tag]()
    try:
        for page in pages:
            listed = (known.tag(each, choice.platform) for each in page if choice.named(each.name))
            found += filter(choice.passes, listed)
            if _is_enough(found, page, choice):
                break
    except (NotFound, RegistryError) as error:
        if not found:
            task.note(f"Cannot read Docker Hub's list of tags, which has public repositories only: {error}")
            return None
        task.note(f"{repository.familiar_name}: left out: the list of tags ends early: {error}")
    return found[: choice.limit]


def _is_enough(found: list[Tag], page: list[HubTag], choice: Choice) -> bool:
    """Whether no further page has a tag that is wanted: the list goes from what was pushed last to what was first."""
    if choice.limit is not None and len(found) >= choice.limit:
        return True
    last = page[-1].pushed_at if page else None
    return bool(choice.since and last and last < choice.since)


class _Known:
    """What is known of the images of a repository without asking it."""

    def __init__(self, dock: Dock, repository: Reference) -> None:
        self._dock, self._repository, self._remembered = dock, repository, Remembered(dock.store)
        self._local = {image.descriptor.digest: image for image in dock.store.images()}

    def tag(self, listed: HubTag, platform: Platform) -> Tag:
        """A tag of Docker Hub's list, and what is known of its image besides."""
        reference = replace(self._repository, tag=listed.name, digest=None)
        kind = _HUB_KINDS.get(listed.content, listed.content) if listed.content else IMAGE
        platforms = tuple(dict.fromkeys(image.platform for image in listed.images))
        tag = Tag(reference, kind, listed.digest, platforms, pushed_at=listed.pushed_at)
        found = listed.image(platform)
        if found is None:
            return tag
        known = tag.having(self._image(found.digest) if found.digest else None)
        return replace(known, platform=found.platform, compressed_size=found.size)

    def _image(self, digest: Digest) -> Image | None:
        content = self._dock.store.cache.answers.content(digest)
        if digest in self._local or content is None:
            return self._local.get(digest)
        with suppress(NotFound, IntegrityError):
            manifest = Manifest.parse(content)
            descriptor = Descriptor(manifest.media_type, digest, len(content))
            return image_at(self._dock, self._repository, self._remembered, descriptor, manifest)
        return None
