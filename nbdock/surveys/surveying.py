"""A survey: from what is asked for to names, from names to images, from images to layers; each step by many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from nbdock.frames.schema import Row
from nbdock.oci import media
from nbdock.oci.reference import Reference
from nbdock.surveys.brief import Brief, FoundImage, FoundLayer, Outcome, Target
from nbdock.surveys.choosing import Item, Repositories, Repository
from nbdock.surveys.jobs import Job, ListRepositories, ListTags, ReadImages, ReadLayer, Resolve
from nbdock.surveys.known import Known
from nbdock.task import Tally, Task

if TYPE_CHECKING:
    from nbdock.oci.descriptor import Descriptor
    from nbdock.surveys.crew import Crew

J = TypeVar("J", bound=Job)
T = TypeVar("T")

_BATCH = 100
"""The most names of a job."""
_EACH = 4
"""Jobs for each worker, so that none waits for the last one."""
_FLUSH = 500
"""Rows that are kept in memory before they are written."""


@dataclass
class Count:
    """A row of what a survey reports: how many were found, were known, were added, failed, and are left."""

    counted: str
    found: int = 0
    known: int | None = None
    read: int | None = None
    failed: int = 0
    left: int = 0
    left_bytes: int | None = None
    requests: int | None = None


@dataclass
class Survey:
    """One survey. Its only state is the data set: what is left when it ends, however it ends, the next one does."""

    brief: Brief
    crew: Crew
    task: Task
    _problems: list[Row] = field(default_factory=list)
    _found: list[Row] = field(default_factory=list)
    _written: int = 0

    def run(self, items: Iterable[Item]) -> list[Row]:
        """Do it; returns a row each for repositories, names, images and layers. Raises UsageError, Cancelled."""
        known = Known.read(self.brief)
        try:
            repositories, names = self._names(items)
            resolved, named = self._resolve(names)
            targets, seen = self._left(known, resolved)
            images, read = self._images(targets, seen)
            layers = self._layers(known, [*read, *known.layers_of(seen, {str(name): name for name, _ in resolved})])
        finally:
            self._flush()
        named.known = len({row["reference"] for row in seen})
        named.read = len(resolved) - named.known
        return [vars(each) for each in (repositories, named, images, layers)]

    def _names(self, items: Iterable[Item]) -> tuple[Count, list[Reference]]:
        """The names that are meant, from lists of tags and catalogs."""
        wanted = list(dict.fromkeys(items))
        names = [each for each in wanted if isinstance(each, Reference)]
        lists = [ListTags(each.name, each.tags) for each in wanted if isinstance(each, Repository)]
        catalogs = [ListRepositories(each) for each in wanted if isinstance(each, Repositories)]

        def list_tags(job: ListRepositories, outcome: Outcome) -> None:
            lists.extend(ListTags(name, job.wanted.tags) for name in outcome.found)

        self._do("catalogs", catalogs, list_tags)
        self._do("repositories", lists, lambda job, outcome: names.extend(outcome.found))
        failed = len(self._problems)
        return Count("repositories", len(lists), failed=failed, left=failed), list(dict.fromkeys(names))

    def _resolve(self, names: Sequence[Reference]) -> tuple[list[tuple[Reference, Descriptor]], Count]:
        """What the names point to, in the order of the names."""
        found: dict[Reference, Descriptor] = {}
        before = len(self._problems)
        jobs = list(map(Resolve, self._batches(names)))
        self._do("names", jobs, lambda job, outcome: found.update(outcome.found))
        failed = self._problems[before:]
        left = sum(not problem["lasting"] for problem in failed)
        return sorted(found.items(), key=lambda each: str(each[0])), Count(
            "names", len(names), failed=len(failed), left=left
        )

    def _left(self, known: Known, resolved: Iterable[tuple[Reference, Descriptor]]) -> tuple[list[Target], list[Row]]:
        """What is to be read, once for all names of a repository that point to it; and the rows of what is known."""
        seen, targets = list[Row](), dict[Any, Target]()
        for name, descriptor in resolved:
            rows, target = known.split(self.brief, name, descriptor)
            seen += rows
            if target.asked:
                key = (name.name, descriptor.digest, target.asked)
                same = targets.get(key)
                targets[key] = replace(target, names=(*same.names, name)) if same else target
        self.brief.write({"seen": seen})
        return list(targets.values()), seen

    def _images(self, targets: Sequence[Target], seen: Sequence[Row]) -> tuple[Count, list[FoundLayer]]:
        """Read images; returns their layers."""
        there = {row["image_id"] for row in seen}
        count = Count("images", len(there), len(there), 0, requests=0)
        if self.brief.dry_run:
            count.left, count.requests = sum(len(each.asked) for each in targets), sum(map(_requests, targets))
            count.found += count.left
        if self.brief.dry_run and not self.brief.kinds:
            return count, []
        read, before = list[FoundImage](), len(self._problems)
        self._do(
            "images", list(map(ReadImages, self._batches(targets))), lambda job, outcome: read.extend(outcome.found)
        )
        if not self.brief.dry_run:
            failed = self._problems[before:]
            count.failed, count.left = len(failed), sum(not problem["lasting"] for problem in failed)
            count.read = len({str(each.id) for each in read} - there)
            count.found += count.read
        return count, [layer for each in read for layer in each.layers]

    def _layers(self, known: Known, found: Iterable[FoundLayer]) -> Count:
        """Read the layers that are wanted and not there, the largest first."""
        unique = {layer.descriptor.digest: layer for layer in found}
        count = Count("layers", len(unique), left=0, left_bytes=0, requests=0)
        if not self.brief.kinds:
            return count
        broken = [layer for digest, layer in unique.items() if str(digest) in known.broken]
        left = [layer for layer in unique.values() if not known.has(layer) and layer not in broken]
        left.sort(key=lambda layer: -layer.descriptor.size)
        count.known, count.read = len(unique) - len(left) - len(broken), 0
        count.failed = len(broken)
        if not self.brief.dry_run:
            left = self._read(left, count)
        count.left, count.left_bytes, count.requests = len(left), sum(each.descriptor.size for each in left), len(left)
        return count

    def _read(self, layers: Sequence[FoundLayer], count: Count) -> list[FoundLayer]:
        """Read layers; returns those that may be read another time."""
        left = {layer.descriptor.digest: layer for layer in layers}

        def hear(job: ReadLayer, outcome: Outcome) -> None:
            count.read = (count.read or 0) + len(outcome.found)
            count.failed += len(outcome.problems)
            self._found.extend(outcome.found)
            if outcome.found or any(problem["lasting"] for problem in outcome.problems):
                del left[job.layer.descriptor.digest]

        self._do("layers", list(map(ReadLayer, layers)), hear)
        return list(left.values())

    def _do(self, what: str, jobs: Sequence[J], hear: Callable[[J, Outcome], object]) -> None:
        """Do jobs, and tell how many names or layers are done."""
        done, total = 0, sum(len(job.names) for job in jobs)

        def told(job: J, outcome: Outcome) -> None:
            nonlocal done
            done += len(job.names)
            self._problems.extend(outcome.problems)
            hear(job, outcome)
            self.task.tell(Tally(what, done, total))
            if len(self._found) >= _FLUSH:
                self._flush()

        if jobs:
            self.task.tell(Tally(what, done, total))
            self.crew.run(jobs, told, self.task)

    def _batches(self, items: Sequence[T]) -> Iterator[tuple[T, ...]]:
        """Some items each, few enough that every worker has several."""
        most = max(1, min(_BATCH, len(items) // (_EACH * self.crew.size)))
        waiting = iter(items)
        while batch := tuple(islice(waiting, most)):
            yield batch

    def _flush(self) -> None:
        """Write what the jobs told of."""
        self.brief.write({"layers": self._found, "problems": self._problems[self._written :]})
        self._found.clear()
        self._written = len(self._problems)


def _requests(target: Target) -> int:
    """Manifests and configs: of an index itself, and for each platform."""
    each = 2 * len(target.asked)
    return each + 1 if target.descriptor.media_type in media.INDEXES else each
