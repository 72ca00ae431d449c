"""A command: a function whose signature is its grammar.

    @command("image rm", also=("rmi", "image remove"))
    def rm(dock: Dock, *images: Annotated[ImageName, Arg("IMAGE", "image to remove", at_least=1)],
           force: Annotated[bool, Opt("untag even when several names point at it", "-f")] = False) -> Table:
        '''Remove one or more images.'''

The first parameter is the dock and not on the command line. Positional parameters are arguments, keyword-only ones are
flags; a flag of `tuple[str, ...]` may be repeated. What a parameter's type means for a value is in `values`.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from nbdock.errors import UsageError
from nbdock.grammar import values

R = TypeVar("R", covariant=True)


class Text(str):
    """Plain output of a command (`--format`, `-q`): a notebook shows it without quotes."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


@dataclass(frozen=True, slots=True)
class Arg:
    """An argument of the command line.

    `at_least` is how many values a `*` takes at least on a command line; `omitted` gives those that it stands for where
    none is given from Python. `complete` is a kind of name ("images") or the words that complete it. With `verbatim`,
    flags after the first argument are arguments too. A `raw` argument is the rest of a magic's line, or its cell, in
    which nothing is expanded.
    """

    metavar: str = ""
    help: str = ""
    at_least: int = 0
    complete: str | tuple[str, ...] = ()
    verbatim: bool = False
    omitted: Callable[[Any], Iterable[Any]] | None = None
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Opt:
    """A flag: its help, its one-letter form ("-f"), the name of its value, and what completes it, as in `Arg`.

    `keys` are the keys of a filter. A flag that is `refused` on a command line says why; Python may use it. That of a
    `cell` has the text of a notebook's cell.
    """

    help: str
    short: str = ""
    metavar: str = ""
    complete: str | tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    refused: str = ""
    cell: bool = False


@dataclass(frozen=True, slots=True)
class Argument:
    """A positional parameter. `least` of it are needed; `many` have no upper bound."""

    metavar: str
    help: str
    complete: str | tuple[str, ...]
    type: Any
    least: int
    many: bool
    verbatim: bool
    omitted: Callable[[Any], Iterable[Any]] | None
    raw: bool

    @classmethod
    def of(cls, parameter: inspect.Parameter, hint: Any, arg: Arg) -> Argument:
        many = parameter.kind is parameter.VAR_POSITIONAL
        least = arg.at_least if many else int(parameter.default is parameter.empty)
        metavar = arg.metavar or parameter.name.upper()
        type_ = _plain(hint)
        return cls(metavar, arg.help, arg.complete, type_, least, many, arg.verbatim, arg.omitted, arg.raw)

    @property
    def usage(self) -> str:
        """As docker writes it: `IMAGE`, `[IMAGE]`, `IMAGE [IMAGE...]`, `[IMAGE...]`."""
        if not self.many:
            return self.metavar if self.least else f"[{self.metavar}]"
        return " ".join([self.metavar] * self.least + [f"[{self.metavar}...]"])


@dataclass(frozen=True, slots=True)
class Flag:
    """A keyword-only parameter. `type` is that of one value; on the command line all but bool and numbers are text."""

    parameter: str
    type: Any
    many: bool
    default: Any
    help: str
    short: str
    metavar: str
    complete: str | tuple[str, ...]
    keys: tuple[str, ...] = ()
    refused: str = ""
    cell: bool = False

    @classmethod
    def of(cls, parameter: inspect.Parameter, hint: Any, opt: Opt) -> Flag:
        many = get_origin(hint) is tuple or bool(opt.keys)
        type_ = str if get_origin(hint) is tuple else _plain(hint)
        metavar = opt.metavar or ("list" if many else {bool: "", int: "int", float: "decimal"}.get(type_, "string"))
        default = parameter.default
        shown = (opt.help, opt.short, metavar, opt.complete, opt.keys, opt.refused, opt.cell)
        return cls(parameter.name, type_, many, default, *shown)

    @property
    def long(self) -> str:
        """`--no-trunc`: snake case in kebab case, without the `_` that tells `filter_` from a builtin."""
        return "--" + self.parameter.rstrip("_").replace("_", "-")

    @property
    def names(self) -> tuple[str, ...]:
        return (self.short, self.long) if self.short else (self.long,)


HELP = Flag("help", bool, False, False, "Show this help", "", "", ())


@dataclass(frozen=True, eq=False)
class Command(Generic[R]):
    """A function on the command line. `paths` are its names in docker, the main one first.

    Called with a dock and values as Python has them (a str or a `Reference`, a list, a frame), it converts each to its
    parameter's type, once, and runs the function.
    """

    run: Callable[..., R]
    paths: tuple[str, ...]

    def __call__(self, dock: Any, *given: Any, **flags: Any) -> R:
        """Run the command. Raises UsageError for a value of a wrong type, and what the function raises."""
        say = dock.console.warn
        given = self._completed(dock, given)
        arguments = [
            values.convert(value, argument.type, argument.metavar, say, not (argument.least or argument.many))
            for argument, value in self._paired(given)
        ]
        converted = {name: self._value(name, value, say) for name, value in flags.items()}
        return self.run(dock, *arguments, **converted)

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        return tuple(Argument.of(*each) for each in self._parameters if each[0].kind is not each[0].KEYWORD_ONLY)

    @cached_property
    def flags(self) -> tuple[Flag, ...]:
        return tuple(Flag.of(*each) for each in self._parameters if each[0].kind is each[0].KEYWORD_ONLY)

    @property
    def path(self) -> str:
        return self.paths[0]

    @property
    def summary(self) -> str:
        """The first line of the docstring without the full stop, as docker lists it."""
        return self.description.partition("\n")[0].removesuffix(".")

    @property
    def description(self) -> str:
        return inspect.getdoc(self.run) or ""

    @property
    def usage(self) -> str:
        """What follows the command: `[OPTIONS] IMAGE [IMAGE...]`."""
        options = ["[OPTIONS]"] if self.flags else []
        return " ".join(options + [argument.usage for argument in self.arguments])

    @property
    def least(self) -> int:
        return sum(argument.least for argument in self.arguments)

    @property
    def most(self) -> int | None:
        """How many arguments it takes; None for any number."""
        return None if any(argument.many for argument in self.arguments) else len(self.arguments)

    @property
    def verbatim(self) -> bool:
        return any(argument.verbatim for argument in self.arguments)

    @property
    def raw(self) -> bool:
        return any(argument.raw for argument in self.arguments)

    @property
    def cell(self) -> str:
        """The parameter that a cell is the value of; "" if there is none."""
        return next((flag.parameter for flag in self.flags if flag.cell), "")

    def flag(self, name: str) -> Flag | None:
        """The flag of that name, with its dashes. Every command has `--help`."""
        return next((flag for flag in self.flags if name in flag.names), None) or (
            HELP if name in ("--help", "-h") else None
        )

    @cached_property
    def _parameters(self) -> list[tuple[inspect.Parameter, Any, Any]]:
        """Each parameter except the dock, its type, and its Arg or Opt."""
        _dock, *parameters = inspect.signature(self.run).parameters.values()
        hints = _hints(self.run, {parameter.name for parameter in parameters})
        return [(parameter, *get_args(hints[parameter.name])) for parameter in parameters]

    def _completed(self, dock: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
        """With what no value at all stands for: a list with nothing in it is one, and stands for nothing."""
        single = [argument for argument in self.arguments if not argument.many]
        omitted = next((argument.omitted for argument in self.arguments if argument.omitted), None)
        if len(given) < sum(argument.least for argument in single) or not (given or omitted or not self.least):
            raise UsageError(f"{self.run.__name__}() requires at least 1 argument", hint=f"Usage:  {self.usage}")
        if omitted is None or len(given) > len(single):
            return given
        return (*given, *[None] * (len(single) - len(given)), *omitted(dock))

    def _paired(self, given: tuple[Any, ...]) -> list[tuple[Argument, Any]]:
        """Each value with its argument; several names may come as one list, Series or frame."""
        single = [argument for argument in self.arguments if not argument.many]
        many = [argument for argument in self.arguments if argument.many]
        pairs = list(zip(single, given, strict=False))
        rest = values.several(given[len(single) :], many[0].type) if many else ()
        return pairs + [(many[0], value) for value in rest]

    def _value(self, name: str, value: Any, say: Callable[[str], None]) -> Any:
        flag = next(flag for flag in self.flags if flag.parameter == name)
        if flag.keys:
            return flag.type.read(value, flag.keys)
        if flag.many:
            return values.texts(value, flag.long)
        return values.convert(value, flag.type, flag.long, say, flag.default is None)


def _hints(run: Callable[..., Any], names: set[str]) -> Mapping[str, Any]:
    """The evaluated annotations of these parameters only: others may use names imported only for type checking."""
    wanted = {name: hint for name, hint in run.__annotations__.items() if name in names}
    return get_type_hints(types.SimpleNamespace(__annotations__=wanted), run.__globals__, include_extras=True)


def _plain(hint: Any) -> Any:
    """`str` of `str | None`."""
    return next((part for part in get_args(hint) if part is not types.NoneType), hint)
