"""The text of a Dockerfile as instructions, and what follows a keyword as words, by BuildKit's rules."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from nbdock.dockerfile.heredocs import Heredoc, openings
from nbdock.dockerfile.located import at, located
from nbdock.errors import UsageError

BACKSLASH = "\\"
LONGEST = 1 << 20
_BLANKS = "[\t\v\f\r ]"
_INSTRUCTION = re.compile(rf"(\S+){_BLANKS}*(.*)", re.DOTALL)
_DIRECTIVE = re.compile(r"#\s*(syntax|escape|check)\s*=\s*(\S.*?)\s*", re.IGNORECASE | re.ASCII)
_OPENERS = ("ADD", "COPY", "RUN")


class Instruction(NamedTuple):
    """An instruction: its keyword in capitals, its flags without their dashes, and the text after them.

    It stands in the lines from `line` to `end`; `source` is how it is written there, as one line; `check` is what a
    comment `# check=` above it says.
    """

    keyword: str
    flags: tuple[str, ...]
    text: str
    line: int = 1
    heredocs: tuple[Heredoc, ...] = ()
    end: int = 1
    source: str = ""
    check: str = ""
    escape: str = BACKSLASH

    @classmethod
    def of(cls, source: str, escape: str = BACKSLASH) -> Instruction:
        """Split a line that is not blank. A word `--` ends the flags."""
        keyword, text = _INSTRUCTION.fullmatch(source).groups()  # type: ignore[union-attr]
        grammar = _Grammar.of(escape)
        flags: list[str] = []
        start = 0
        while (match := grammar.flag.match(text, start)) and "" not in flags[-1:]:
            flags.append(grammar.unquoted(match[1]))
            start = match.end()
        return cls(keyword.upper(), tuple(filter(None, flags)), text[start:], source=source, escape=escape)

    def options(self, *known: str, switches: tuple[str, ...] = (), repeatable: tuple[str, ...] = ()) -> dict[str, str]:
        """The values of its flags; a switch is "true" or "false".

        Raises UsageError for other flags than these, and for one given twice that is not repeatable.
        """
        names = (*known, *switches, *repeatable)
        found: dict[str, str] = {}
        for name, equals, value in (flag.partition("=") for flag in self.flags):
            if name not in names:
                takes = ", ".join(f"--{each}" for each in names) or "no flags"
                raise UsageError(f"Unknown flag: {name}", hint=f"{self.keyword} takes {takes}")
            if name in found and name not in repeatable:
                raise UsageError(f"Duplicate flag specified: {name}", hint="give it once")
            if name in switches and not equals:
                value = "true"
            elif not equals or (name in switches and not value):
                raise UsageError(f"Missing a value on flag: {name}", hint=f"write --{name}=VALUE")
            elif name in switches and value.lower() not in ("true", "false"):
                raise UsageError(f"expecting boolean value for flag {name}, not: {value}", hint=f"write --{name}")
            found[name] = value.lower() if name in switches else value
        return found

    def every(self, name: str) -> tuple[str, ...]:
        """The values of a flag that is repeatable."""
        return tuple(flag.partition("=")[2] for flag in self.flags if flag.startswith(f"{name}="))


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed text. `directives` are the `# name=value` at its top, `gaps` the last lines of the instructions with
    blank lines in them."""

    instructions: tuple[Instruction, ...]
    directives: Mapping[str, str]
    gaps: tuple[int, ...]

    @property
    def escape(self) -> str:
        """The character that continues a line and that makes the next character an ordinary one."""
        return self.directives.get("escape", BACKSLASH)


def parse(text: str) -> Source:
    """The instructions of a text, in order. Comments are left out; a line that ends in a backslash goes on."""
    lines = text.removeprefix("\ufeff").split("\n")
    directives = _directives(lines)
    reader = _Reader(lines, directives.get("escape", BACKSLASH))
    return Source(tuple(reader.instructions()), directives, tuple(reader.gaps))


def words(text: str, escape: str = BACKSLASH) -> list[str]:
    """Split at blanks that are neither quoted nor escaped. Quotes and backslashes are kept."""
    return _Grammar.of(escape).word.findall(text)


def strings(text: str) -> list[str] | None:
    """The strings of the JSON form (`["httpd", "-D"]`); None if the text has another form.

    Raises UsageError if something in it is no string.
    """
    if not text.startswith("["):
        return None
    try:
        found: list[object] = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(each, str) for each in found):
        message = "when using JSON array syntax, arrays must be comprised of strings only"
        raise UsageError(message, hint="put each of them into double quotes")
    return [str(each).encode("utf-16", "surrogatepass").decode("utf-16", "replace") for each in found]


class _Grammar(NamedTuple):
    """What depends on the escape character."""

    continued: re.Pattern[str]
    flag: re.Pattern[str]
    word: re.Pattern[str]
    quoted: re.Pattern[str]
    escaped: re.Pattern[str]

    @staticmethod
    @cache
    def of(escape: str) -> _Grammar:
        e = re.escape(escape)
        flag = rf"""(?:'(?:{e}.|[^'{e}])*'?|"(?:{e}.|[^"{e}])*"?|{e}.|[^\s'"{e}])*"""
        word = rf"""(?:'[^']*'?|"(?:{e}.|[^"{e}])*(?:"|{e}?\Z)|{e}.?|[^\s'"{e}])+"""
        return _Grammar(
            re.compile(rf"(?<!{e}){e}[ \t]*\Z"),
            re.compile(rf"--({flag})(?:{_BLANKS}+|\Z)", re.DOTALL),
            re.compile(word, re.DOTALL),
            re.compile(rf"""'((?:{e}.|[^'{e}])*)'?|"((?:{e}.|[^"{e}])*)"?|({e}.)""", re.DOTALL),
            re.compile(rf"{e}(.)", re.DOTALL),
        )

    def unquoted(self, flag: str) -> str:
        """A flag without its quotes and escapes."""
        return self.quoted.sub(lambda found: self.escaped.sub(r"\1", "".join(found.groups(""))), flag)


class _Reader:
    """Reads lines from the first to the last, once."""

    def __init__(self, lines: list[str], escape: str) -> None:
        self._lines = enumerate(lines, 1)
        self._escape = escape
        self._line = 0
        self._has_gap = False
        self.gaps: list[int] = []

    def instructions(self) -> Iterator[Instruction]:
        check = ""
        while (line := self._next()) is not None:
            line, start = line.lstrip(), self._line
            if line.startswith("#"):
                directive = _DIRECTIVE.fullmatch(line.rstrip())
                check = directive[2] if directive and directive[1].lower() == "check" else check
            elif line and (source := self._joined(line)):
                found = Instruction.of(source, self._escape)._replace(line=start, check=check)
                with at(found):
                    heredocs = self._heredocs(found)
                yield found._replace(heredocs=heredocs, end=self._line)
                check = ""

    def _joined(self, line: str) -> str:
        """The line with those that continue it, between which blank lines and comments may stand."""
        continued = _Grammar.of(self._escape).continued
        whole, self._has_gap = "", False
        while match := continued.search(line):
            whole += line[: match.start()]
            line = self._continuation()
        if self._has_gap:
            self.gaps.append(self._line)
        return (whole + line).strip()

    def _continuation(self) -> str:
        while (line := self._next()) is not None:
            if line.strip() and not line.lstrip().startswith("#"):
                return line
            self._has_gap |= not line.strip()
        return ""

    def _heredocs(self, found: Instruction) -> tuple[Heredoc, ...]:
        inner = Instruction.of(found.text) if found.keyword == "ONBUILD" and found.text else found
        if "<<" not in found.text or inner.keyword not in _OPENERS or strings(inner.text) is not None:
            return ()
        return tuple(opening.filled(self._until(opening.ends_at)) for opening in openings(found.source))

    def _until(self, is_end: Callable[[str], bool]) -> Iterator[str]:
        for number, line in self._lines:
            self._line = number
            if is_end(line.rstrip("\r")):
                return
            yield line
        raise UsageError("unterminated heredoc", hint="end it with a line that is nothing but its name")

    def _next(self) -> str | None:
        self._line, line = next(self._lines, (self._line, None))
        return line if line is None else line.rstrip("\r")


def _directives(lines: list[str]) -> dict[str, str]:
    """The directives, which end at the first line that is none."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        match = _DIRECTIVE.fullmatch(line.strip())
        if match is None:
            break
        name, value = match[1].lower(), match[2]
        if name in found:
            raise located(f"only one {name} parser directive can be used", number, line.strip(), "remove one of them")
        if name == "escape" and value not in ("`", BACKSLASH):
            raise located(f"invalid escape token '{value}' does not match ` or \\", number, line.strip(), "use one")
        found[name] = value
    return found
