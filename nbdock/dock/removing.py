"""What `rm` and `prune` remove, and what they refuse with docker's messages. The store plans and executes removals."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbdock.dock.containers import Container, of_image
from nbdock.dock.find import Wanted, WantedLike, find, lookup
from nbdock.errors import ImageInUse, ImageNotFound, NbdockError, Refused
from nbdock.oci import pattern
from nbdock.oci.reference import Reference

if TYPE_CHECKING:
    from nbdock.places import Image, Name, Removal
    from nbdock.store import Images, Match, Store


@dataclass(frozen=True, slots=True)
class Selection:
    """The names to remove, and an error for each image that cannot be removed."""

    names: tuple[Name, ...]
    errors: tuple[NbdockError, ...] = ()


def select(
    wanted: Iterable[WantedLike],
    images: Iterable[Image],
    containers: tuple[Container, ...],
    force: bool,
) -> Selection:
    """What `rm` removes for names, ids or patterns, in order. An error for one does not stop the others."""
    left = _Left(lookup(images))
    errors: list[NbdockError] = []
    for each in wanted:
        try:
            for one in _expanded(Wanted.of(each), left):
                match = find(one, left)
                left.remove(match.image, _names_of(one, removable(match), containers, force))
        except ImageNotFound as error:
            errors.append(_or_container(error, Wanted.of(each).text, containers))
        except NbdockError as error:
            errors.append(error)
    return Selection(tuple(left.removed), tuple(errors))


class _Left:
    """The images without the names that were selected so far."""

    def __init__(self, images: Images) -> None:
        self._images = images
        self._rests: dict[Image, dict[Name, None]] = {}
        self.removed: dict[Name, None] = {}

    def remove(self, image: Image, names: Iterable[Name]) -> None:
        """Select these names of the image, whose `names` are those that are left of it."""
        if image not in self._rests:
            self._rests[image] = dict.fromkeys(image.names)
        for name in names:
            self.removed[name] = self._rests[image].pop(name, None)

    def named(self, reference: Reference) -> Iterator[Match]:
        for match in self._images.named(reference):
            if match.name not in self.removed:
                yield replace(match, image=self._rest(match.image))

    def starting(self, start: str) -> tuple[Image, ...]:
        return tuple(filter(_has_names, map(self._rest, self._images.starting(start))))

    def names(self) -> Iterator[Name]:
        return (name for image in self._images for name in self._rest(image).names)

    def _rest(self, image: Image) -> Image:
        return image.under(tuple(self._rests[image])) if image in self._rests else image


def removable(match: Match) -> Match:
    """The image without the names of it that are in the base store. Raises Refused if it was found by one of those."""
    image, name = match.image, match.name
    if name.read_only if name else image.read_only:
        raise Refused(
            f"unable to remove {name.shown if name else image.id.short}: it is in the base store, which is read-only",
            hint="its owner can remove it there; `info` shows where it is",
        )
    return replace(match, image=image.under(image.own_names))


def unused(images: Iterable[Image], containers: tuple[Container, ...], everything: bool) -> tuple[Name, ...]:
    """What `prune` removes: images without a tag, or with `everything` all that no container uses."""
    used = {container.image_id for container in containers}
    return tuple(
        name
        for image in images
        if (everything or image.dangling) and image.id not in used
        for name in _ordered(image)
        if not name.read_only
    )


class UndoableRemoval:
    """A removal in two steps: names are removed at once, content is deleted by `finish`. Until then `undo` restores the
    names. Only the first call of either has an effect. Thread-safe.
    """

    def __init__(self, store: Store, names: tuple[Name, ...], removal: Removal) -> None:
        self.removal = removal
        self._store, self._names = store, names
        self._open = threading.Lock()
        store.untag(names)

    def finish(self) -> int | None:
        """Delete the content that has no name by now, and return the bytes freed. None if the removal was finished
        or undone before."""
        if not self._open.acquire(blocking=False):
            return None
        return sum(self._store.delete(self.removal.blobs).values())

    def undo(self) -> tuple[Name, ...]:
        """Restore the names, except those given to another image since, and return them. Raises BlobNotFound."""
        return self._store.restore(self._names) if self._open.acquire(blocking=False) else ()


def _names_of(wanted: Wanted, match: Match, containers: tuple[Container, ...], force: bool) -> tuple[Name, ...]:
    image, name = match.image, match.name
    users = of_image(containers, image)
    if name is None:
        return _by_id(image, users, force)
    if users and not force and _single(image):
        raise ImageInUse(
            f'conflict: unable to remove repository reference "{wanted.text}" (must force) - '
            f"container {users[0].short} is using its referenced image {image.id.short}",
            hint=_free(users[0]),
        )
    return (name, *_digests_without_tag(name, image))


def _by_id(image: Image, users: tuple[Container, ...], force: bool) -> tuple[Name, ...]:
    if force:
        return _ordered(image)
    if not _single(image):
        raise ImageInUse(
            f"conflict: unable to delete {image.id.short} (must be forced) - "
            "image is referenced in multiple repositories",
            hint=f"remove one name: {', '.join(tag.familiar for tag in image.tags)}; or all of them with -f",
        )
    if users:
        raise ImageInUse(
            f"conflict: unable to delete {image.id.short} (must be forced) - "
            f"image is being used by stopped container {users[0].short}",
            hint=_free(users[0]),
        )
    return _ordered(image)


def _ordered(image: Image) -> tuple[Name, ...]:
    """Docker's order: by the full name, tags before digests."""
    return tuple(sorted(image.names, key=lambda name: str(name.reference)))


def _single(image: Image) -> bool:
    """At most one tag, and every name by digest in its repository (moby's isSingleReference)."""
    repositories = {reference.name for reference in (*image.tags, *image.digests)}
    return len(image.tags) <= 1 and len(repositories) <= 1


def _digests_without_tag(removed: Name, image: Image) -> tuple[Name, ...]:
    """The repository's names by digest, which are removed with its last tag."""
    if removed.reference is None or not removed.reference.tag:
        return ()
    repository = removed.reference.name
    if any(tag.name == repository and tag != removed.reference for tag in _tags(image)):
        return ()
    named = ((name, name.reference) for name in image.names)
    return tuple(name for name, known in named if known and not known.tag and known.name == repository)


def _tags(image: Image) -> Iterator[Reference]:
    """The tags one by one: of very many, most questions need but the first."""
    return (name.reference for name in image.names if name.reference and name.reference.tag)


def _expanded(wanted: Wanted, left: _Left) -> tuple[Wanted, ...]:
    """The tags that a pattern matches, those of the base only if no other does; anything else unchanged.

    Raises ImageNotFound.
    """
    if not wanted.is_pattern:
        return (wanted,)
    named = ((name, name.reference) for name in left.names())
    found = [(name, tag) for name, tag in named if tag and tag.tag and pattern.matches(wanted.text, tag)]
    if not found:
        raise ImageNotFound(f"No such image: {wanted}", hint="no name matches the pattern; `*` does not match a /")
    own = [each for each in found if not each[0].read_only]
    return tuple(Wanted.of(tag) for _, tag in own or found)


def _has_names(image: Image) -> bool:
    return bool(image.names)


def _free(container: Container) -> str:
    return f"remove the container first with `container rm {container.name}`, or use -f"


def _or_container(error: ImageNotFound, text: str, containers: Iterable[Container]) -> ImageNotFound:
    if any(text in (container.name, container.id, container.short) for container in containers):
        return ImageNotFound(str(error), hint=f"that is a container: `container rm {text}`")
    return error
