"""The jobs of a survey: small, picklable, each done wherever a worker is. None ends the survey: it says what failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from nbdock.contents.layer import Pass, Reader, Readers
from nbdock.errors import Cancelled, InvalidContent, NbdockError, PlatformNotFound
from nbdock.frames.schema import Row
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Manifest, is_attestation
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.oci.verify import Verifier
from nbdock.places import Image, Kind, LayerFacts
from nbdock.reading import image_of, read_manifests
from nbdock.surveys import layers
from nbdock.surveys.brief import Brief, FoundImage, FoundLayer, Outcome, Target
from nbdock.surveys.choosing import Chosen, Repositories
from nbdock.surveys.rows import asked_of, image_tables, layer_row, problem_row, seen_row

if TYPE_CHECKING:
    from nbdock.places import Source
    from nbdock.registry.client import Registry
    from nbdock.task import Task

_LASTING = (InvalidContent, PlatformNotFound)
"""What is wrong with content whose digest is known stays wrong."""


class Job(Protocol):
    """A job. Its key says what it does, and is that of no other job of the survey."""

    @property
    def key(self) -> str: ...

    @property
    def names(self) -> tuple[Reference | str, ...]:
        """The names that it is about."""
        ...

    def run(self, brief: Brief, registry: Registry, task: Task) -> Outcome:
        """Do it. Raises Cancelled, and UsageError if the data set cannot be written."""
        ...


def failed(job: Job, brief: Brief, why: str) -> Outcome:
    """What a job comes to if its worker ended, again and again."""
    return Outcome(problems=tuple(problem_row(brief.seen_at, why, each) for each in job.names))


@contextmanager
def _telling(problems: list[Row], row: Callable[..., Row], *names: Reference | str) -> Iterator[None]:
    """What fails in this context is a problem of these names."""
    try:
        yield
    except Cancelled:
        raise
    except NbdockError as error:
        problems += (row(str(error), each, lasting=isinstance(error, _LASTING)) for each in names)


@dataclass(frozen=True, slots=True)
class ListRepositories:
    """List the catalog of a registry, which may be hostile: found are the references of repositories."""

    wanted: Repositories

    @property
    def key(self) -> str:
        return _key("list-repositories", self.wanted)

    @property
    def names(self) -> tuple[str, ...]:
        return (f"{self.wanted.registry}/",)

    def run(self, brief: Brief, registry: Registry, task: Task) -> Outcome:
        found, problems, row = list[Reference](), list[Row](), partial(problem_row, brief.seen_at)
        with _telling(problems, row, *self.names):
            listed = registry.catalog(self.wanted.registry, task)
            found, others = self.wanted.of(listed.names)
            if listed.cut:
                problems.append(row(f"the catalog ends early: {listed.cut}", *self.names))
            if others:
                problems.append(row(f"the catalog lists {others} that are no names of repositories", *self.names))
        return Outcome(tuple(found), tuple(problems))


@dataclass(frozen=True, slots=True)
class ListTags:
    """List the tags of a repository: found are references."""

    repository: Reference
    chosen: Chosen

    @property
    def key(self) -> str:
        return _key("list-tags", self.repository)

    @property
    def names(self) -> tuple[Reference, ...]:
        return (self.repository,)

    def run(self, brief: Brief, registry: Registry, task: Task) -> Outcome:
        tags, problems, row = list[str](), list[Row](), partial(problem_row, brief.seen_at)
        with _telling(problems, row, self.repository):
            source = registry.repository(self.repository, task)
            tags = self.chosen.of(source.tags())
            problems += (row(why, self.repository) for why in source.missing)
        found = (Reference(self.repository.registry, self.repository.repository, tag) for tag in tags)
        return Outcome(tuple(found), tuple(problems))


@dataclass(frozen=True, slots=True)
class Resolve:
    """Look up what names of one repository point to, by HEAD: found are references with their descriptors."""

    names: tuple[Reference, ...]

    @property
    def key(self) -> str:
        return _key("resolve", *self.names)

    def run(self, brief: Brief, registry: Registry, task: Task) -> Outcome:
        found, problems = list[tuple[Reference, Descriptor]](), list[Row]()
        for name in self.names:
            with _telling(problems, partial(problem_row, brief.seen_at), name):
                found.append((name, registry.repository(name, task).resolve(name)))
        return Outcome(tuple(found), tuple(problems))


@dataclass(frozen=True, slots=True)
class ReadImages:
    """Read manifests and configs, and write what they say: found are the images."""

    targets: tuple[Target, ...]

    @property
    def key(self) -> str:
        return _key("read-images", *self.names, *(each.descriptor.digest for each in self.targets))

    @property
    def names(self) -> tuple[Reference, ...]:
        return tuple(name for target in self.targets for name in target.names)

    def run(self, brief: Brief, registry: Registry, task: Task) -> Outcome:
        rows: dict[str, list[Row]] = {}
        found, problems = list[FoundImage](), list[Row]()
        for target, asked in ((each, asked) for each in self.targets for asked in each.asked):
            what: dict[str, Any] = {"digest": target.descriptor.digest, "asked": asked_of(target.descriptor, asked)}
            with _telling(problems, partial(problem_row, brief.seen_at, **what), *target.names):
                for image in _images(registry.repository(target.names[0], task), target.descriptor, asked):
                    _add(rows, brief, target, asked, image)
                    found.append(FoundImage.of(image, target.names[0]))
        brief.write(rows)
        return Outcome(tuple(found), tuple(problems))


@dataclass(frozen=True, slots=True)
class ReadLayer:
    """Read a layer, and write what is in it: found is the row of what the pass found."""

    layer: FoundLayer

    @property
    def key(self) -> str:
        return f"read-layer-{self.layer.descriptor.digest.hex}"

    @property
    def names(self) -> tuple[Reference, ...]:
        return (self.layer.reference,)

    def run(self, brief: Brief, registry: Registry, task: Task) -> Outcome:
        blob, problems, made = self.layer.descriptor.digest, list[Row](), dict[Kind, pa.Table]()
        facts = self._written(brief)
        if facts is None:
            with _telling(problems, partial(problem_row, brief.seen_at, layer=blob), *self.names):
                facts = self._read(registry, task, lambda: _readers(brief.kinds, made))
        if facts is None:
            return Outcome(problems=tuple(problems))
        for kind, table in made.items():
            layers.write(brief.place, kind, blob, facts, table)
        return Outcome((layer_row(self.layer.descriptor, facts),))

    def _written(self, brief: Brief) -> LayerFacts | None:
        """What was found by somebody who wrote it meanwhile, or before a survey that was killed told of it."""
        blob, diff_id = self.layer.descriptor.digest, self.layer.diff_id
        known = [layers.facts_of(brief.place, kind, blob, diff_id) for kind in brief.kinds]
        return known[0] if all(known) else None

    def _read(self, registry: Registry, task: Task, readers: Readers) -> LayerFacts:
        """Read and verify it. Raises NotFound, IntegrityError, RegistryError."""
        blob, expected = self.layer.descriptor, self.layer.diff_id
        reading, verifier = Pass(readers, blob.digest.algorithm), Verifier(blob)
        for chunk in registry.repository(self.layer.reference, task).open(blob):
            verifier.feed(chunk)
            reading.feed(chunk)
        verifier.finish()
        facts = reading.finish(blob.digest)
        if facts is None:
            raise InvalidContent(f"{blob.digest} is no layer: {reading.error}")
        if expected and expected.algorithm == facts.diff_id.algorithm and expected != facts.diff_id:
            raise InvalidContent(f"the diff id of layer {blob.digest} is {facts.diff_id}, the config has {expected}")
        return facts


def _readers(kinds: Iterable[Kind], made: dict[Kind, pa.Table]) -> list[Reader]:
    """What makes the tables of these kinds, and keeps them in `made`."""
    from nbdock.contents.ecosystems.table import PackageTable
    from nbdock.contents.files import FileTable

    makers: dict[str, Callable[[Any], Reader]] = {"files": FileTable, "packages": PackageTable}
    return [makers[kind](partial(_keep, made, kind)) for kind in kinds]


def _keep(made: dict[Kind, pa.Table], kind: Kind, table: pa.Table, _facts: LayerFacts) -> None:
    made[kind] = table


def _images(source: Source, target: Descriptor, platform: Platform | None) -> list[Image]:
    """The image of a platform, or every image below the target. Raises NotFound, IntegrityError, RegistryError."""
    found = read_manifests(source, target, platform).items()
    images = ((each, manifest) for each, manifest in found if isinstance(manifest, Manifest))
    return [image_of(source, *each) for each in images if not is_attestation(each[0])]


def _add(rows: dict[str, list[Row]], brief: Brief, target: Target, asked: Platform | None, image: Image) -> None:
    tables = image_tables(image, target.descriptor, target.names)
    what, of = asked_of(target.descriptor, asked), (str(image.id), str(image.descriptor.digest))
    seen = [seen_row(brief.seen_at, name, target.descriptor.digest, what, of) for name in target.names]
    for name, found in {**tables, "seen": seen}.items():
        rows.setdefault(name, []).extend(found)


def _key(what: str, *about: object) -> str:
    """What Dask's dashboard shows, and what tells the job from others."""
    return f"{what}-{Digest.of(' '.join(map(str, about)).encode()).hex}"
