"""What a parsed template is made of. Expressions have a value, the rest runs; each knows how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from nbdock.docker.template.functions import Function
from nbdock.docker.template.lexer import refusal
from nbdock.docker.template.values import Nil, Record, is_true, kind, show

_MOST_WORK = 1 << 24  # characters
_ROUND = 1 << 6  # what a round of a range costs, in characters


class Run:
    """One run of a template: its text, its functions, its variables, what it wrote and how much it may still do."""

    def __init__(self, template: str, functions: Mapping[str, Function], variables: int, dot: Any) -> None:
        self.template = template
        self.functions = functions
        self.variables: list[Any] = [dot] + [None] * variables
        self.written: list[str] = []
        self._left = _MOST_WORK

    def write(self, text: str) -> None:
        self.spend(len(text))
        self.written.append(text)

    def spend(self, work: int) -> None:
        """Count what is done, in characters. Raises UsageError where it is too much."""
        self._left -= work
        if self._left < 0:
            raise refusal(self.template, 0, "it writes too much", hint="a template writes 16 MiB at most")


class Node(Protocol):
    """Something that runs."""

    def run(self, run: Run, dot: Any) -> None: ...


Block = tuple[Node, ...]


def run_all(block: Block, run: Run, dot: Any) -> None:
    """One after the other."""
    for node in block:
        node.run(run, dot)


@dataclass(frozen=True, slots=True)
class Expression:
    """Something with a value. `source` is how it was written, and `at` where, for messages."""

    at: int
    source: str

    def value(self, run: Run, dot: Any) -> Any:
        return dot

    def fail(self, run: Run, message: str, hint: str = "") -> NoReturn:
        """Raises UsageError."""
        raise refusal(run.template, self.at, message, source=self.source, hint=hint)


@dataclass(frozen=True, slots=True)
class Dot(Expression):
    """`.`"""


@dataclass(frozen=True, slots=True)
class Constant(Expression):
    """A literal."""

    constant: Any

    def value(self, run: Run, dot: Any) -> Any:
        return self.constant


@dataclass(frozen=True, slots=True)
class Variable(Expression):
    """`$name`; slot 0 is `$`."""

    slot: int

    def value(self, run: Run, dot: Any) -> Any:
        return run.variables[self.slot]


@dataclass(frozen=True, slots=True)
class Field(Expression):
    """`.name` of another value."""

    of: Expression
    name: str

    def value(self, run: Run, dot: Any) -> Any:
        owner = self.of.value(run, dot)
        if isinstance(owner, Record):
            return self._of_record(run, owner)
        if isinstance(owner, Mapping):
            return owner.get(self.name)
        if owner is not None and owner is not Nil.MAP:
            self.fail(run, f"can't evaluate field {self.name} in type {kind(owner)}")
        return None

    def _of_record(self, run: Run, owner: Record) -> Any:
        try:
            return owner[self.name]
        except KeyError:
            fields = ", ".join(sorted({*owner, *owner.unset}))
            self.fail(run, f"can't evaluate field {self.name}", f"fields there are: {fields}")


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """A function and its arguments, of which the last may have come through a pipe."""

    name: str
    arguments: tuple[Expression, ...]

    def value(self, run: Run, dot: Any) -> Any:
        arguments = [argument.value(run, dot) for argument in self.arguments]
        try:
            result = run.functions[self.name](*arguments)
        except (ValueError, OverflowError) as error:
            self.fail(run, f"error calling {self.name}: {error}")
        run.spend(len(result) if isinstance(result, str | list) else 0)
        return result


@dataclass(frozen=True, slots=True)
class Choice(Expression):
    """`and` and `or`: the first argument that decides, and no further one is looked at."""

    decides: bool
    arguments: tuple[Expression, ...]

    def value(self, run: Run, dot: Any) -> Any:
        value = None
        for argument in self.arguments:
            value = argument.value(run, dot)
            if is_true(value) is self.decides:
                break
        return value


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What an action computes, and the variables that take it."""

    expression: Expression
    slots: tuple[int, ...] = ()

    def value(self, run: Run, dot: Any) -> Any:
        value = self.expression.value(run, dot)
        for slot in self.slots:
            run.variables[slot] = value
        return value


@dataclass(frozen=True, slots=True)
class Text:
    """What stands outside of actions."""

    text: str

    def run(self, run: Run, dot: Any) -> None:
        run.write(self.text)


@dataclass(frozen=True, slots=True)
class Action:
    """`{{pipeline}}`: printed, unless a variable takes it."""

    pipeline: Pipeline

    def run(self, run: Run, dot: Any) -> None:
        value = self.pipeline.value(run, dot)
        if not self.pipeline.slots:
            run.write("<no value>" if value is None else show(value))


@dataclass(frozen=True, slots=True)
class If:
    """`{{if}}`, and `{{with}}` where the value becomes the dot."""

    pipeline: Pipeline
    block: Block
    otherwise: Block
    moves_dot: bool

    def run(self, run: Run, dot: Any) -> None:
        value = self.pipeline.value(run, dot)
        if is_true(value):
            run_all(self.block, run, value if self.moves_dot else dot)
        else:
            run_all(self.otherwise, run, dot)


@dataclass(frozen=True, slots=True)
class Range:
    """`{{range}}` over a list, a map by its sorted keys, or a number."""

    pipeline: Pipeline
    block: Block
    otherwise: Block

    def run(self, run: Run, dot: Any) -> None:
        expression, slots = self.pipeline.expression, self.pipeline.slots
        value = expression.value(run, dot)
        pairs = _pairs(value)
        if pairs is None:
            expression.fail(run, f"range can't iterate over {show(value)}")
        empty = True
        for key, item in pairs:
            empty = False
            run.spend(_ROUND)
            for slot, taken in zip(slots, (key, item)[-len(slots) :], strict=False):
                run.variables[slot] = taken
            run_all(self.block, run, item)
        if empty:
            run_all(self.otherwise, run, dot)


def _pairs(value: Any) -> Iterable[tuple[Any, Any]] | None:
    match value:
        case None | Nil():
            return ()
        case Mapping():
            return ((key, value[key]) for key in sorted(value))
        case list() | tuple():
            return enumerate(value)
        case bool():
            return None
        case int():
            return zip(range(value), range(value), strict=True)
        case _:
            return None
