"""The pages of docs/ that are generated from the code. `scripts/docs` writes them; tests/test_docs.py checks them."""

from __future__ import annotations

import html
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from nbdock.api import table
from nbdock.docker.unsupported import UNSUPPORTED, UNSUPPORTED_FLAGS
from nbdock.frames import schemas
from nbdock.grammar import Command
from nbdock.grammar.manual import dashed, explained

Value = TypeVar("Value")

DOCS = Path(__file__).parent.parent / "docs"
COMMANDS = """\
<!-- Made by scripts/docs. -->

# Commands

A docker command with a `%` before it runs in a notebook: `%docker image rm httpd`, `%docker rmi httpd`. `%image` and
`%container` accept the short names: `%image rm httpd`. So does a terminal: `nbdock rm httpd`. In Python each command is
a function that returns the same frame: `nbdock.rm("httpd")`.

"""
FRAMES = """
# Frames

The pandas DataFrames that commands return. A column means the same in every frame. Sizes are integers in bytes,
times are UTC.

"""
COMPATIBILITY = """\
<!-- Made by scripts/docs from docs/docker-flags.toml and docs/differences.toml. -->

# Compatibility

Every flag of docker's image commands: ✓ works as in docker, ◐ is accepted and does less, ✗ is refused. The flags are
those of `docker COMMAND --help` 28.2 and of the reference of 29.7.

"""


@dataclass(frozen=True, slots=True)
class Docker:
    """A docker command: each flag with its short form, and `reasons` for flags that nbdock supports in part."""

    path: str
    aliases: tuple[str, ...]
    flags: Mapping[str, str]
    reasons: Mapping[str, str]

    @property
    def command(self) -> Command | None:
        """nbdock's command, if it has one."""
        found = table.find(self.path.split(), "docker")
        return found[0] if found else None

    def verdict(self, flag: str) -> tuple[str, str]:
        """The mark and its reason."""
        if self.command and self.command.flag(flag):
            return ("◐", self.reasons[flag]) if flag in self.reasons else ("✓", "")
        reasons = UNSUPPORTED_FLAGS.get(self.command.path, {}) if self.command else {}
        return "✗", reasons.get(flag, "")


def docker() -> list[Docker]:
    """Docker's commands, from docs/docker-flags.toml."""
    source = tomllib.loads((DOCS / "docker-flags.toml").read_text())
    return [
        Docker(path, tuple(each["aliases"]), each["flags"], each.get("reasons", {})) for path, each in source.items()
    ]


def pages() -> dict[Path, str]:
    """The text of each page."""
    chapters = "\n".join(part for each in docker() for part in _compatibility(each))
    return {
        DOCS / "commands.md": COMMANDS + "\n\n".join(filter(None, _commands())) + "\n" + FRAMES + "\n".join(_frames()),
        DOCS / "compatibility.md": COMPATIBILITY + chapters + _differences() + _others(),
    }


def _commands() -> Iterator[str]:
    """A chapter for each command."""
    for command in sorted(table, key=lambda command: command.path):
        lines = (f"%docker {path} {command.usage}".rstrip() for path in command.paths)
        yield f"## {command.path}"
        yield "\n".join(["```", *lines, "```"])
        yield command.description
        arguments = [(f"`{argument.usage}`", argument.help) for argument in command.arguments]
        yield _grid(("argument", ""), arguments) if arguments else ""
        flags = [(f"`{dashed(flag).strip()}`", explained(flag)) for flag in command.flags]
        yield _grid(("option", ""), flags) if flags else ""


def _frames() -> Iterator[str]:
    for schema in {schema.entity: schema for schema in reversed(schemas.ALL)}.values():
        rows = [(f"`{column.name}`", column.dtype, column.meaning) for column in schema.columns]
        yield f"## {schema.entity}\n\n{_grid(('column', 'dtype', 'meaning'), rows)}\n"


def _compatibility(docker: Docker) -> Iterator[str]:
    yield f"## docker {docker.path}\n"
    if docker.command is None:
        yield f"✗ {UNSUPPORTED[docker.path]}\n"
    elif not docker.flags:
        yield "✓\n"
    else:
        verdicts = {_flag_text(flag, short): docker.verdict(flag) for flag, short in docker.flags.items()}
        rows = sorted(_by_value(verdicts), key=lambda row: "✓◐✗".index(row[1][0]))
        yield _grid(("", "flag", ""), [(mark, flags, reason) for flags, (mark, reason) in rows]) + "\n"


def _differences() -> str:
    source = tomllib.loads((DOCS / "differences.toml").read_text())
    rows = [(f"`{path}`", text) for path, lines in source.items() for text in lines]
    return f"\n## Intended differences\n\n{_grid(('command', 'what nbdock does'), rows)}\n"


def _others() -> str:
    rows = _by_value({f"docker {path}": line for path, line in UNSUPPORTED.items()})
    return f"\n## Docker's other commands\n\n{_grid(('command', 'instead'), rows)}\n"


def _by_value(values: Mapping[str, Value]) -> list[tuple[str, Value]]:
    """Each value once, with all keys that have it."""
    groups: dict[Value, list[str]] = {}
    for key, value in values.items():
        groups.setdefault(value, []).append(f"`{key}`")
    return [(", ".join(keys), value) for value, keys in groups.items()]


def _flag_text(flag: str, short: str) -> str:
    return f"{short} {flag}" if short else flag


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown. Cells in backticks are code; all others are text, never markup."""
    lines = [head, ["---"] * len(head), *(map(_cell, row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return (text if text.startswith("`") else html.escape(text, quote=False)).replace("|", "\\|")


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text)
