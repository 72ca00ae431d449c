"""Build images from a Dockerfile: stage after stage, instruction after instruction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nbdock.builder.adding import archive, fetched, inline, is_remote
from nbdock.builder.bases import Bases
from nbdock.builder.copying import Copying, How, folders
from nbdock.builder.layer import Changes
from nbdock.builder.owners import ROOT, Owner, numbered, owner
from nbdock.builder.root import Root
from nbdock.builder.stage import Made, Maker, Stage
from nbdock.builder.tree import matching
from nbdock.dockerfile.checks import base_platform, concealed, ignored
from nbdock.dockerfile.forms import copies_context
from nbdock.dockerfile.located import at, cited
from nbdock.dockerfile.stages import SCRATCH, Dockerfile, read
from nbdock.dockerfile.stages import Stage as Written
from nbdock.dockerfile.state import State
from nbdock.dockerfile.steps import Copy, MakeFolder, Run, Step
from nbdock.errors import DockerfileError, NbdockError, Refused
from nbdock.oci.platform import Platform

if TYPE_CHECKING:
    from nbdock.builder.context import Context
    from nbdock.builder.tree import Tree
    from nbdock.dock.dock import Dock
    from nbdock.dockerfile.checks import BuildWarning
    from nbdock.dockerfile.parser import Instruction
    from nbdock.oci.descriptor import Descriptor
    from nbdock.oci.digest import Digest
    from nbdock.task import Task


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to build. `time` is when, in seconds since 1970; `private` whether ADD may fetch from private addresses."""

    text: str
    context: Context | None
    time: int
    target: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    pull: bool = False
    private: bool = False

    def files(self) -> Context:
        """The build context. Raises Refused if there is none."""
        if self.context is None:
            raise Refused("there is no build context to copy from", hint=_WHERE)
        return self.context


@dataclass(frozen=True, slots=True)
class Done:
    """An instruction that was carried out: the layer that it made, if it made one, and how long it took, in seconds.

    `is_cached` says whether the layer was here already, or of FROM the base, which has so many bytes.
    """

    stage: str
    instruction: Instruction
    platform: Platform
    seconds: float
    created_by: str = ""
    made: Made | None = None
    is_cached: bool | None = None
    base_size: int | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """An image that was built for a platform; nothing names it yet."""

    manifest: Descriptor
    image_id: Digest
    platform: Platform
    steps: tuple[Done, ...]


def build(dock: Dock, recipe: Recipe, platform: Platform) -> Built:
    """Build an image for a platform into the store, under no name. What is begun is told.

    Raises UsageError, NotFound, Refused, IntegrityError, StoreError, RegistryError, Interrupted.
    """
    written = read(recipe.text, recipe.arguments, platform, dock.settings.platform, target=recipe.target)
    return _Building(dock, recipe, written, platform).run()


@dataclass(frozen=True, slots=True)
class _Needed:
    """What a COPY or ADD needs beside its text: the root that it changes, the tree of its sources, their new owner."""

    copy: Copy
    is_add: bool
    root: Root
    tree: Tree | None
    how: How


class _Building:
    def __init__(self, dock: Dock, recipe: Recipe, written: Dockerfile, platform: Platform) -> None:
        self._dock, self._recipe, self._written, self._platform = dock, recipe, written, platform
        self._maker = Maker(dock.store)
        self._bases = Bases(dock, recipe.pull)
        self._stages: dict[int, Stage] = {}
        self._states: dict[int, State] = {}
        self._done: list[Done] = []

    def run(self) -> Built:
        warn(self._dock, self._recipe, self._written, self._written.warnings)
        target = self._written.target(self._recipe.target)
        needed = self._written.needed(target)
        self._refuse(needed)
        for written in needed:
            self._stages[written.index] = self._stage(written)
        stage = self._stages[target.index]
        if self._recipe.labels:
            stage.config = {**stage.config, "Labels": {**(stage.config.get("Labels") or {}), **self._recipe.labels}}
        manifest, image_id = self._maker.write(stage)
        return Built(manifest, image_id, stage.platform, tuple(self._done))

    def _refuse(self, stages: Sequence[Written]) -> None:
        """Raises Refused, before any base is pulled, for a RUN, and for a COPY where there is no build context."""
        for instruction in (step for stage in stages for step in stage.steps):
            with placed(instruction, self._recipe.arguments):
                if instruction.keyword == "RUN":
                    raise Refused(_NO_RUN, hint=_INSTEAD_OF_RUN)
                if self._recipe.context is None and copies_context(instruction):
                    self._recipe.files()

    def _stage(self, written: Written) -> Stage:
        origin = written.instruction
        begun = self._begin(written, origin)
        with placed(origin, self._recipe.arguments):
            stage, state, is_here = self._on_base(written)
        self._add(Done(str(written), origin, stage.platform, _since(begun), is_cached=is_here, base_size=stage.size))
        self._states[written.index] = state
        root = stage.root(self._dock)
        for instruction in (*state.triggers(written.line), *written.steps):
            begun = self._begin(written, instruction)
            with placed(instruction, self._recipe.arguments):
                step = state.apply(instruction)
                warn(self._dock, self._recipe, self._written, step.warnings)
                self._step(written, stage, step, root, begun)
            stage.config, stage.author = state.config, state.author
        return stage

    def _on_base(self, written: Written) -> tuple[Stage, State, bool]:
        """The stage on its base, its state, and whether the base was here."""
        if parent := self._written.parent(written):
            return self._stages[parent.index].copy(), self._states[parent.index].child(), True
        platform, image, is_here = self._platform, None, True
        if written.base != SCRATCH:
            platform = Platform.parse(written.platform) if written.platform else platform
            image, is_here = self._bases.find(written.base, platform)
            self._warn(written.instruction, base_platform(written.instruction, written.base, image.platform, platform))
        stage = Stage.on(image, platform, self._recipe.time)
        state = State(stage.config, self._written, self._recipe.arguments)
        stage.config = state.config
        return stage, state, is_here

    def _step(self, written: Written, stage: Stage, step: Step, root: Root, begun: float) -> None:
        """Carry out an instruction; the root has what it made afterwards."""
        made = self._made(written, stage, step, root)
        if made is not None:
            stage.layers.append(made.layer)
        if step.created_by:
            stage.record(step.created_by, made is not None)
        cached = None if made is None else made.is_cached
        self._add(Done(str(written), step.instruction, stage.platform, _since(begun), step.created_by, made, cached))

    def _warn(self, instruction: Instruction, found: Iterable[BuildWarning]) -> None:
        warn(self._dock, self._recipe, self._written, self._written.checks.kept(found, instruction))

    def _begin(self, written: Written, instruction: Instruction) -> float:
        """Tell of an instruction, as BuildKit does: `[app] COPY . /app`. Returns when it begins."""
        self._dock.say(f"[{written}] {cited(instruction.source)}")
        return time.monotonic()

    def _add(self, done: Done) -> None:
        self._done.append(done)
        if done.made and done.is_cached:
            self._dock.say(" => CACHED")

    def _made(self, written: Written, stage: Stage, step: Step, root: Root) -> Made | None:
        """The layer of an instruction; None if it makes none."""
        match step.effect:
            case None:
                return None
            case MakeFolder(path=path, user=user):
                changes, owner = Changes(root, self._recipe.time), self._owner(user, stage)
                return self._dock.run(lambda task: self._layer(folders(changes, path, owner), root, task))
            case Copy() as copy:
                needed = self._needed(written, stage, step, copy, root)
                return self._dock.run(lambda task: self._layer(self._copied(needed, task), root, task))
            case Run():
                raise Refused(_NO_RUN, hint=_INSTEAD_OF_RUN)

    def _layer(self, changes: Changes, root: Root, task: Task) -> Made:
        made = self._maker.make(changes, task)
        root.add(changes.nodes)
        return made

    def _needed(self, written: Written, stage: Stage, step: Step, copy: Copy, root: Root) -> _Needed:
        """What a COPY needs. Trees are made here: the layers of an image may have to be read for them."""
        owner = self._owner(copy.chown, stage) if copy.chown else None if copy.stage else ROOT
        if not copy.stage and self._recipe.context is not None:
            found = ignored(step.instruction, copy.sources, self._recipe.context.ignore)
            self._warn(step.instruction, found)
        is_local = any(not (step.is_add and is_remote(source)) for source in copy.sources)
        tree = self._tree(written, copy.stage) if is_local else None
        return _Needed(copy, step.is_add, Root() if copy.link else root, tree, How(owner, copy.chmod))

    def _copied(self, needed: _Needed, task: Task) -> Changes:
        copy, changes = needed.copy, Changes(needed.root, self._recipe.time)
        inside = Copying(changes, inline(copy.inline), copy.target, needed.how)
        if len(copy.sources) + len(copy.inline) > 1 and not copy.parents:
            inside.require_folder("there are several sources")
        for heredoc in copy.inline:
            inside.path(f"/{heredoc.name}")
        for source in copy.sources:
            if needed.is_add and is_remote(source):
                self._fetch(source, needed, changes, task)
            elif needed.tree is not None:
                self._copy(source, needed, needed.tree, changes, task)
        if self._recipe.context is not None and needed.tree is self._recipe.context:
            note(changes, self._recipe.context, task.note)
        return changes

    def _fetch(self, url: str, needed: _Needed, changes: Changes, task: Task) -> None:
        copy = needed.copy
        there, source = fetched(self._dock.registry, url, copy.checksum, self._recipe.private, task)
        self._copy(source, replace(needed, copy=replace(copy, unpack=copy.unpack_downloads)), there, changes, task)

    def _copy(self, source: str, needed: _Needed, tree: Tree, changes: Changes, task: Task) -> None:
        """Copy a source, or unpack what ADD finds to be archives."""
        copy, how = needed.copy, needed.how
        archives = {path: archive(tree, path, task) for path in matching(tree, source)} if copy.unpack else {}
        if not any(archives.values()):
            copying = Copying(changes, tree, copy.target, how, copy.exclude)
            if not copying.copy(source, copy.parents):
                task.note(f"WARNING: {source} matches nothing")
            return
        for path, inside in archives.items():
            if inside is None:
                Copying(changes, tree, copy.target, how, copy.exclude).path(path)
            else:
                as_it_is = How(how.owner if copy.chown else None, keeps_times=True)
                Copying(changes, inside, copy.target, as_it_is).contents()

    def _tree(self, written: Written, stage: str) -> Tree:
        """Where sources are: the build context, or the stage or image that `--from` names."""
        if not stage:
            return self._recipe.files()
        earlier = self._written.find(stage, before=written)
        if earlier is not None:
            return self._stages[earlier.index].root(self._dock)
        if stage == SCRATCH:
            return Root()
        image, _ = self._bases.find(stage, self._platform)
        return Stage.on(image, self._platform, self._recipe.time).root(self._dock)

    def _owner(self, text: str, stage: Stage) -> Owner:
        """The owner that USER or `--chown` means. Names are read in the image."""
        known = numbered(text) if text else ROOT
        if known is not None:
            return known
        root = stage.root(self._dock)
        return self._dock.run(lambda task: owner(text, root, task), quiet=True)


def warn(dock: Dock, recipe: Recipe, written: Dockerfile, warnings: Sequence[BuildWarning]) -> None:
    """Tell what BuildKit's checks warn of. Raises UsageError where the Dockerfile makes errors of that."""
    for each in warnings:
        dock.console.warn(concealed(f"WARNING: {each}", recipe.arguments))
    written.checks.enforce(warnings)


@contextmanager
def placed(instruction: Instruction, arguments: Mapping[str, str]) -> Iterator[None]:
    """Say of any error which line of the Dockerfile it is about, and leave out of it which arguments are secret."""
    try:
        with at(instruction):
            yield
    except DockerfileError as error:
        for each in filter(None, (error, error.__cause__)):
            each.args = (concealed(str(each), arguments),)
        raise
    except NbdockError as error:
        where = f"Dockerfile:{instruction.line}: {cited(instruction.source)}"
        error.args = (f"{where}: {concealed(str(error), arguments)}",)
        raise


def note(changes: Changes, context: Context, tell: Callable[[str], object]) -> None:
    """Warn of secrets of the build context that go into a layer, and of what cannot."""
    for line in (*changes.secrets(context), *context.left_out):
        tell(f"WARNING: {line}")


def _since(begun: float) -> float:
    return time.monotonic() - begun


_NO_RUN = "nbdock runs nothing: RUN needs a builder such as docker, podman or buildah"
_WHERE = "add the folder to copy from at the end of the line: `.` is this folder"
_INSTEAD_OF_RUN = "do it before the build and COPY what it makes, or take a base that has it, or a --target without it"
