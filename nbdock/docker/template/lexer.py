"""A template cut into tokens, and the one way to say what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from nbdock.errors import UsageError

_SPACE = " \t\r\n"
_OPEN = re.compile(r"\{\{(?P<trim>-(?=[ \t\r\n]))?")
_COMMENT = re.compile(r"[ \t\r\n]?/\*(?:(?!\*/).)*\*/(?P<trim>[ \t\r\n]-)?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<close>(?P<trim>[ \t\r\n]+-)?\}\})
    |(?P<space>[ \t\r\n]+)
    |(?P<field>\.[^\W\d]\w*)
    |(?P<number>[+-]?(?:0[xX][0-9a-fA-F]+|(?:(?:0|[1-9][0-9]*)\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?!\w))
    |(?P<dot>\.)
    |(?P<variable>\$\w*)
    |(?P<word>[^\W\d]\w*)
    |(?P<string>"(?:[^"\\\n]|ESCAPE)*"|'(?:[^'\\\n]|ESCAPE)')
    |(?P<raw>`[^`]*`)
    |(?P<sign>:=|[=|(),])""".replace(
        "ESCAPE", r"""\\(?:[abfnrtv\\'"]|[0-3][0-7]{2}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U000[0-9a-fA-F]{5})"""
    ),
    re.VERBOSE,
)
_UNCLOSED = {
    '"': "unterminated quoted string, or an escape that Go has not",
    "'": "malformed character constant",
    "`": "unterminated raw quoted string",
}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is text, open, close, field, number, dot, variable, word, string, raw, sign or end; `at` where it is."""

    kind: str
    text: str
    at: int

    @property
    def end(self) -> int:
        return self.at + len(self.text)


def refusal(template: str, at: int, message: str, *, source: str = "", hint: str = "") -> UsageError:
    """What is wrong at a place of the template, worded as docker words it; `source` is what was being executed."""
    before = template[:at]
    place = f"template: :{before.count(chr(10)) + 1}"
    if source:
        source = source if len(source) <= 20 else source[:20] + "..."
        place += f':{len(before) - before.rfind(chr(10)) - 1}: executing "" at <{source}>'
    return UsageError(
        f"template parsing error: {place}: {message}",
        hint=hint or "templates are Go's: {{.Field}}, {{json .Field}}, {{range .List}}{{.}}{{end}}",
    )


def scan(template: str) -> Iterator[Token]:
    """Its tokens: text, and for each action open, what is in it, close. The last is `end`. Raises UsageError."""
    at, trim = 0, False
    while opening := _OPEN.search(template, at):
        text = template[at : opening.start()]
        text = text.lstrip(_SPACE) if trim else text
        yield Token("text", text.rstrip(_SPACE) if opening["trim"] else text, at)
        at, trim = yield from _action(template, opening)
    yield Token("text", template[at:].lstrip(_SPACE) if trim else template[at:], at)
    yield Token("end", "", len(template))


def _action(template: str, opening: re.Match[str]) -> Generator[Token, None, tuple[int, bool]]:
    at = opening.end()
    if comment := _COMMENT.match(template, at):
        return comment.end(), bool(comment["trim"])
    yield Token("open", opening[0], opening.start())
    while token := _TOKEN.match(template, at):
        at = token.end()
        if token["close"]:
            yield Token("close", token[0], token.start())
            return at, bool(token["trim"])
        if not token["space"]:
            yield Token(str(token.lastgroup), token[0], token.start())
    raise refusal(template, at, _wrong(template, at))


def _wrong(template: str, at: int) -> str:
    if at == len(template):
        return "unclosed action"
    character = template[at]
    if template.startswith("/*", at):
        return "a comment stands alone between {{ and }}, and ends with */"
    if character.isdigit():
        return "bad number syntax"
    return _UNCLOSED.get(character, f"bad character U+{ord(character):04X} {character!r}")
