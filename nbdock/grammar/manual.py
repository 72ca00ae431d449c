"""Help as docker prints it, in 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from nbdock.grammar.signature import Command, Flag

WIDTH = 80
_MAX_NAME = 30


def page(command: Command[Any], typed: str) -> str:
    """The help of a command. `typed` is the command as the user typed it: `%docker rmi`."""
    root = "nbdock" if typed.startswith("nbdock ") else "%docker"
    aliases = ", ".join(f"{root} {path}" for path in command.paths)
    return _join(
        textwrap.fill(f"Usage:  {typed} {command.usage}".rstrip(), WIDTH, subsequent_indent="        "),
        *(_paragraph(part) for part in command.description.split("\n\n")),
        f"Aliases:\n{_paragraph(aliases, '  ')}" if len(command.paths) > 1 else "",
        _section("Arguments", [(argument.metavar, argument.help) for argument in command.arguments if argument.help]),
        _section("Options", [(dashed(flag), explained(flag)) for flag in command.flags]),
    )


def contents(children: Mapping[str, Command[Any] | None], typed: str) -> str:
    """The help of a root or a group: each command once, under its first name, and its groups."""
    names: dict[Command[Any], str] = {}
    for word, command in children.items():
        if command:
            names.setdefault(command, word)
    return _join(
        f"Usage:  {typed} COMMAND",
        _section("Commands", [(word, command.summary) for command, word in names.items()]),
        _section("Groups", [(word, "") for word, command in children.items() if command is None]),
        f"Run '{typed} COMMAND --help' for more information on a command.",
    )


def _section(title: str, rows: Sequence[tuple[str, str]]) -> str:
    width = min(max((len(name) for name, _ in rows), default=0), _MAX_NAME)
    lines = [line for name, text in rows for line in _entry(name, text, width)]
    return _join(f"{title}:", *lines, by="\n") if rows else ""


def _entry(name: str, text: str, width: int) -> list[str]:
    """A name and its text in two columns. A long name has a line of its own."""
    if len(name) > width:
        return [f"  {name}", *_entry("", text, width)]
    rest = " " * (width + 5)
    return textwrap.wrap(f"  {name:{width}}   {text}".rstrip(), WIDTH, subsequent_indent=rest, drop_whitespace=True)


def _paragraph(text: str, indent: str = "") -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, initial_indent=indent, subsequent_indent=indent)


def dashed(flag: Flag) -> str:
    """`-f, --filter filter`, with blanks in place of a letter if there is none."""
    short = f"{flag.short}, " if flag.short else "    "
    return f"{short}{flag.long} {flag.metavar}".rstrip()


def explained(flag: Flag) -> str:
    """The help, with a default as docker writes it."""
    return f"{flag.help} (default {str(flag.default).lower()})" if flag.default else flag.help


def _join(*parts: str, by: str = "\n\n") -> str:
    return by.join(part for part in parts if part)
