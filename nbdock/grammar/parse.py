"""Parse the words of a command line as docker's own parser (pflag) does.

Flags and arguments may be mixed; `--` ends the flags; `-qf x`, `-fx`, `--flag x` and `--flag=value` are accepted. A
bool flag takes no next word; `--human=false` sets it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbdock.docker.unsupported import UNSUPPORTED_FLAGS
from nbdock.errors import Refused, UsageError
from nbdock.grammar.signature import HELP, Command, Flag
from nbdock.grammar.values import DockerName

BOOLS = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}


_WANTED = {bool: "true or false", int: "a whole number", float: "a number"}


class FlagError(UsageError):
    """An unknown flag, or a value that a flag does not take."""

    exit_code = 125


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command with its arguments and flags as typed; calling it with a dock runs it."""

    command: Command[Any]
    arguments: tuple[str, ...]
    values: Mapping[str, Any]

    @property
    def in_docker(self) -> Invocation:
        """The same with names as docker reads them."""
        return replace(self, arguments=tuple(map(DockerName, self.arguments)))

    def __call__(self, dock: Any) -> Any:
        return self.command(dock, *self.arguments, **self.values)


def parse(command: Command[Any], words: Sequence[str], typed: str) -> Invocation | None:
    """The invocation, or None if the words ask for help. `typed` is the command as typed: `%docker rmi`.

    Raises FlagError and UsageError in docker's words, Refused for a flag that no command line may have.
    """
    reader = _Reader(command, deque(words), typed)
    reader.read()
    if reader.values.pop(HELP.parameter, False):
        return None
    _count(command, len(reader.arguments), typed)
    return Invocation(command, tuple(reader.arguments), reader.values)


def near(word: str, known: Sequence[str]) -> str:
    """The beginning of a hint: "did you mean 'rm'? ", or "" if no known word is similar."""
    import difflib

    best = difflib.get_close_matches(word, known, 1)
    return f"did you mean '{best[0]}'? " if best else ""


class _Reader:
    def __init__(self, command: Command[Any], words: deque[str], typed: str) -> None:
        self.command, self.words, self.typed = command, words, typed
        self.arguments: list[str] = []
        self.values: dict[str, Any] = {}

    def read(self) -> None:
        while self.words:
            word = self.words.popleft()
            if word == "--":
                self.arguments += self.words
                return
            if word.startswith("--"):
                self._long(word)
            elif word.startswith("-") and word != "-":
                self._short(word)
            else:
                self.arguments.append(word)
                if self.command.verbatim:
                    self.arguments += self.words
                    return

    def _long(self, word: str) -> None:
        name, equals, value = word.partition("=")
        flag = self.command.flag(name)
        if flag is None:
            raise self._unknown(name, f"unknown flag: {name}", name)
        if not equals:
            value = "true" if flag.type is bool else self._next(name)
        self._store(flag, value)

    def _short(self, word: str) -> None:
        letters = word[1:]
        while letters:
            place = f"{letters[0]!r} in -{letters}"
            name, letters = f"-{letters[0]}", letters[1:]
            flag = self.command.flag(name)
            if flag is None:
                raise self._unknown(name, f"unknown shorthand flag: {place}", f"-{word}")
            if flag.type is bool and not letters.startswith("="):
                self._store(flag, "true")
            else:
                self._store(flag, letters.removeprefix("=") if letters else self._next(place))
                return

    def _next(self, name: str) -> str:
        if not self.words:
            raise self._error(f"flag needs an argument: {name}")
        return self.words.popleft()

    def _store(self, flag: Flag, text: str) -> None:
        if flag.refused:
            raise Refused(flag.refused, hint=f"omit {flag.long}")
        value = self._value(flag, text)
        self.values[flag.parameter] = (*self.values.get(flag.parameter, ()), value) if flag.many else value

    def _value(self, flag: Flag, text: str) -> bool | float | str:
        try:
            return _read(flag, text)
        except (KeyError, ValueError):
            name = ", ".join(flag.names)
        problem = ": bad format of filter (expected name=value)" if flag.type not in _WANTED else ""
        hint = f"{flag.long} takes {_WANTED.get(flag.type, 'key=value')}. "
        raise self._error(f'invalid argument "{text}" for "{name}" flag{problem}', hint)

    def _unknown(self, name: str, message: str, typed: str) -> FlagError:
        """Of a flag that docker has the reason why nbdock does not take it; of any other the nearest flag."""
        if reason := UNSUPPORTED_FLAGS.get(self.command.path, {}).get(name):
            return self._error(f"nbdock does not support {name}", f"leave it out: {reason}. ")
        return self._error(message, near(typed, [flag.long for flag in self.command.flags]))

    def _error(self, message: str, hint: str = "") -> FlagError:
        return FlagError(message, hint=f"{hint}See '{self.typed} --help'.")


def _read(flag: Flag, text: str) -> bool | float | str:
    """Raises KeyError or ValueError."""
    if flag.type is bool:
        return BOOLS[text]
    if flag.metavar == "filter" and "=" not in text:
        raise ValueError
    if flag.type is float:
        return float(text)
    return int(text) if flag.type is int else text


def _count(command: Command[Any], given: int, typed: str) -> None:
    least, most = command.least, command.most
    if given < least or (most is not None and given > most):
        hint = f"Usage:  {typed} {command.usage}".rstrip()
        raise UsageError(f"'{typed}' {_demand(least, most)}", hint=hint)


def _demand(least: int, most: int | None) -> str:
    if most == 0:
        return "accepts no arguments"
    if most is None:
        return f"requires at least {_arguments(least)}"
    if least == most:
        return f"requires {_arguments(least)}"
    if least == 0:
        return f"requires at most {_arguments(most)}"
    return f"requires at least {least} and at most {_arguments(most)}"


def _arguments(count: int) -> str:
    return f"{count} argument" if count == 1 else f"{count} arguments"
