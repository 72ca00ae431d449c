"""Completion of a line: commands, flags, and names from the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nbdock.grammar.signature import Argument, Command, Flag
from nbdock.grammar.table import CommandTable

Names = Callable[[str, str], Iterable[str]]
"""`names(kind, fragment)`: the names of a kind ("images") that may begin with the fragment."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A word to replace the fragment with. `kind` is "command", "flag", or the kind of the name: "images"."""

    text: str
    kind: str


def complete(table: CommandTable, words: Sequence[str], fragment: str, root: str, names: Names) -> list[Completion]:
    """Completions of the fragment after these words, best first."""
    found = table.find(words, root)
    offers = _flags_and_values(*found, fragment, names) if found else _commands(table, words, fragment, root)
    return [offer for offer in dict.fromkeys(offers) if offer.text.startswith(fragment)]


def _commands(table: CommandTable, words: Sequence[str], fragment: str, root: str) -> Iterator[Completion]:
    """Each command once, by its first name that begins with the fragment."""
    seen: set[Command[Any]] = set()
    for word, command in table.children(words, root).items():
        if word.startswith(fragment) and command not in seen:
            seen |= {command} if command else set()
            yield Completion(word, "command")


def _flags_and_values(command: Command[Any], words: Sequence[str], fragment: str, names: Names) -> Iterator[Completion]:
    given = _Given.of(command, words)
    name, equals, part = fragment.partition("=")
    flag = command.flag(name)
    if given.pending:
        yield from _values(given.pending, fragment, names)
    elif equals and flag:
        yield from (Completion(f"{name}={value.text}", value.kind) for value in _values(flag, part, names))
    elif fragment.startswith("-"):
        left = [flag for flag in command.flags if flag.many or flag not in given.flags]
        yield from (Completion(flag.long, "flag") for flag in left)
    elif argument := _argument(command, given.count):
        yield from _values(argument, fragment, names)


def _argument(command: Command[Any], position: int) -> Argument | None:
    if position < len(command.arguments):
        return command.arguments[position]
    return next((argument for argument in command.arguments if argument.many), None)


def _values(place: Argument | Flag, fragment: str, names: Names) -> Iterator[Completion]:
    if isinstance(place.complete, str):
        yield from (Completion(name, place.complete) for name in names(place.complete, fragment))
    else:
        yield from (Completion(word, "value") for word in place.complete)


@dataclass(slots=True)
class _Given:
    """The state after the words before the fragment: `pending` is the flag whose value comes next."""

    count: int = 0
    pending: Flag | None = None
    flags: tuple[Flag, ...] = ()

    @classmethod
    def of(cls, command: Command[Any], words: Sequence[str]) -> _Given:
        given = cls()
        for word in words:
            given.add(command, word)
        return given

    def add(self, command: Command[Any], word: str) -> None:
        name, equals, _ = word.partition("=")
        flag = command.flag(name if name.startswith("--") else f"-{name[-1:]}")
        if self.pending:
            self.pending = None
        elif not word.startswith("-"):
            self.count += 1
        elif flag:
            self.flags += (flag,)
            self.pending = None if equals or flag.type is bool else flag
