"""Images at their registries, looked into without a pull: manifests and configs are read when an image is looked at,
a layer when its table is first asked for. Both are remembered, so that a second question fetches nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from nbdock.dock.elsewhere import Elsewhere
from nbdock.dock.find import Asked
from nbdock.dock.transfer.known import Known
from nbdock.errors import (
    BlobNotFound,
    ImageNotFound,
    IntegrityError,
    InvalidContent,
    NbdockError,
    NotFound,
    Refused,
    RegistryError,
)
from nbdock.human import plural
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import HUB, Reference
from nbdock.oci.verify import check_digest
from nbdock.places import Name
from nbdock.reading import chosen, image_of, read_manifests
from nbdock.task import Task

if TYPE_CHECKING:
    import pyarrow as pa

    from nbdock.dock.dock import Dock
    from nbdock.oci.manifest import Manifest
    from nbdock.places import Found, Image, Kind, LayerFacts, Read, Source
    from nbdock.store import Store

T = TypeVar("T")

UNREADABLE = (NotFound, RegistryError, IntegrityError, Refused)
"""Why one of many images cannot be read, which does not end the others."""
JOBS = 16
"""How many images are asked for at once."""


def images(dock: Dock, asked: Sequence[Asked], platform: Platform | None = None) -> list[Image | NbdockError]:
    """The image of each name, or why there is none; many are asked for side by side. A line says what was read where.

    Without a platform it is the dock's. Raises Interrupted.
    """
    wanted = platform or dock.settings.platform
    return side_by_side(dock, asked, lambda each, manifests: image(dock, each, wanted, manifests))


def side_by_side(dock: Dock, asked: Sequence[Asked], look: Callable[[Asked, Manifests], T]) -> list[T | NbdockError]:
    """What `look` finds at each name, or why it cannot be read. A line says what was read where. Raises Interrupted."""
    fetched: list[Manifests] = []

    def look_at(each: Asked, task: Task) -> T | NbdockError:
        try:
            manifests = Manifests(dock, each.reference, task)
            found = look(each, manifests)
        except UNREADABLE as error:
            return error
        fetched.append(manifests)
        return found

    found = dock.run(lambda task: task.spread(lambda each: look_at(each, task), asked, JOBS), quiet=True)
    if fetched:
        dock.console.warn(told(dock, fetched))
    return found


def image(dock: Dock, asked: Asked, platform: Platform, manifests: Manifests) -> Image:
    """The image of a name, whose layers are read at its registry unless the store has them.

    Raises ImageNotFound, PlatformNotFound, IntegrityError, RegistryError, Cancelled.
    """
    target = manifests.resolve(asked.reference)
    descriptor, manifest = chosen(read_manifests(manifests, target, platform))
    found = image_at(dock, asked.reference, manifests, descriptor, manifest)
    by_digest = replace(asked.reference, tag=None, digest=target.digest)
    names = (Name(each, target, descriptor) for each in dict.fromkeys((asked.reference, by_digest)))
    return replace(found, names=tuple(names), location=asked.location)


def image_at(dock: Dock, reference: Reference, source: Source, descriptor: Descriptor, manifest: Manifest) -> Image:
    """The image of a manifest of a repository, without a name. Raises BlobNotFound, IntegrityError, RegistryError."""
    found = image_of(source, descriptor, manifest)
    place = Remote(dock, reference, {layer.descriptor.digest: layer.diff_id for layer in found.layers})
    layers = (replace(each, place=dock.store if dock.store.has(each.descriptor) else place) for each in found.layers)
    return replace(found, layers=tuple(layers))


class Manifests:
    """The manifests and configs of a repository: those of the store and those that were read before are not fetched.

    `pulls` is how many images were fetched, which registries count: an index counts with the first of its images.
    """

    def __init__(self, dock: Dock, reference: Reference, task: Task) -> None:
        self.reference, self._task = reference, task
        self._fetched: list[Descriptor] = []
        self._repository = dock.registry.repository(reference, task)
        self._known, self._remembered = Known(self._repository, dock.store), Remembered(dock.store)
        self._store, self._answers = dock.store, dock.store.cache.answers

    @property
    def pulls(self) -> int:
        images = {each.digest for each in self._fetched if each.media_type in media.MANIFESTS}
        return len(images) or any(media.is_manifest(each.media_type) for each in self._fetched)

    def resolve(self, reference: Reference, /) -> Descriptor:
        """What the name points to: one request for its headers, if that is known. Raises ImageNotFound."""
        known = self._recalled(reference)
        found = self._repository.resolve(reference, read=True, known=known)
        if found != known:
            self._fetched.append(found)
            self._answers.point(reference, found)
        return found

    def open(self, descriptor: Descriptor, start: int = 0, /) -> Iterator[bytes]:
        """The content from byte `start` on. Raises BlobNotFound, RegistryError."""
        content = self._answers.content(descriptor.digest)
        if content is None:
            with self._store.turns.of(descriptor).taken(self._task):  # many tags may be one image
                content = self._answers.content(descriptor.digest) or self._fetch(descriptor)
        yield content[start:]

    def _fetch(self, descriptor: Descriptor) -> bytes:
        if not self._store.has(descriptor):
            self._fetched.append(descriptor)
        content = b"".join(self._known.open(descriptor))
        self._answers.keep(descriptor.digest, content)
        return content

    def _recalled(self, reference: Reference) -> Descriptor | None:
        with suppress(ImageNotFound):
            return self._remembered.resolve(reference)
        return None


class Remembered:
    """Manifests and configs that were read before: a source that asks nobody."""

    def __init__(self, store: Store) -> None:
        self._store, self._answers = store, store.cache.answers

    def resolve(self, reference: Reference, /) -> Descriptor:
        """What the name pointed to when it was last looked up, or has in the store. Raises ImageNotFound."""
        known = self._answers.target(reference)
        if known and self._answers.content(known.digest) is not None:
            return known
        return self._store.resolve(reference)

    def open(self, descriptor: Descriptor, start: int = 0, /) -> Iterator[bytes]:
        """The content from byte `start` on. Raises BlobNotFound."""
        content = self._answers.content(descriptor.digest)
        if content is None:
            raise BlobNotFound(f"{descriptor.digest} was not read yet")
        yield content[start:]


class Remote(Elsewhere):
    """A repository whose layers are read when their tables are first asked for, verified, and not kept.

    `expected` are the diff ids of its layers. Its connections belong to whoever reads: it asks anew for each layer.
    """

    def __init__(self, dock: Dock, reference: Reference, expected: dict[Digest, Digest | None]) -> None:
        super().__init__(_Repository(dock, reference), dock.store.cache)
        self._dock, self._reference, self._expected = dock, reference, expected

    def facts(self, layer: Descriptor, /) -> LayerFacts | None:
        """What the pass over the layer found; None if it was not read yet."""
        return self.known(layer.digest)

    def table(self, kind: Kind, layer: Descriptor, read: Read, columns: Sequence[str] | None = None, /) -> Found:
        """The table of a layer. Raises BlobNotFound, IntegrityError, RegistryError."""
        facts = self.known(layer.digest) or self._read(layer, read())
        expected = self._expected.get(layer.digest)
        if expected and facts and facts.diff_id.algorithm == expected.algorithm:
            message = f"the diff id of layer {layer.digest} is {facts.diff_id}"
            check_digest(facts.diff_id, expected, message, f"the image's config has {expected}")
        found = self._cache.table(kind, facts, read, columns)
        self._cache.trim()
        return found

    def listed(self, layer: Descriptor, /) -> pa.Table | None:
        """What the layer's table of contents says; None if it has none that can be used, or if the layer was read.

        Raises RegistryError.
        """
        from nbdock.contents.chunked import listing, told  # late: who asks for no files needs no pyarrow

        if self.known(layer.digest) or not (contents := told(layer)):
            return None
        found = self._cache.listing(layer.digest, contents)
        if found is None:
            with suppress(IntegrityError, NotFound):  # who reads the layer then is told what is wrong with it
                found = listing(layer, partial(self._fetch, layer))
                self._cache.keep_listing(layer.digest, contents, found)
                self._cache.trim()
        return found

    def part(self, layer: Descriptor, start: int, length: int, /) -> bytes | None:
        """Some bytes of the blob, not verified; None if its registry sends no parts. Raises BlobNotFound."""
        return self._dock.registry.repository(self._reference, Task()).part(layer, start, length)

    def _fetch(self, layer: Descriptor, start: int, length: int) -> bytes:
        found = self.part(layer, start, length)
        if found is None:
            raise InvalidContent(f"{self._reference.registry} sends no parts of blobs")
        return found


class _Repository:
    """A repository as a source that any thread may read at any time."""

    def __init__(self, dock: Dock, reference: Reference) -> None:
        self._dock, self._reference = dock, reference

    def resolve(self, reference: Reference, /) -> Descriptor:
        return self._dock.registry.repository(reference, Task()).resolve(reference)

    def open(self, descriptor: Descriptor, start: int = 0, /) -> Iterator[bytes]:
        return Known(self._dock.registry.repository(self._reference, Task()), self._dock.store).open(descriptor, start)


def told(dock: Dock, fetched: Sequence[Manifests], word: str = "image") -> str:
    """A line on what was read where, and what that counts of pull limits."""
    hosts = dict.fromkeys(each.reference.registry for each in fetched)
    what = fetched[0].reference.familiar if len(fetched) == 1 else plural(len(fetched), word)
    counts = (
        counted(dock, host, sum(each.pulls for each in fetched if each.reference.registry == host)) for host in hosts
    )
    return f"Read from {', '.join(hosts)}, without a pull: {what}{''.join(counts)}"


def counted(dock: Dock, host: str, pulls: int) -> str:
    """How many pulls that counts, where the registry counts them."""
    limit = dock.registry.rate_limit(host)
    if limit is None and host != HUB:
        return ""
    left = f", {limit.remaining} of {limit.limit} are left" if limit else ""
    return f" ({host} counts {plural(pulls, 'pull')}{left})"
