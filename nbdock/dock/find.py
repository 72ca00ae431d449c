"""Find an image as docker does: by complete id, then by name, then by the beginning of an id."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias, Union

from nbdock.errors import AmbiguousId, ImageNotFound, InvalidReference, Refused
from nbdock.oci.digest import Digest
from nbdock.oci.location import Location, split
from nbdock.oci.manifest import Manifest
from nbdock.oci.reference import Reference

if TYPE_CHECKING:
    from nbdock.places import Image, Name
    from nbdock.store import Images, Match, Store

WantedLike: TypeAlias = Union["Wanted", Reference, Digest, str]

_PREFIX = re.compile(r"(?:sha256:)?(?P<hex>[a-f0-9]{1,64})", re.ASCII)
_PATTERN = re.compile(r"[*?[]")
_ID_LENGTH = 64
_ARCHIVE = re.compile(r".+\.(?:tar|tgz|tar\.(?:gz|bz2|xz|zst))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An image to find: by `reference`, by the first hex digits of its `id`, or by either.

    `text` is what the user typed, for messages. Without reference, id and `location` it is a pattern of names, which
    only `rm` accepts. What is `only_here` is looked for in the store alone.
    """

    text: str
    reference: Reference | None
    id: str = ""
    location: Location | None = None
    only_here: bool = False

    @classmethod
    def of(cls, value: WantedLike) -> Wanted:
        """Convert text, a Reference or a Digest. Text may say where the image is. Raises UsageError."""
        if isinstance(value, Wanted):
            return value
        if isinstance(value, str) and (location := located(value)):
            return cls._at(value, location)
        if isinstance(value, Reference):
            return cls(value.familiar, value.tagged)
        return cls(str(value), None, value.hex) if isinstance(value, Digest) else cls.parse(value)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name, an id, the beginning of an id or a pattern. Raises InvalidReference if it is none of them."""
        prefix = _PREFIX.fullmatch(text)
        if prefix and len(prefix["hex"]) == _ID_LENGTH:
            return cls(text, None, prefix["hex"])
        try:
            return cls(text, Reference.parse(text).tagged, prefix["hex"] if prefix else "")
        except InvalidReference:
            if prefix is None and not _PATTERN.search(text):
                raise
            return cls(text, None, prefix["hex"] if prefix else "")

    @classmethod
    def _at(cls, text: str, location: Location) -> Self:
        """With the name that the text is too, where nothing but a file of that name makes it a location."""
        if location.where == "store":
            return replace(cls.parse(location.name), only_here=True)
        if text != str(location):
            with contextlib.suppress(InvalidReference):
                return replace(cls.parse(text), location=location)
        return cls(text, None, location=location)

    @property
    def at_registry(self) -> Reference | None:
        """Its name at a registry, if that is where it is said to be. Raises InvalidReference."""
        said = self.location if self.location and self.location.where == "docker" else None
        return Reference.parse(said.name).tagged if said else None

    @property
    def is_pattern(self) -> bool:
        return not (self.reference or self.id or self.location)

    @property
    def is_repository(self) -> bool:
        """Whether only a repository was typed, whose tag is `latest` unless a command takes all of them."""
        return self.reference is not None and Reference.parse(self.text) != self.reference

    def __str__(self) -> str:
        return self.reference.familiar if self.reference else self.text


@dataclass(frozen=True, slots=True)
class Asked:
    """A name to look up at its registry; `location` is what commands call the image, if not by that name."""

    reference: Reference
    location: str = ""


def located(text: str) -> Location | None:
    """Where the text says that an image is: by a prefix, or as an archive or a layout that is there. None for a name.

    Raises UsageError.
    """
    said = Location.parse(text, os.path.exists)
    if said:
        return said
    path, name = split(text, os.path.exists)
    if _ARCHIVE.fullmatch(path) and os.path.exists(path):
        return Location("docker-archive", path, name)
    return Location("oci", path, name) if os.path.isfile(f"{path}/oci-layout") else None


def archive_at(text: str) -> Location | None:
    """Where an archive is to be written, judging by its name; None if that is not one of an archive."""
    path, name = split(text, os.path.exists)
    return Location("docker-archive", path, name) if _ARCHIVE.fullmatch(path) else None


class Findable(Protocol):
    """Images that can be looked up: all images of a store, or some of them."""

    def named(self, reference: Reference, /) -> Iterator[Match]:
        """The images of this name."""
        ...

    def starting(self, start: str, /) -> tuple[Image, ...]:
        """The images whose id begins with these hex digits; if there are none, those whose manifest does."""
        ...


def find(wanted: WantedLike, images: Findable | Iterable[Image]) -> Match:
    """Find the image.

    `images` are those of `Store.images`, which are indexed, or any other images.

    Raises ImageNotFound, AmbiguousId, InvalidReference.
    """
    from nbdock.store import Match

    meant = Wanted.of(wanted)
    if meant.location and not (meant.reference or meant.id):
        raise Refused(
            f"{meant} is not in the store",
            hint="rm and tag change the store and registries; push and copy write to other places",
        )
    known = lookup(images) if isinstance(images, Iterable) else images
    match = next(known.named(meant.reference), None) if meant.reference else None
    found = known.starting(meant.id) if meant.id and not match else ()
    if len(found) > 1:
        ids = ", ".join(image.id.short for image in found[:5])
        message = f"ambiguous reference: {meant.text} is the beginning of {len(found)} ids"
        raise AmbiguousId(message, hint=f"type more of {ids}")
    if not match and not found:
        is_file = _ARCHIVE.fullmatch(split(meant.text, os.path.exists)[0])
        hint = "there is no file of this name either" if is_file else "`pull` brings one"
        raise ImageNotFound(f"No such image: {meant}", hint=f"`ls` shows the images that are here; {hint}")
    return match or Match(found[0])


def artifacts(store: Store) -> Iterator[tuple[Name, Manifest]]:
    """The names of signatures, charts and the like. Reads the manifest of whatever is not an image."""
    images = store.images()
    for name in store.names():
        manifest = None if images.of(name) else store.manifest(name.image)
        if isinstance(manifest, Manifest) and not manifest.is_image:
            yield name, manifest


def lookup(images: Iterable[Image]) -> Images:
    """The images, to be found by name and id without going through them all: those of a store as they are."""
    from nbdock.store import Images  # here, since the help of commands needs no store

    return images if isinstance(images, Images) else Images(images)
