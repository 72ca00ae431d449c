"""Help in docker's look, and docs/commands.md."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence

from nbdock.grammar.signature import Command, Flag


def page(command: Command, typed: str) -> str:
    """What `--help` of a command shows. `typed` is how it was spelled: `%docker rmi`."""
    root = "nbdock" if typed.startswith("nbdock ") else "%docker"
    aliases = ", ".join(f"{root} {path}" for path in command.paths)
    return _join(
        f"Usage:  {typed} {command.usage}".rstrip(),
        command.description,
        f"Aliases:\n  {aliases}" if len(command.paths) > 1 else "",
        _section("Arguments", [(argument.metavar, argument.help) for argument in command.arguments if argument.help]),
        _section("Options", [(_dashed(flag), _help(flag)) for flag in command.flags]),
    )


def contents(children: Mapping[str, Command | None], typed: str) -> str:
    """What a root or a group shows: each command once, under its first name, and the groups in it."""
    names: dict[Command, str] = {}
    for word, command in children.items():
        if command:
            names.setdefault(command, word)
    return _join(
        f"Usage:  {typed} COMMAND",
        _section("Commands", [(word, command.summary) for command, word in names.items()]),
        _section("Groups", [(word, "") for word, command in children.items() if command is None]),
        f"Run '{typed} COMMAND --help' for more information on a command.",
    )


def markdown(commands: Iterable[Command]) -> str:
    """A chapter for each command."""
    ordered = sorted(commands, key=lambda command: command.path)
    return _join(*(part for command in ordered for part in _chapter(command))) + "\n"


def _chapter(command: Command) -> Iterator[str]:
    yield f"## {command.path}"
    yield _join("```", *(f"%docker {path} {command.usage}".rstrip() for path in command.paths), "```", by="\n")
    yield command.description
    arguments = [(f"`{argument.usage}`", argument.help) for argument in command.arguments]
    yield grid(("argument", ""), arguments) if arguments else ""
    flags = [(f"`{_dashed(flag).strip()}`", _help(flag)) for flag in command.flags]
    yield grid(("option", ""), flags) if flags else ""


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown. What stands in backticks is code, all else is text and never markup."""
    lines = [head, ["---"] * len(head), *(map(_cell, row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return (text if text.startswith("`") else html.escape(text, quote=False)).replace("|", "\\|")


def _section(title: str, rows: Sequence[tuple[str, str]]) -> str:
    width = max((len(name) for name, _ in rows), default=0)
    return _join(f"{title}:", *(f"  {name:{width}}   {text}".rstrip() for name, text in rows), by="\n") if rows else ""


def _dashed(flag: Flag) -> str:
    """`-f, --filter filter`, with room for the letter where there is none."""
    short = f"{flag.short}, " if flag.short else "    "
    return f"{short}{flag.long} {flag.metavar}".rstrip()


def _help(flag: Flag) -> str:
    """The help, and docker's way to tell a default."""
    return f"{flag.help} (default {str(flag.default).lower()})" if flag.default else flag.help


def _join(*parts: str, by: str = "\n\n") -> str:
    return by.join(part for part in parts if part)
