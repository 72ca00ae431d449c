"""A Dockerfile as stages: what each is built on, and which of them a target needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

from nbdock.dockerfile import checks, forms
from nbdock.dockerfile.checks import BuildWarning, Checks
from nbdock.dockerfile.expand import Scope, expand
from nbdock.dockerfile.located import at, located
from nbdock.dockerfile.parser import LONGEST, Instruction, Source, parse
from nbdock.dockerfile.settings import Budget
from nbdock.errors import UsageError
from nbdock.oci.platform import Platform

SCRATCH = "scratch"
_MOST_INSTRUCTIONS = 10_000
_MOST_STAGES = 1_000
MOST_TRIGGERS = 100
_LONGEST_NAME = 4096
_MOST_ADDED = 4 * LONGEST


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: `FROM base AS name`, and the instructions below it.

    The base is a reference, `scratch` or the name of an earlier stage; the name is "" if it has none.
    """

    index: int
    name: str
    base: str
    platform: str
    line: int
    steps: tuple[Instruction, ...]
    source: str = ""

    def __str__(self) -> str:
        return self.name or str(self.index)

    @property
    def instruction(self) -> Instruction:
        """Its FROM."""
        return Instruction.of(self.source)._replace(line=self.line, end=self.line)


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A parsed Dockerfile. `arguments` are the ARGs above its first stage, with those that every Dockerfile has."""

    stages: tuple[Stage, ...]
    arguments: Mapping[str, str]
    warnings: tuple[BuildWarning, ...]
    syntax: str
    checks: Checks
    source: Source = field(repr=False)
    budget: Budget = field(default_factory=lambda: Budget(_MOST_ADDED), repr=False)
    """What the instructions of all its stages may add to configs."""

    def target(self, name: str) -> Stage:
        """The stage to build, by name or number; the last if the name is "". Raises UsageError."""
        found = self._named(name, self.stages) if name else self.stages[-1]
        if found is None:
            known = ", ".join(stage.name for stage in self.stages if stage.name) or "none has a name"
            raise UsageError(f'target stage "{name}" could not be found', hint=f"the stages: {known}")
        return found

    def parent(self, stage: Stage) -> Stage | None:
        """The earlier stage that the stage is built on, None if it is built on an image or on nothing."""
        earlier = self.stages[: stage.index]
        return next((each for each in reversed(earlier) if each.name and each.name == stage.base), None)

    def find(self, name: str, before: Stage) -> Stage | None:
        """The earlier stage that `--from` names, by name or number; None if it names an image. Raises UsageError."""
        if found := self._named(name, self.stages[: before.index]):
            return found
        if self._named(name, self.stages) or name.isdecimal():
            problem = f'cannot copy from stage "{name}", it needs to be defined before current stage "{before}"'
            raise UsageError(problem, hint="move the stage up, or name another")
        return None

    def needed(self, target: Stage) -> list[Stage]:
        """The stages that the target stands on, in the order in which they are built; the target is the last."""
        needed, todo = {target.index}, [target]
        while todo:
            stage = todo.pop()
            for other in self._below(stage):
                if other.index not in needed:
                    needed.add(other.index)
                    todo.append(other)
        return [stage for stage in self.stages if stage.index in needed]

    def _below(self, stage: Stage) -> Iterator[Stage]:
        parent = self.parent(stage)
        triggers = [step for step in parent.steps if step.keyword == "ONBUILD"] if parent else []
        copies = [step for step in stage.steps if step.keyword == "COPY"]
        if parent:
            yield parent
        for step in (*triggers, *copies):
            with at(step):
                name = next(filter(None, map(_copied_from, _instructions(step))), None)
                if name and (found := self.find(name, stage)):
                    yield found

    @staticmethod
    def _named(name: str, stages: Sequence[Stage]) -> Stage | None:
        if name.isascii() and name.isdecimal():
            return stages[int(name)] if len(name) < 6 and int(name) < len(stages) else None
        return next((stage for stage in reversed(stages) if stage.name == name.lower()), None)


def read(
    text: str, arguments: Mapping[str, str], platform: Platform, build_platform: Platform, *, target: str = ""
) -> Dockerfile:
    """Read a Dockerfile. The arguments are those of `--build-arg`.

    Raises DockerfileError for what no stage may say, needed or not; what variables make wrong is found when a stage is
    built.
    """
    if len(text) > LONGEST:
        raise UsageError("the Dockerfile is too long", hint=f"{LONGEST} characters are the most")
    source = parse(text.encode(errors="replace").decode())
    above, below = _split(source.instructions)
    checked = Checks.read(source.directives.get("check", ""))
    predefined = _predefined(platform, build_platform, target or _last_name(below))
    start = {name: arguments.get(name, value) for name, value in predefined.items()}
    reader = _Reader(source, checked, _declared(above, start, arguments), _declared(above, start, {}))
    stages = tuple(reader.stages(below))
    return Dockerfile(
        stages, reader.scope, tuple(reader.warnings), source.directives.get("syntax", ""), checked, source
    )


def _instructions(step: Instruction) -> tuple[Instruction, ...]:
    """The instruction, or that of an ONBUILD."""
    return parse(forms.trigger(step)).instructions if step.keyword == "ONBUILD" else (step,)


def _copied_from(step: Instruction) -> str:
    return forms.files(step).options.get("from", "") if step.keyword == "COPY" else ""


class _Reader:
    """Reads stages, one after the other, in the scope of the global arguments; `defaults` is without `--build-arg`."""

    def __init__(self, source: Source, checked: Checks, scope: Scope, defaults: Scope) -> None:
        self.scope = scope
        self._defaults, self._checks, self._escape = defaults, checked, source.escape
        above = takewhile(lambda each: each.keyword == "ARG", source.instructions)
        self._declared = {name for each in above for name, _ in forms.arguments(each)}
        gap = "Empty continuation line"
        self.warnings = [BuildWarning("NoEmptyContinuation", gap, line) for line in source.gaps]

    def stages(self, instructions: Sequence[Instruction]) -> Iterator[Stage]:
        starts = [index for index, each in enumerate(instructions) if each.keyword == "FROM"]
        names: set[str] = set()
        casing = checks.casing(instructions)
        for index, (start, end) in enumerate(pairwise([*starts, len(instructions)])):
            given, *steps = instructions[start:end]
            with at(given):
                stage = self._stage(index, given, steps)
                self._warn(given, checks.origin(given, names))
            for each in (given, *steps):
                self._warn(each, [casing[each.line]] if each.line in casing else [])
                self._warn(each, checks.deprecated(each))
            names.add(stage.name)
            yield stage

    def _stage(self, index: int, given: Instruction, steps: Sequence[Instruction]) -> Stage:
        origin = forms.origin(given)
        base = self._expanded(origin.base, given)
        if not base:
            message = f"base name ({origin.base}) should not be blank"
            raise UsageError(message, hint="a variable that is not set is empty: give it with --build-arg")
        self._warn(given, checks.default_base(given, self._default(origin.base)))
        platform = self._expanded(origin.platform, given)
        if origin.platform:
            self._warn(given, checks.platform(given, platform, self.scope))
            platform = str(Platform.parse(platform))
        return Stage(index, origin.name.lower(), base, platform, given.line, tuple(steps), given.source)

    def _expanded(self, word: str, given: Instruction) -> str:
        self.scope.restart()
        found = expand(word, self.scope, _LONGEST_NAME, escape=self._escape)
        self._warn(given, checks.undeclared(self.scope, self._declared, given.line))
        return found

    def _default(self, word: str) -> str:
        try:
            return expand(word, self._defaults, _LONGEST_NAME, escape=self._escape)
        except UsageError:
            return ""

    def _warn(self, given: Instruction, found: Iterable[BuildWarning]) -> None:
        self.warnings += self._checks.kept(found, given)


def _split(instructions: Sequence[Instruction]) -> tuple[Sequence[Instruction], Sequence[Instruction]]:
    """The instructions above the first FROM, and the others. Each is checked, whether or not its stage is needed."""
    if not instructions:
        raise UsageError("file with no instructions", hint="a Dockerfile begins with FROM")
    if len(instructions) > _MOST_INSTRUCTIONS:
        raise UsageError("the Dockerfile has too many instructions", hint=f"{_MOST_INSTRUCTIONS} are the most")
    for each in instructions:
        with at(each):
            forms.check(each)
    start = next((index for index, each in enumerate(instructions) if each.keyword == "FROM"), len(instructions))
    for each in instructions[:start]:
        if each.keyword != "ARG":
            raise located("no build stage in current context", each.line, each.source, "a Dockerfile begins with FROM")
    if start == len(instructions):
        raise UsageError("dockerfile contains no stages to build", hint="a Dockerfile begins with FROM")
    for keyword, most in (("FROM", _MOST_STAGES), ("ONBUILD", MOST_TRIGGERS)):
        if sum(each.keyword == keyword for each in instructions) > most:
            raise UsageError(f"the Dockerfile has too many {keyword}", hint=f"{most} are the most")
    return instructions[:start], instructions[start:]


def _declared(given: Sequence[Instruction], start: Mapping[str, str], arguments: Mapping[str, str]) -> Scope:
    """The global arguments: what `--build-arg` says, else the defaults."""
    scope, left = Scope(start), LONGEST
    for each in given:
        with at(each):
            for name, default in forms.arguments(each):
                value = arguments.get(name)
                if value is None and default is not None:
                    value = expand(default, scope, left, escape=each.escape)
                    left -= len(value)
                if value is not None:
                    scope[name] = value
    return scope


def _last_name(instructions: Sequence[Instruction]) -> str:
    return [forms.origin(each).name.lower() for each in instructions if each.keyword == "FROM"][-1]


def _predefined(platform: Platform, build_platform: Platform, target: str) -> dict[str, str]:
    """The arguments that every Dockerfile has."""
    of_platforms = {
        f"{kind}{name}": value
        for kind, each in (("BUILD", build_platform), ("TARGET", platform))
        for name, value in (
            ("PLATFORM", str(each)),
            ("OS", each.os),
            ("OSVERSION", ""),
            ("ARCH", each.architecture),
            ("VARIANT", each.variant),
        )
    }
    return {**of_platforms, "TARGETSTAGE": target or "default"}
