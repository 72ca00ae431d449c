"""What a build would do, line by line, by the Dockerfile, the build context, and the bases that are here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbdock.builder import inherited
from nbdock.builder.adding import is_remote
from nbdock.builder.bases import Bases
from nbdock.builder.building import Recipe, note, placed, warn
from nbdock.builder.copying import Copying, How
from nbdock.builder.layer import Changes
from nbdock.builder.root import Root
from nbdock.dockerfile.stages import SCRATCH, Dockerfile, read
from nbdock.dockerfile.stages import Stage as Written
from nbdock.dockerfile.state import State
from nbdock.dockerfile.steps import Copy, MakeFolder, Step
from nbdock.oci.platform import Platform

if TYPE_CHECKING:
    from nbdock.dock.dock import Dock
    from nbdock.dockerfile.parser import Instruction


@dataclass(frozen=True, slots=True)
class Planned:
    """What an instruction would do, in words; of a copy from the build context how much, in bytes of files."""

    stage: str
    instruction: Instruction
    does: str
    platform: Platform
    size: int | None = None
    files: int | None = None


def planned(dock: Dock, recipe: Recipe, platforms: Sequence[Platform]) -> Iterator[Planned]:
    """What each instruction would do, for each platform. It warns as a build does.

    Raises UsageError, NotFound, Refused.
    """
    for platform in dict.fromkeys(platforms):
        written = read(recipe.text, recipe.arguments, platform, dock.settings.platform)
        warn(dock, recipe, written, written.warnings)
        for stage in written.needed(written.target(recipe.target)):
            yield from _stage(dock, recipe, written, stage, platform)


def _stage(dock: Dock, recipe: Recipe, written: Dockerfile, stage: Written, platform: Platform) -> Iterator[Planned]:
    of = Platform.parse(stage.platform) if stage.platform else platform
    with placed(stage.instruction, recipe.arguments):
        does, config = _base(dock, recipe, written, stage, of)
    yield Planned(str(stage), stage.instruction, does, of)
    state = State(config, written, recipe.arguments)
    for instruction in (*state.triggers(stage.line), *stage.steps):
        with placed(instruction, recipe.arguments):
            step = state.apply(instruction)
            warn(dock, recipe, written, step.warnings)
            does, size, count = _effect(dock, recipe, step)
        yield Planned(str(stage), instruction, does, of, size, count)


def _base(
    dock: Dock, recipe: Recipe, written: Dockerfile, stage: Written, platform: Platform
) -> tuple[str, dict[str, object]]:
    """What FROM does, and the config of its base if that is here."""
    if written.parent(stage):
        return f"begins with the stage {stage.base}", {}
    if stage.base == SCRATCH:
        return "begins with nothing", {}
    image = Bases(dock, recipe.pull).here(stage.base, platform)
    if image is None:
        return f"pulls {stage.base}", {}
    return f"begins with {stage.base}, which is here", inherited.config(image)


def _effect(dock: Dock, recipe: Recipe, step: Step) -> tuple[str, int | None, int | None]:
    match step.effect:
        case None:
            return "changes the config", None, None
        case MakeFolder(path=path):
            return f"makes the folder {path} if it is not there", None, None
        case Copy() as copy:
            return _copy(dock, recipe, step, copy)
    return "is refused: nbdock runs nothing", None, None


def _copy(dock: Dock, recipe: Recipe, step: Step, copy: Copy) -> tuple[str, int | None, int | None]:
    remote = [source for source in copy.sources if step.is_add and is_remote(source)]
    if remote:
        return f"fetches {' '.join(remote)}", None, None
    if copy.stage:
        return f"copies from {copy.stage} to {copy.target}", None, None
    changes = Changes(Root(), 0)
    for source in copy.sources:
        copying = Copying(changes, recipe.files(), copy.target, How(chmod=copy.chmod), copy.exclude)
        copying.copy(source, copy.parents)
    if copy.sources:
        note(changes, recipe.files(), dock.console.warn)
    files = [node for node in changes.nodes if node.type == "file"]
    size = sum(node.size for node in files) + sum(len(each.content.encode()) for each in copy.inline)
    count = len(files) + len(copy.inline)
    return f"copies {count} file{'' if count == 1 else 's'} to {copy.target}", size, count
