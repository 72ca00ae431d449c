"""The text of a Dockerfile as instructions, and what follows a keyword as words, by docker's rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from nbdock.errors import UsageError

_BLANKS = "[\t\v\f\r ]"
_CONTINUED = re.compile(r"(?<!\\)\\[ \t]*\Z")
_INSTRUCTION = re.compile(rf"(\S+){_BLANKS}*(.*)", re.DOTALL)
_FLAG = re.compile(rf"--(\S*)(?:{_BLANKS}+|\Z)")
_WORD = re.compile(r"""(?:'[^']*'?|"(?:\\.|[^"\\])*(?:"|\\?\Z)|\\.?|[^\s'"\\])+""", re.DOTALL)


class Instruction(NamedTuple):
    """An instruction: its keyword in capitals, its flags without their dashes, and the text after them."""

    keyword: str
    flags: tuple[str, ...]
    text: str

    @classmethod
    def of(cls, line: str) -> Instruction:
        """Split a line that is not blank. A word `--` ends the flags."""
        keyword, text = _INSTRUCTION.fullmatch(line).groups()  # type: ignore[union-attr]
        flags: list[str] = []
        start = 0
        while (match := _FLAG.match(text, start)) and "" not in flags[-1:]:
            flags.append(match[1])
            start = match.end()
        return cls(keyword.upper(), tuple(filter(None, flags)), text[start:])

    def options(self, *known: str) -> dict[str, str]:
        """The values of its flags. Raises UsageError for other flags than the known ones, and for one given twice."""
        found: dict[str, str] = {}
        for name, equals, value in (flag.partition("=") for flag in self.flags):
            if name not in known:
                takes = ", ".join(f"--{each}" for each in known) or "no flags"
                raise UsageError(f"Unknown flag: {name}", hint=f"{self.keyword} takes {takes}")
            if name in found:
                raise UsageError(f"Duplicate flag specified: {name}", hint="give it once")
            if not equals:
                raise UsageError(f"Missing a value on flag: {name}", hint=f"write --{name}=VALUE")
            found[name] = value
        return found


def parse(text: str) -> list[Instruction]:
    """The instructions of a text, in order. Comments are left out; a line that ends in a backslash goes on."""
    return [Instruction.of(line) for line in _lines(text)]


def words(text: str) -> list[str]:
    """Split at blanks that are neither quoted nor escaped. Quotes and backslashes are kept."""
    return _WORD.findall(text)


def strings(text: str) -> list[str] | None:
    """The strings of the JSON form (`["httpd", "-D"]`); None if the text has another form.

    As in docker, what follows the array is ignored. Raises UsageError if something in it is no string.
    """
    if not text.startswith("["):
        return None
    try:
        found: list[object] = json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(each, str) for each in found):
        message = "when using JSON array syntax, arrays must be comprised of strings only"
        raise UsageError(message, hint="put each of them into double quotes")
    return list(map(str, found))


def _lines(text: str) -> Iterator[str]:
    """The lines with what continues them, without blank ones. Comments may stand between a line and the next."""
    whole = ""
    for line in text.split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        continued = _CONTINUED.search(line.removesuffix("\r"))
        whole += line[: continued.start()] if continued else line
        if not continued and whole.strip():
            yield whole.strip()
        whole = whole if continued else ""
    if whole.strip():
        yield whole.strip()
