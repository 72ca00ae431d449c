"""What a name points to: its index, manifests, configs and layers, each with what refers to it below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from nbdock.claims import kinds
from nbdock.errors import BlobNotFound, IntegrityError, InvalidContent, InvalidDigest
from nbdock.oci import manifest as manifests
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, Manifest, is_attestation
from nbdock.oci.platform import Platform
from nbdock.reading import MAX_DEPTH, check_bounds, choose, read

if TYPE_CHECKING:
    from nbdock.places import Source
    from nbdock.task import Task

_JOBS = 16
_MAX_LEVELS = 2 * MAX_DEPTH
_SUBJECT = "vnd.docker.reference.digest"


@dataclass(frozen=True, slots=True)
class Asked:
    """A manifest to read, and its `subject` if it refers to another one.

    It is told `by` an index that it is in, by a list of referrers, or by a tag of cosign, which is all there is to say
    what its manifest refers to. What is in a list must say so itself.
    """

    descriptor: Descriptor
    subject: Digest | None = None
    by: Literal["index", "list", "tag"] = "index"


Find: TypeAlias = Callable[[Digest], Iterable[Asked]]
_Outcome: TypeAlias = tuple[Manifest | Index | None, list[Asked]] | None


@dataclass(frozen=True, slots=True)
class Part:
    """A descriptor below a name, and what it is.

    `parent` is the digest of what it stands below, `owner` the manifest that has this config or layer. What belongs to
    a referrer has a `subject`. `platform` is that of the image, "" if no index says it.
    """

    descriptor: Descriptor
    depth: int
    kind: str
    parent: Digest | None
    platform: str
    found: Manifest | Index | None = None
    owner: Manifest | None = None
    subject: Digest | None = None

    @property
    def is_claim(self) -> bool:
        """Whether this is what a referrer brings: one of its layers, or its config if it has no layers."""
        return bool(self.subject and self.owner) and (self.kind != "config" or not (self.owner and self.owner.layers))


class Tree:
    """Everything below `top`, once it was read; of an index only the children for the `platform`, if there is one."""

    def __init__(self, source: Source, top: Descriptor, platform: Platform | None = None) -> None:
        self.source, self.top, self._platform = source, top, platform
        self._found: dict[Digest, Manifest | Index | None] = {}
        self._referring: dict[Digest, list[Descriptor]] = {}

    def read(self, find: Find, task: Task) -> None:
        """Read all manifests, side by side; `find` tells what refers to one.

        What is missing below an index is left out, and so is, with a note, a referrer that is none. Raises
        BlobNotFound, IntegrityError, PlatformNotFound, RegistryError, Cancelled.
        """
        waiting, known = [Asked(self.top)], [self.top]
        for _ in range(_MAX_LEVELS):
            outcomes = task.spread(lambda each: self._read(each, find, task), waiting, _JOBS)
            below: dict[Digest, Asked] = {}
            for asked, outcome in zip(waiting, outcomes, strict=True):
                for each in self._add(asked, outcome):
                    below.setdefault(each.descriptor.digest, each)
            waiting = [each for digest, each in below.items() if digest not in self._found]
            if not waiting:
                return
            known += [each.descriptor for each in waiting]
            check_bounds(self.top, known)
        raise InvalidContent(f"more than {_MAX_LEVELS} levels of manifests below {self.top.digest}")

    def parts(self) -> Iterator[Part]:
        """Every part, in order. What stands there twice has nothing below it the second time."""
        seen = set[Digest]()

        def below(part: Part) -> Iterator[Part]:
            yield part
            digest = part.descriptor.digest
            if digest in seen:
                return
            seen.add(digest)
            if isinstance(part.found, Index):
                for each in self._below(part.found):
                    if each.subject is None:
                        yield from below(self._part(each.descriptor, part, part.subject))
            elif part.found:
                yield from _parts_of(part, part.found)
            for referrer in self._referring.get(digest, ()):
                yield from below(self._part(referrer, part, digest))

        return below(self._part(self.top))

    def raw(self) -> bytes:
        """The bytes of the index or manifest, or of the manifest for the platform."""
        found = self._found[self.top.digest]
        while isinstance(found, Index) and self._platform:
            found = self._found[choose(found, self._platform).digest]
        if found is None:
            raise BlobNotFound(f"there is no manifest for {self._platform}", hint="it is incomplete there")
        return found.raw

    def _read(self, asked: Asked, find: Find, task: Task) -> _Outcome:
        """What is asked for, and what to read below it; None for a referrer that is none."""
        try:
            found = _manifest(self.source, asked)
        except (BlobNotFound, IntegrityError) as error:
            if asked.by != "index":
                task.note(f"left out, although it is listed as referring to {asked.subject}: {error}")
                return None
            if isinstance(error, IntegrityError) or asked.descriptor == self.top:
                raise
            found = None
        if found is None or is_attestation(asked.descriptor):
            return found, []
        return found, [*(self._below(found) if isinstance(found, Index) else ()), *find(asked.descriptor.digest)]

    def _add(self, asked: Asked, outcome: _Outcome) -> list[Asked]:
        """Keep what was read; returns what is to be read below it."""
        found, below = outcome or (None, [])
        self._found[asked.descriptor.digest] = found
        if outcome and asked.subject:
            self._referring.setdefault(asked.subject, []).append(asked.descriptor)
        return below

    def _below(self, index: Index) -> list[Asked]:
        """The children of an index, or those for the platform. BuildKit's attestations refer to a sibling."""
        chosen = [choose(index, self._platform)] if self._platform else list(index.images)
        digests = {each.digest for each in chosen}
        found = [Asked(each) for each in chosen]
        for each in filter(is_attestation, index.manifests):
            subject = _sibling(each)
            if subject in digests or not self._platform:
                found.append(Asked(each, subject if subject in digests else None))
        return found

    def _part(self, descriptor: Descriptor, above: Part | None = None, subject: Digest | None = None) -> Part:
        found = self._found.get(descriptor.digest)
        own = "" if descriptor.platform is None or is_attestation(descriptor) else str(descriptor.platform)
        return Part(
            descriptor,
            above.depth + 1 if above else 0,
            kinds.kind_of(descriptor, found),
            above.descriptor.digest if above else None,
            above.platform or own if above else own,
            found,
            subject=subject,
        )


def _parts_of(part: Part, owner: Manifest) -> Iterator[Part]:
    """The config and the layers of a manifest."""
    for number, each in enumerate(owner.children):
        kind = kinds.part_kind(owner, each) if number else ""
        digest, named = part.descriptor.digest, kind or ("layer" if number else "config")
        yield Part(each, part.depth + 1, named, digest, part.platform, owner=owner, subject=part.subject)


def _manifest(source: Source, asked: Asked) -> Manifest | Index | None:
    """What is asked for; None if an index has something else. Raises BlobNotFound, IntegrityError."""
    descriptor = asked.descriptor
    if not media.is_manifest(descriptor.media_type):
        if asked.by != "index":
            raise BlobNotFound(f"{descriptor.digest} is no manifest")
        return None
    found = manifests.parse(read(source, descriptor), descriptor.media_type)
    if asked.by == "list" and (found.subject is None or found.subject.digest != asked.subject):
        raise BlobNotFound(f"{descriptor.digest} refers to something else")
    return found


def _sibling(attestation: Descriptor) -> Digest | None:
    """The image that an attestation of BuildKit is about."""
    with suppress(InvalidDigest):
        return Digest.parse(attestation.annotations.get(_SUBJECT, ""))
    return None
