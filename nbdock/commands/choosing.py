"""Find the images that a command is about: in the store, wherever their names say, or else at their registries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from nbdock.dock.dock import Dock
from nbdock.dock.find import Asked, Wanted, find
from nbdock.docker.filters import built
from nbdock.errors import ImageNotFound, NbdockError, NotFound, PlatformNotFound, Refused, UsageError, all_of
from nbdock.grammar import Arg, Opt
from nbdock.oci.digest import Digest
from nbdock.oci.location import Location
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference

if TYPE_CHECKING:
    from nbdock.places import Image
    from nbdock.store import Images, Match

OnePlatform = Annotated[
    Platform | None, Opt("platform to look at; fail if the image here is for another", metavar="string")
]
FromRegistry = Annotated[bool, Opt("ask the registry, even if the image is in the store")]
FromStore = Annotated[bool, Opt("look in the store only")]


def every(dock: Dock) -> list[Digest]:
    """The ids of all images, newest first."""
    return [image.id for image in newest_first(dock.store.images())]


def newest_first(images: Iterable[Image]) -> list[Image]:
    """In the order of `ls`, which does not depend on the order in which they were pulled."""
    return sorted(images, key=lambda image: (built(image), str(image.id)), reverse=True)


OneImage = Annotated[Wanted, Arg("IMAGE", "name or id of an image", complete="images")]
SomeImages = Annotated[Wanted, Arg("IMAGE", "name or id of an image", at_least=1, complete="images", omitted=every)]
NamedImages = Annotated[Wanted, Arg("IMAGE", "name or id of an image", at_least=1, complete="images")]
AnyImages = Annotated[
    Wanted, Arg("IMAGE", "name or id of an image; all images if omitted", complete="images", omitted=every)
]


def one(dock: Dock, wanted: Wanted, platform: Platform | None, remote: bool = False, local: bool = False) -> Match:
    """The image of this name. Raises as `all_chosen`."""
    return all_chosen(dock, [wanted], platform, remote, local)[0]


def all_chosen(
    dock: Dock, wanted: Sequence[Wanted], platform: Platform | None, remote: bool = False, local: bool = False
) -> list[Match]:
    """The images of these names. Raises an error for all names that fail."""
    found, errors = chosen(dock, wanted, platform, remote, local)
    if errors:
        raise all_of(errors)
    return found


def chosen(
    dock: Dock, wanted: Sequence[Wanted], platform: Platform | None, remote: bool = False, local: bool = False
) -> tuple[list[Match], list[NbdockError]]:
    """The images of these names, and an error for each name that fails.

    A name that does not say where its image is means the store's, or else that of its registry: `remote` asks only
    there, `local` never. Raises UsageError.
    """
    known = dock.store.images()
    names = [meant(name, remote, local) for name in wanted]
    outcomes = _looked_up(dock, [_attempt(dock, known, name, platform) for name in names], platform)
    errors = [each for each in outcomes if isinstance(each, NbdockError)]
    return [each for each in outcomes if not isinstance(each, NbdockError)], errors


def meant(name: Wanted, remote: bool, local: bool) -> Wanted:
    """The name with what the flags say of where it is. Raises UsageError."""
    if remote and local:
        raise UsageError("--remote and --local contradict each other", hint="without both, the store is asked first")
    return at_registry(name) if remote else replace(name, only_here=local or name.only_here)


def at_registry(name: Wanted) -> Wanted:
    """The same name at its registry. Raises UsageError if it is none."""
    if name.location:
        return name
    if name.reference is None:
        raise UsageError(f"{name} names no registry", hint="--remote takes names of images")
    return Wanted(name.text, None, location=Location("docker", name=str(name.reference)))


def _attempt(dock: Dock, known: Images, name: Wanted, platform: Platform | None) -> Match | Asked | NbdockError:
    """The image if it can be found without a registry; or the name that is to be asked for there, or an error."""
    try:
        if reference := name.at_registry:
            return Asked(reference, str(name.location))
        return _match(dock, known, name, platform)
    except ImageNotFound as error:
        reference = None if name.only_here or name.location or name.id else name.reference
        return Asked(reference) if reference else error
    except (NotFound, UsageError, Refused) as error:
        return error


def _looked_up(
    dock: Dock, outcomes: Sequence[Match | Asked | NbdockError], platform: Platform | None
) -> list[Match | NbdockError]:
    """The same, with what their registries have of the images that are to be asked for there."""
    asked = [each for each in outcomes if isinstance(each, Asked)]
    if not asked:
        return [each for each in outcomes if not isinstance(each, Asked)]
    from nbdock.dock import remote  # late: it imports httpx, and most commands are about images that are here
    from nbdock.store import Match

    answers = dict(zip(asked, remote.images(dock, asked, platform), strict=True))

    def answer(each: Asked) -> Match | NbdockError:
        found = answers[each]
        if not isinstance(found, NbdockError):
            return Match(found, found.names[0])
        return found if each.location else nowhere(each.reference, found)

    return [answer(each) if isinstance(each, Asked) else each for each in outcomes]


def nowhere(reference: Reference, error: NbdockError) -> NbdockError:
    """The error for a name that neither the store nor its registry has."""
    if isinstance(error, PlatformNotFound):
        return error
    why = f"{error}; {error.hint}" if error.hint else str(error)
    hint = f"`ls` shows the images that are here; {reference.registry} was asked too: {why}"
    return ImageNotFound(f"No such image: {reference.familiar}", hint=hint)


def _match(dock: Dock, known: Images, wanted: Wanted, platform: Platform | None) -> Match:
    """Find an image in the store, or in the place that is said. Raises ImageNotFound, PlatformNotFound, …"""
    if wanted.location is None:
        return _checked(find(wanted, known), wanted, platform)
    from nbdock.dock import locating  # late: it reads archives

    if wanted.reference or wanted.id:
        with suppress(NotFound):
            find(wanted, known)
            raise UsageError(
                f"{wanted.text} is a file and the name of an image",
                hint=f"write {wanted.location} for the file, store:{wanted.text} for the image",
            )
    return locating.find(dock, wanted.location, wanted.text, platform)


def _checked(match: Match, name: Wanted, platform: Platform | None) -> Match:
    found = match.image.platform
    if platform and not platform.runs(found):
        raise PlatformNotFound(
            f"image with reference {name} was found but its platform ({found}) "
            f"does not match the specified platform ({platform})",
            available=[str(found)],
        )
    return match
