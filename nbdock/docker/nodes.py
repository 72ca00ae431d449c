"""What a template is compiled into: closures that evaluate expressions and write text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nbdock.docker.functions import SHORT_CIRCUITS, Function
from nbdock.docker.values import Nil, Record, is_true, kind, show
from nbdock.errors import UsageError

_MAX_WORK = 1 << 24  # characters of output and of intermediate results
_ROUND = 1 << 6  # the cost of one round of a range, in characters


def template_error(template: str, at: int, message: str, *, source: str = "", hint: str = "") -> UsageError:
    """An error at a position of the template; `source` is the expression that was being evaluated."""
    before = template[:at]
    place = f"template: :{before.count(chr(10)) + 1}"
    if source:
        source = source if len(source) <= 20 else source[:20] + "..."
        place += f':{len(before) - before.rfind(chr(10)) - 1}: executing "" at <{source}>'
    hint = hint or "templates are Go's: {{.Field}}, {{json .Field}}, {{range .List}}{{.}}{{end}}"
    return UsageError(f"template parsing error: {place}: {message}", hint=hint)


class Run:
    """One rendering: its functions, its variables by slot, and what it has written."""

    def __init__(self, template: str, functions: Mapping[str, Function], dot: Any) -> None:
        self.template = template
        self.functions = functions
        self.variables: dict[int, Any] = {0: dot}
        self.written: list[str] = []
        self._left = _MAX_WORK

    def write(self, text: str) -> None:
        self.spend(len(text))
        self.written.append(text)

    def spend(self, work: int) -> None:
        """Count work, in characters. Raises UsageError if it is too much."""
        self._left -= work
        if self._left < 0:
            raise template_error(self.template, 0, "too much output", hint="a template can write up to 16 MiB")


Node = Callable[[Run, Any], Any]
"""A compiled piece of a template: given the dot, it returns its value or writes its text."""
Error = Callable[..., UsageError]
"""Makes the error of a node from a message and a `hint`."""


def dot(run: Run, dot: Any) -> Any:
    """`.`"""
    return dot


def constant(value: Any) -> Node:
    """A literal."""
    return lambda run, dot: value


def variable(slot: int) -> Node:
    """`$name`"""
    return lambda run, dot: run.variables[slot]


def text(text: str) -> Node:
    """The text outside of actions."""
    return lambda run, dot: run.write(text)


def sequence(nodes: list[Node]) -> Node:
    """A block: text and actions."""

    def write(run: Run, dot: Any) -> None:
        for node in nodes:
            node(run, dot)

    return write


def printed(node: Node) -> Node:
    """`{{pipeline}}`"""

    def write(run: Run, dot: Any) -> None:
        value = node(run, dot)
        run.write("<no value>" if value is None else show(value))

    return write


def assign(slots: list[int], node: Node) -> Node:
    """`$name = pipeline`: the value, which variables keep."""

    def value(run: Run, dot: Any) -> Any:
        found = node(run, dot)
        run.variables |= dict.fromkeys(slots, found)
        return found

    return value if slots else node


def control(keyword: str, node: Node, slots: list[int], body: Node, otherwise: Node, error: Error) -> Node:
    """`{{if}}`, `{{with}}` and `{{range}}`; the first two are ranges of one round or none."""

    def write(run: Run, dot: Any) -> None:
        value, empty = node(run, dot), True
        for key, item in _rounds(keyword, value, dot, error):
            empty = False
            run.spend(_ROUND)
            if keyword == "range":
                run.variables |= zip(slots, (key, item)[-len(slots) :], strict=False)
            body(run, item)
        if empty:
            otherwise(run, dot)

    return write


def _rounds(keyword: str, value: Any, dot: Any, error: Error) -> Iterable[tuple[Any, Any]]:
    """The keys of a range, and the dot of each round: a map is sorted by key, a number counts from 0."""
    match keyword, value:
        case "if" | "with", _:
            return [(None, dot if keyword == "if" else value)] if is_true(value) else []
        case _, None | Nil():
            return []
        case _, Mapping():
            return [(key, value[key]) for key in sorted(value)]
        case _, list() | tuple():
            return enumerate(value)
        case _, int() if not isinstance(value, bool):
            return ((number, number) for number in range(value))
    raise error(f"range can't iterate over {show(value)}")


def field(owner: Node, name: str, error: Error) -> Node:
    """`.name` of another value."""

    def value(run: Run, dot: Any) -> Any:
        match found := owner(run, dot):
            case Record() if name in found or name in found.unset:
                return found[name]
            case Record():
                fields = ", ".join(sorted({*found, *found.unset}))
                raise error(f"can't evaluate field {name}", hint=f"available fields: {fields}")
            case Mapping():
                return found.get(name)
            case None | Nil.MAP:
                return None
        raise error(f"can't evaluate field {name} in type {kind(found)}")

    return value


def call(name: str, arguments: list[Node], error: Error) -> Node:
    """A function call; the last argument may have come through a pipe."""

    def value(run: Run, dot: Any) -> Any:
        values = []
        for argument in arguments:
            values.append(argument(run, dot))
            if is_true(values[-1]) is SHORT_CIRCUITS.get(name):
                break
        try:
            result = run.functions[name](*values)
        except (ValueError, OverflowError) as failure:
            raise error(f"error calling {name}: {failure}") from None
        run.spend(len(result) if isinstance(result, str | list) else 0)
        return result

    return value
