"""The commands under all of their docker names, and the command that a line means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from nbdock.docker.unsupported import UNSUPPORTED
from nbdock.errors import Refused, UsageError
from nbdock.grammar import manual
from nbdock.grammar.parse import FlagError, Invocation, near, parse
from nbdock.grammar.signature import Command, Text

R = TypeVar("R")
Value = TypeVar("Value")

ROOTS: Mapping[str, tuple[str, ...]] = {
    "docker": ("",),
    "image": ("image ", "", "system "),
    "container": ("container ",),
    "nbdock": ("image ", "", "system "),
}
"""Prefixes of docker's paths to try, in order, for the words after `%docker`, `%image`, `%container` and `nbdock`."""


class CommandTable:
    """The commands. `unsupported` has the reason or the alternative for commands that only docker has."""

    def __init__(self, unsupported: Mapping[str, str] | None = None) -> None:
        self._unsupported = unsupported or {}
        self._commands: dict[str, Command[Any]] = {}

    def __iter__(self) -> Iterator[Command[Any]]:
        return iter(dict.fromkeys(self._commands.values()))

    def command(self, path: str, *, also: Sequence[str] = ()) -> Callable[[Callable[..., R]], Command[R]]:
        """Make a function a command, under docker's main name and aliases for it."""

        def add(run: Callable[..., R]) -> Command[R]:
            added = Command(run, (path, *also))
            self._commands |= dict.fromkeys(added.paths, added)
            return added

        return add

    def read(self, words: Sequence[str], root: str) -> Invocation | Text:
        """The invocation that the words after `root` mean, or the help that they ask for.

        Raises UsageError for words that mean no command, Refused for a command that nbdock does not support.
        """
        words = _rewritten(words)
        found = self.find(words, root)
        if found is None:
            return self._group(words, root)
        command, rest = found
        typed = " ".join([sign(root), *words[: len(words) - len(rest)]])
        call = parse(command, rest, typed)
        if call is None:
            return Text(manual.page(command, typed))
        return call.in_docker if root == "docker" else call

    def read_cell(self, words: Sequence[str], cell: str, root: str) -> Invocation | Text:
        """The invocation of a cell: its first line has the command, which takes the rest as it is.

        Raises as `read`, and UsageError for a command that takes no cell.
        """
        command, _ = self.find(words, root) or (None, words)
        if command and not (command.raw or command.cell):
            hint = f"begin the cell with %%{root} build, or with %%image sql"
            raise UsageError(f"%%{root} takes a cell with a Dockerfile, or with SQL", hint=hint)
        call = self.read([*words, "--", cell] if command and command.raw else words, root)
        if not isinstance(call, Invocation) or call.command.raw:
            return call
        return replace(call, values={**call.values, call.command.cell: cell})

    def find(self, words: Sequence[str], root: str) -> tuple[Command[Any], Sequence[str]] | None:
        """The command that the words begin with, and the words after it."""
        return _longest(self._commands, words, root)

    def raw(self, text: str, root: str) -> tuple[str, str | None]:
        """The words of a line's command, and the rest of the line if the command takes it as it is."""
        words = text.split()
        found, rest = self.find(words, root) or (None, words)
        if not (found and found.raw and rest) or rest[0].startswith("-"):
            return text, None
        *typed, query = text.split(maxsplit=len(words) - len(rest))
        return " ".join(typed), query

    def children(self, words: Sequence[str], root: str) -> dict[str, Command[Any] | None]:
        """What may follow the words: commands, and None for a group of commands. Empty if the words are not a group."""
        level: dict[str, Command[Any] | None] = {}
        for prefix in ROOTS[root]:
            group = prefix + "".join(f"{word} " for word in words)
            for path, command in self._commands.items():
                if path.startswith(group):
                    word, *more = path.removeprefix(group).split(" ")
                    level.setdefault(word, None if more else command)
        groups_last = sorted(level.items(), key=lambda item: item[1] is None)
        return {word: command for word, command in groups_last if command or f"{word} " not in ROOTS[root]}

    def help(self, root: str, words: Sequence[str] = ()) -> Text:
        """The help of a root or a group."""
        return Text(manual.contents(self.children(words, root), " ".join([sign(root), *words])))

    def _group(self, words: Sequence[str], root: str) -> Text:
        count = 0
        while count < len(words) and self.children(words[: count + 1], root):
            count += 1
        group, rest = words[:count], words[count:]
        if not rest or rest[0] in ("--help", "-h"):
            return self.help(root, group)
        raise self._unknown(words, group, rest[0], root)

    def _unknown(self, words: Sequence[str], group: Sequence[str], word: str, root: str) -> UsageError | Refused:
        typed = " ".join([sign(root), *group])
        if reason := _longest(self._unsupported, words, root):
            return Refused(reason[0])
        if word.startswith("-"):
            what = "flag: " + word if word.startswith("--") else f"shorthand flag: {word[1:2]!r} in {word}"
            return FlagError(f"unknown {what}", hint=f"See '{typed} --help'.")
        hint = near(word, list(self.children(group, root)))
        return UsageError(f"unknown command: {typed} {word}", hint=f"{hint}Run '{typed} --help' for more information")


def sign(root: str) -> str:
    """How the root is typed: `%docker` in a notebook, `nbdock` in a terminal."""
    return root if root == "nbdock" else f"%{root}"


def _rewritten(words: Sequence[str]) -> Sequence[str]:
    """`help rm` is `rm --help`, `--version` is `version`."""
    first, rest = list(words[:1]), words[1:]
    if first == ["help"]:
        return [*rest, "--help"]
    return ["version", *rest] if first in (["--version"], ["-v"]) else words


def _longest(known: Mapping[str, Value], words: Sequence[str], root: str) -> tuple[Value, Sequence[str]] | None:
    for prefix in ROOTS[root]:
        for count in range(min(len(words), 3), 0, -1):
            path = prefix + " ".join(words[:count])
            if path in known:
                return known[path], words[count:]
    return None


table = CommandTable(UNSUPPORTED)
command = table.command
