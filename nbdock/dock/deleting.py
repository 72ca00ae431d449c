"""What `rm` deletes at registries. A digest goes with all its tags, so that a plan names them first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from nbdock import human
from nbdock.errors import ImageNotFound, NbdockError, Refused
from nbdock.oci import manifest as manifests
from nbdock.oci import media
from nbdock.oci.reference import Reference
from nbdock.task import Task

if TYPE_CHECKING:
    from nbdock.dock.dock import Dock
    from nbdock.oci.descriptor import Descriptor
    from nbdock.oci.digest import Digest
    from nbdock.registry.repository import Repository

T = TypeVar("T")

_JOBS = 8
_MOST_TAGS = 10_000


@dataclass(frozen=True, slots=True)
class Deletion:
    """A manifest by its digest, and the tags that go with it; or a tag alone, whose manifest is kept by others: they
    point to it too, or to an index of it."""

    manifest: Reference
    tags: tuple[Reference, ...]
    kept_by: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Deletions:
    """What is to be deleted, or was, and an error for each name that is not."""

    items: tuple[Deletion, ...] = ()
    errors: tuple[NbdockError, ...] = ()


def plan(dock: Dock, names: Iterable[Reference]) -> Deletions:
    """What goes with these names. An error for one does not stop the others. Raises Interrupted."""
    repositories: dict[str, list[Reference]] = {}
    for name in names:
        repositories.setdefault(name.name, []).append(name.tagged)
    return _each(repositories.values(), lambda own: dock.run(lambda task: _plan(dock, own, task), quiet=True))


def execute(dock: Dock, planned: Deletions) -> Deletions:
    """Carry out the plan: what was deleted, and the errors of what was not. Raises Interrupted."""

    def one(deletion: Deletion) -> Deletions:
        dock.run(lambda task: _delete(dock, deletion, task), quiet=True)
        return Deletions((deletion,))

    return _each(planned.items, one)


def _each(items: Iterable[T], work: Callable[[T], Deletions]) -> Deletions:
    """The results of all together. An error of one does not stop the others."""
    done: list[Deletions] = []
    for each in items:
        try:
            done.append(work(each))
        except NbdockError as error:
            done.append(Deletions(errors=(error,)))
    every, errors = (one.items for one in done), (one.errors for one in done)
    return Deletions(tuple(chain.from_iterable(every)), tuple(chain.from_iterable(errors)))


def _delete(dock: Dock, deletion: Deletion, task: Task) -> None:
    repository = dock.registry.repository(deletion.manifest, task, delete=True)
    try:
        repository.delete(deletion.tags[0] if deletion.kept_by else deletion.manifest)
    except Refused as refused:
        if not deletion.kept_by:
            raise
        others = human.excerpt(", ".join(each.familiar for each in deletion.kept_by))
        message = f"{refused}, and with its digest these would be lost too: {others}"
        raise Refused(message, hint=f"to delete all of them: rm docker://{deletion.manifest.familiar}") from None


def _plan(dock: Dock, names: Sequence[Reference], task: Task) -> Deletions:
    """What goes with these names of one repository."""
    repository = dock.registry.repository(names[0], task, delete=True)
    wanted: dict[Digest, list[Reference]] = {}
    kinds: dict[Digest, str] = {}

    def resolve(name: Reference) -> Deletions:
        found = repository.resolve(name)
        wanted.setdefault(found.digest, []).append(name)
        kinds[found.digest] = found.media_type
        return Deletions()

    missing = _each(names, resolve)
    there = _There(repository, _tags(repository, names[0], task) if wanted else {}, task)
    ordered = sorted(wanted, key=lambda digest: kinds[digest] not in media.INDEXES)  # before what may be in them
    planned = _each(ordered, lambda digest: Deletions(there.deletions(digest, wanted[digest])))
    return Deletions(planned.items, missing.errors + planned.errors)


def _tags(repository: Repository, name: Reference, task: Task) -> dict[Reference, Descriptor]:
    """What each tag of the repository points to. Raises Refused if that cannot be known."""
    try:
        tags = repository.tags()
    except ImageNotFound:  # as some say of a repository without tags
        return {}
    unknown = repository.missing or ([f"it has {len(tags)} tags"] if len(tags) > _MOST_TAGS else [])
    if unknown:
        message = f"which other tags of {name.familiar_name} would go too is not known: {unknown[0]}"
        raise Refused(message, hint="use the registry's own tools")
    named = [replace(name, tag=tag, digest=None) for tag in tags]
    found = task.spread(repository.find, named, _JOBS)
    return {each: target for each, target in zip(named, found, strict=True) if target}


class _There:
    """What the tags of a repository point to, but for what is to be deleted."""

    def __init__(self, repository: Repository, tags: dict[Reference, Descriptor], task: Task) -> None:
        self._repository, self._tags, self._task = repository, tags, task

    def deletions(self, digest: Digest, names: Sequence[Reference]) -> tuple[Deletion, ...]:
        """What goes with these names of one manifest. Raises Refused if it is named by its digest, and in an index."""
        manifest = replace(names[0], tag=None, digest=digest)
        same = [tag for tag, target in self._tags.items() if target.digest == digest]
        by_digest = any(name.digest for name in names)
        tags = same if by_digest else names
        indexes = self._indexes_of(digest)
        kept_by = (*(tag for tag in same if tag not in tags), *indexes)
        if not kept_by:
            self._tags = {tag: target for tag, target in self._tags.items() if target.digest != digest}
            return (Deletion(manifest, tuple(tags)),)
        if by_digest:
            others = human.excerpt(", ".join(each.familiar for each in indexes))
            raise Refused(f"{manifest.familiar} is a part of {others}", hint="delete that first, or with it")
        return tuple(Deletion(manifest, (tag,), kept_by) for tag in tags)

    def _indexes_of(self, digest: Digest) -> tuple[Reference, ...]:
        """The tags of the indexes that have it: without it they would be broken."""
        found = {each for each in self._tags.values() if each.media_type in media.INDEXES and each.digest != digest}
        indexes = list(found)
        children = self._task.spread(self._children, indexes, _JOBS)
        having = {index for index, below in zip(indexes, children, strict=True) if digest in below}
        return tuple(tag for tag, target in self._tags.items() if target in having)

    def _children(self, index: Descriptor) -> set[Digest]:
        from nbdock.reading import read  # late: the help of rm needs no places

        found = manifests.parse(read(self._repository, index), index.media_type)
        return {each.digest for each in found.children}
