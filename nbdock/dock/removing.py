"""What `rm` and `prune` take away, and what they refuse, in docker's words: plans first, carried out by the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nbdock.dock.containers import Container, of_image
from nbdock.dock.find import Match, find
from nbdock.errors import ImageInUse, ImageNotFound, NbdockError
from nbdock.oci import pattern
from nbdock.places import Image, Name


@dataclass(frozen=True, slots=True)
class Going:
    """The names that go, and what was refused meanwhile."""

    names: tuple[Name, ...]
    errors: tuple[NbdockError, ...] = ()


def going(wanted: Iterable[str], images: Iterable[Image], containers: tuple[Container, ...], force: bool) -> Going:
    """What `rm` of these words takes away, one after the other: a refusal of one does not keep the next."""
    left = tuple(images)
    names: list[Name] = []
    errors: list[NbdockError] = []
    for text in wanted:
        try:
            for word in _expanded(text, left):
                found = _names_of(word, find(word, left), containers, force)
                names += found
                left = _without(left, found)
        except ImageNotFound as error:
            errors.append(_or_container(error, text, containers))
        except NbdockError as error:
            errors.append(error)
    return Going(tuple(names), tuple(errors))


def unused(images: Iterable[Image], containers: tuple[Container, ...], everything: bool) -> tuple[Name, ...]:
    """What `prune` takes away: images without a tag, or with `everything` all that no container holds."""
    return tuple(
        name
        for image in images
        if (everything or image.dangling) and not of_image(containers, image)
        for name in _ordered(image)
    )


def _names_of(text: str, match: Match, containers: tuple[Container, ...], force: bool) -> tuple[Name, ...]:
    image, name = match.image, match.name
    users = of_image(containers, image)
    if name is None:
        return _by_id(image, users, force)
    if users and not force and _single(image):
        raise ImageInUse(
            f'conflict: unable to remove repository reference "{text}" (must force) - '
            f"container {users[0].short} is using its referenced image {image.id.short}",
            hint=_free(users[0]),
        )
    rest = tuple(other for other in image.names if other != name)
    return (name, *_digests_left_alone(name, rest))


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
    """Docker's order: by the whole name, tags before digests."""
    return tuple(sorted(image.names, key=lambda name: str(name.reference)))


def _single(image: Image) -> bool:
    """At most one tag, and every name by digest in its repository (moby's isSingleReference)."""
    repositories = {reference.name for reference in (*image.tags, *image.digests)}
    return len(image.tags) <= 1 and len(repositories) <= 1


def _digests_left_alone(gone: Name, rest: tuple[Name, ...]) -> tuple[Name, ...]:
    """With the last tag of a repository its names by digest go too."""
    if gone.reference is None or not gone.reference.tag:
        return ()
    same = tuple(name for name in rest if name.reference and name.reference.name == gone.reference.name)
    return () if any(name.reference and name.reference.tag for name in same) else same


def _expanded(text: str, images: tuple[Image, ...]) -> tuple[str, ...]:
    """The tags that a pattern means; any other word is itself. Raises ImageNotFound."""
    if not set(text) & set("*?["):
        return (text,)
    found = tuple(tag.familiar for image in images for tag in image.tags if pattern.matches(text, tag))
    if not found:
        raise ImageNotFound(f"No such image: {text}", hint="no name matches the pattern; `*` stops at a /")
    return found


def _without(images: Iterable[Image], gone: Iterable[Name]) -> tuple[Image, ...]:
    dropped = set(gone)
    left = (replace(image, names=tuple(name for name in image.names if name not in dropped)) for image in images)
    return tuple(image for image in left if image.names)


def _free(container: Container) -> str:
    return f"remove the container first: `container rm {container.name}`, or force with -f"


def _or_container(error: ImageNotFound, text: str, containers: Iterable[Container]) -> ImageNotFound:
    if any(text in (container.name, container.id, container.short) for container in containers):
        return ImageNotFound(str(error), hint=f"that is a container: `container rm {text}`")
    return error
