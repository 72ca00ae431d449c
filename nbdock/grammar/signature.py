"""What a function's signature says about the command line.

    @command("image rm", also=("rmi", "image remove"))
    def rm(dock: Dock, *images: Annotated[str, Arg("IMAGE", "image to remove", at_least=1)],
           force: Annotated[bool, Opt("untag even when several names point at it", "-f")] = False) -> DataFrame | Text:
        '''Remove one or more images.'''

The first parameter is the dock and not on the command line. Positional parameters are arguments, keyword-only ones are
flags: `bool`, `int`, `str`, or `tuple[str, ...]` for a flag that may be repeated.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints


class Text(str):
    """Plain output of a command (`--format`, `-q`): a notebook shows it without quotes."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


@dataclass(frozen=True, slots=True)
class Arg:
    """An argument: its name in the usage line, its help, how many a `*` takes at least, and what completes it: a kind
    of name ("images") or the words themselves. `verbatim`: from the first argument on, flags are arguments too."""

    metavar: str = ""
    help: str = ""
    at_least: int = 0
    complete: str | tuple[str, ...] = ()
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Opt:
    """A flag: its help, its one-letter form ("-f"), what its value is called, and what completes it as in `Arg`."""

    help: str
    short: str = ""
    metavar: str = ""
    complete: str | tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Argument:
    """A positional parameter. `least` of it are needed; `many` have no upper bound."""

    metavar: str
    help: str
    complete: str | tuple[str, ...]
    least: int
    many: bool
    verbatim: bool

    @classmethod
    def of(cls, parameter: inspect.Parameter, arg: Arg) -> Argument:
        many = parameter.kind is parameter.VAR_POSITIONAL
        least = arg.at_least if many else int(parameter.default is parameter.empty)
        metavar = arg.metavar or parameter.name.upper()
        return cls(metavar, arg.help, arg.complete, least, many, arg.verbatim)

    @property
    def usage(self) -> str:
        """As docker writes it: `IMAGE`, `[IMAGE]`, `IMAGE [IMAGE...]`, `[IMAGE...]`."""
        if not self.many:
            return self.metavar if self.least else f"[{self.metavar}]"
        return " ".join([self.metavar] * self.least + [f"[{self.metavar}...]"])


METAVARS: Mapping[type, str] = {bool: "", int: "int", str: "string"}


@dataclass(frozen=True, slots=True)
class Flag:
    """A keyword-only parameter. `type` is what one value is: bool, int or str."""

    parameter: str
    type: type
    many: bool
    default: Any
    help: str
    short: str
    metavar: str
    complete: str | tuple[str, ...]

    @classmethod
    def of(cls, parameter: inspect.Parameter, hint: Any, opt: Opt) -> Flag:
        many = get_origin(hint) is tuple
        one: type = str if many else _plain(hint)
        metavar = opt.metavar or ("list" if many else METAVARS[one])
        return cls(parameter.name, one, many, parameter.default, opt.help, opt.short, metavar, opt.complete)

    @property
    def long(self) -> str:
        """`--no-trunc`: snake case in kebab case, and `filter_` without what keeps it apart from a builtin."""
        return "--" + self.parameter.rstrip("_").replace("_", "-")

    @property
    def names(self) -> tuple[str, ...]:
        return (self.short, self.long) if self.short else (self.long,)


HELP = Flag("help", bool, False, False, "Show this help", "", "", ())


@dataclass(frozen=True, slots=True)
class Command:
    """A function on the command line. `paths` are docker's spellings, its own first; a path is words."""

    run: Callable[..., Any]
    paths: tuple[str, ...]
    arguments: tuple[Argument, ...]
    flags: tuple[Flag, ...]

    @classmethod
    def of(cls, run: Callable[..., Any], *paths: str) -> Command:
        _dock, *parameters = inspect.signature(run).parameters.values()
        hints = _hints(run, {parameter.name for parameter in parameters})
        arguments, flags = [], []
        for parameter in parameters:
            hint, note = get_args(hints[parameter.name])
            if parameter.kind is parameter.KEYWORD_ONLY:
                flags.append(Flag.of(parameter, hint, note))
            else:
                arguments.append(Argument.of(parameter, note))
        return cls(run, paths, tuple(arguments), tuple(flags))

    @property
    def path(self) -> str:
        return self.paths[0]

    @property
    def summary(self) -> str:
        """The first line of the docstring, as docker has it in a list: without the full stop."""
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

    def flag(self, name: str) -> Flag | None:
        """The flag of that name, with its dashes; `--help` is in every command."""
        return next((flag for flag in self.flags if name in flag.names), None) or (
            HELP if name in ("--help", "-h") else None
        )


def _hints(run: Callable[..., Any], names: set[str]) -> Mapping[str, Any]:
    """The evaluated annotations of these parameters only: the others may name what is imported for types alone."""
    wanted = {name: hint for name, hint in run.__annotations__.items() if name in names}
    return get_type_hints(types.SimpleNamespace(__annotations__=wanted), run.__globals__, include_extras=True)


def _plain(hint: Any) -> Any:
    """`str` of `str | None`."""
    return next((part for part in get_args(hint) if part is not types.NoneType), hint)
