"""Which image a word means, in docker's order: a whole id, a name, the beginning of an id."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nbdock.errors import AmbiguousId, ImageNotFound, InvalidReference
from nbdock.oci.reference import Reference
from nbdock.places import Image, Name

_PREFIX = re.compile(r"(?:sha256:)?(?P<hex>[a-f0-9]{1,64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Match:
    """The image, and the name that was meant; None where it was meant by its id."""

    image: Image
    name: Name | None


def find(text: str, images: Iterable[Image]) -> Match:
    """The image that `text` means. Raises ImageNotFound, AmbiguousId, InvalidReference."""
    known = tuple(images)
    prefix = _PREFIX.fullmatch(text)
    if prefix and len(prefix["hex"]) == 64:
        return Match(_by_prefix(text, prefix["hex"], known), None)
    named = _by_name(text, known)
    if named:
        return named
    if prefix:
        return Match(_by_prefix(text, prefix["hex"], known), None)
    raise _unknown(text)


def _by_name(text: str, images: Iterable[Image]) -> Match | None:
    try:
        wanted = Reference.parse(text).tagged
    except InvalidReference:
        if _PREFIX.fullmatch(text):
            return None
        raise
    for image in images:
        for name in image.names:
            if name.reference and _same(name.reference, wanted):
                return Match(image, name)
    return None


def _same(known: Reference, wanted: Reference) -> bool:
    """Where a digest is given it decides, as docker has it: `httpd:2.4@sha256:…` is `httpd@sha256:…`."""
    if wanted.digest:
        return known.name == wanted.name and known.digest == wanted.digest
    return known == wanted


def _by_prefix(text: str, start: str, images: Iterable[Image]) -> Image:
    """By image id, else by the digest of its manifest or index."""
    known = tuple(images)
    found = [image for image in known if image.id.hex.startswith(start)] or [
        image for image in known if any(digest.startswith(start) for digest in _digests(image))
    ]
    if len(found) > 1:
        ids = ", ".join(image.id.short for image in found[:5])
        raise AmbiguousId(
            f"ambiguous reference: {text} is the beginning of {len(found)} ids", hint=f"type more of {ids}"
        )
    if not found:
        raise _unknown(text)
    return found[0]


def _digests(image: Image) -> set[str]:
    return {descriptor.digest.hex for name in image.names for descriptor in (name.target, name.image)}


def _unknown(text: str) -> ImageNotFound:
    try:
        shown = Reference.parse(text).tagged.familiar
    except InvalidReference:
        shown = text
    return ImageNotFound(f"No such image: {shown}", hint="`ls` shows the images there are; `pull` brings one here")
