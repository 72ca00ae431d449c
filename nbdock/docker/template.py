"""docker's `--format`: the part of Go's text/template that docker documents and people type.

    {{.Config.Env}}  {{(index .RootFS.Layers 0)}}  {{json .}}       fields, functions, parentheses
    {{.Tag | lower | printf "%-10s"}}                               pipes
    {{if .A}}…{{else if .B}}…{{else}}…{{end}}  {{with .A}}…{{end}}
    {{range .List}}…{{else}}…{{end}}  {{range $key, $value := .Map}}…{{end}}
    {{$x := .A}}  {{$x = "b"}}  {{- trimmed -}}  {{/* comment */}}

Not supported: define, template, block, break, continue, methods, complex numbers, and the functions and verbs that
`functions` names. A template is compiled once into closures, then rendered for any number of rows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from nbdock.docker import nodes
from nbdock.docker.functions import FUNCTIONS, Function
from nbdock.docker.nodes import Error, Node, Run, template_error
from nbdock.errors import UsageError

_TRIMMED = r"(?:(?<![ \t\r\n])[ \t\r\n]+)?\{\{-(?=[ \t\r\n])"  # the lookbehind keeps long runs of spaces linear
_OUTSIDE = re.compile(
    rf"""(?P<comment>(?:{_TRIMMED}|\{{\{{)[ \t\r\n]?/\*(?:(?!\*/).)*\*/(?:[ \t\r\n]-\}}\}}[ \t\r\n]*|\}}\}}))
    |(?P<open>{_TRIMMED}|\{{\{{)
    |(?P<text>(?:(?!{_TRIMMED}|\{{\{{).)+)""",
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = r"""\\(?:[abfnrtv\\'"]|[0-3][0-7]{2}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U000[0-9a-fA-F]{5})"""
_INSIDE = re.compile(
    rf"""(?P<close>[ \t\r\n]+-\}}\}}[ \t\r\n]*|\}}\}})
    |(?P<space>[ \t\r\n]+)
    |(?P<field>\.[^\W\d]\w*)
    |(?P<literal>[+-]?(?:0[xX][0-9a-fA-F]+|(?:(?:0|[1-9][0-9]*)\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?!\w)
        |"(?:[^"\\\n]|{_ESCAPE})*"|'(?:[^'\\\n]|{_ESCAPE})'|`[^`]*`)
    |(?P<dot>\.)
    |(?P<targets>\$\w*(?:[ \t\r\n]*,[ \t\r\n]*\$\w*)*[ \t\r\n]*:?=)
    |(?P<variable>\$\w*)
    |(?P<word>[^\W\d]\w*)
    |(?P<sign>[=|(),])
    |(?P<unclosed>\Z)|(?P<remark>/\*)|(?P<digit>\d)|(?P<quote>")|(?P<tick>')|(?P<raw>`)|(?P<character>.)""",
    re.DOTALL | re.VERBOSE,
)
_LEXICAL_ERRORS = {
    "unclosed": "unclosed action",
    "remark": "a comment must be alone between {{ and }}, and end with */",
    "digit": "bad number syntax",
    "quote": "unterminated quoted string, or an escape that Go does not have",
    "tick": "malformed character constant",
    "raw": "unterminated raw quoted string",
    "character": "bad character",
}
_NAME = re.compile(r"\$\w*")
_NAMED = {"true": True, "false": False, "nil": None}
_BLOCKS = ("if", "with", "range")
_UNSUPPORTED = ("define", "template", "block", "break", "continue")


class Template:
    """A compiled template. Raises UsageError, in docker's words, if it cannot be parsed."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._write = _Compiler(text).block("")[0]
        except RecursionError:
            raise template_error(text, 0, "the template is nested too deeply") from None

    def render(self, dot: Any, functions: Mapping[str, Function] = FUNCTIONS) -> str:
        """The template's output for `dot`, a Record or any JSON value.

        Raises UsageError if an action cannot be evaluated or if there is too much output.
        """
        run = Run(self.text, functions, dot)
        try:
            self._write(run, dot)
        except RecursionError:
            raise template_error(self.text, 0, "the value is nested too deeply") from None
        # JSON may have lone surrogates, which no terminal can print: U+FFFD replaces them, as in Go.
        return "".join(run.written).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Token(NamedTuple):
    """`kind` is a group of `_OUTSIDE` or `_INSIDE`, or EOF; `at` is its position."""

    kind: str
    text: str
    at: int

    @property
    def end(self) -> int:
        return self.at + len(self.text)


def _tokens(template: str) -> Iterator[_Token]:
    """Text, and for each action `{{`, its tokens and `}}`; EOF is last."""
    at, inside = 0, False
    while inside or at < len(template):
        match = (_INSIDE if inside else _OUTSIDE).match(template, at)
        kind, text = (str(match.lastgroup), match[0]) if match else ("unclosed", "")
        if kind in _LEXICAL_ERRORS:
            shown = f" U+{ord(text):04X} {text!r}" if kind == "character" else ""
            raise template_error(template, at, _LEXICAL_ERRORS[kind] + shown)
        if kind not in ("space", "comment"):
            yield _Token(kind, text, at)
        at, inside = at + len(text), kind == "open" or (inside and kind != "close")
    yield _Token("EOF", "", at)


class _Compiler:
    """A recursive-descent parser; what it parses becomes closures."""

    def __init__(self, template: str) -> None:
        self.source = template
        self.tokens = list(_tokens(template))
        self.next = 0
        self.scope = {"$": 0}  # the slots of the variables in scope
        self.slots = 1

    def block(self, *stops: str) -> tuple[Node, str]:
        """Everything up to `{{else`, `{{end` or the end of the template (""), and which of `stops` it was."""
        found: list[Node] = []
        token = self.take()
        while token.kind == "text" or (token.kind == "open" and self.peek().text not in ("else", "end")):
            found.append(nodes.text(token.text) if token.kind == "text" else self.action())
            token = self.take()
        stop = self.take() if token.kind == "open" else token
        if stop.text not in stops:
            raise self.error(stop, f"unexpected {{{{{stop.text}}}}}" if stop.text else "unexpected EOF")
        return nodes.sequence(found), stop.text

    def action(self) -> Node:
        token = self.peek()
        if token.text in _BLOCKS:
            return self.control(self.take())
        if token.text in _UNSUPPORTED:
            raise self.error(token, f"nbdock does not support {{{{{token.text}}}}} in templates")
        value, slots = self.pipeline()
        self.close(token.text)
        return value if slots else nodes.printed(value)

    def control(self, keyword: _Token) -> Node:
        """The rest of `{{if`, `{{with` or `{{range`, up to its `{{end}}`."""
        scope, start = dict(self.scope), self.peek()
        value, slots = self.pipeline(most=2 if keyword.text == "range" else 1)
        error = self.failing(start, start)
        self.close(keyword.text)
        body, stop = self.block("else", "end")
        otherwise = self.otherwise(keyword if stop == "else" else None)
        self.scope = scope
        return nodes.control(keyword.text, value, slots, body, otherwise, error)

    def otherwise(self, keyword: _Token | None) -> Node:
        """The rest of `{{else` of this keyword, which may be the keyword again; else the rest of `{{end`."""
        following = self.peek()
        if keyword and keyword.text != "range" and self.taken(keyword.text):
            return self.control(following)
        self.close("else" if keyword else "end")
        if keyword is None:
            return nodes.sequence([])
        body, _ = self.block("end")
        self.close("end")
        return body

    def close(self, opened: str) -> None:
        token = self.take()
        if token.kind != "close":
            raise self.error(token, f'unexpected "{token.text}" after {opened}')

    def pipeline(self, most: int = 1) -> tuple[Node, list[int]]:
        """The value of a pipeline, and the slots of the variables that it sets."""
        targets = self.take() if self.peek().kind == "targets" else None
        names = _NAME.findall(targets.text) if targets else []
        if targets and len(names) > most:
            raise self.error(targets, "too many declarations")
        value = self.piped()
        slots = [self.slot(targets, name, declare=":" in targets.text) for name in names] if targets else []
        return nodes.assign(slots, value), slots

    def slot(self, token: _Token, name: str, declare: bool = False) -> int:
        if declare:
            self.scope[name] = self.slots
            self.slots += 1
        if name not in self.scope:
            raise self.error(token, f'undefined variable "{name}"')
        return self.scope[name]

    def piped(self) -> Node:
        """`a | f x` is `f x a`."""
        value = self.command()
        while self.taken("|"):
            value = self.command(value)
        return value

    def command(self, *piped: Node) -> Node:
        """One stage of a pipeline: an operand, or a function with its arguments."""
        first = self.peek()
        if first.kind == "word" and first.text not in _NAMED:
            return self.call(self.take(), [*self.arguments(), *piped])
        if piped:
            raise self.error(first, f'"{first.text}" cannot follow |: only a function can')
        value, source = self.operand(), self.text(first)
        if self.arguments():
            raise self.error(first, f"can't give argument to non-function {source}")
        return value

    def arguments(self) -> list[Node]:
        found = []
        while self.peek().kind not in ("close", "EOF") and self.peek().text not in ("|", ")"):
            found.append(self.operand())
        return found

    def call(self, name: _Token, arguments: list[Node]) -> Node:
        if name.text not in FUNCTIONS:
            hint = f"available functions: {', '.join(sorted(FUNCTIONS))}"
            raise self.error(name, f'function "{name.text}" not defined', hint)
        if wanted := FUNCTIONS[name.text].wanted(len(arguments)):
            raise self.error(name, f"wrong number of args for {name.text}: want {wanted} got {len(arguments)}")
        return nodes.call(name.text, arguments, self.failing(name, name))

    def operand(self) -> Node:
        """A term, and the fields that follow it without a space."""
        start = self.peek()
        value = self.term()
        while self.peek().kind == "field" and self.peek().at == self.tokens[self.next - 1].end:
            token = self.take()
            value = nodes.field(value, token.text[1:], self.failing(token, start))
        return value

    def term(self) -> Node:
        token = self.take()
        match token.kind:
            case "field":
                return nodes.field(nodes.dot, token.text[1:], self.failing(token, token))
            case "dot":
                return nodes.dot
            case "variable":
                return nodes.variable(self.slot(token, token.text))
            case "literal":
                return nodes.constant(self.literal(token))
            case "word" if token.text in _NAMED:
                return nodes.constant(_NAMED[token.text])
            case "word":
                return self.call(token, [])
            case "sign" if token.text == "(":
                return self.parenthesis(token)
        raise self.error(token, "missing value" if token.kind == "close" else f'unexpected "{token.text}" in operand')

    def parenthesis(self, opening: _Token) -> Node:
        inside = self.piped()
        if not self.taken(")"):
            raise self.error(opening, "unclosed left paren")
        return inside

    def literal(self, token: _Token) -> Any:
        if token.text[0] == "`":
            return token.text[1:-1]
        try:
            value = ast.literal_eval(token.text)
        except (ValueError, SyntaxError):
            raise self.error(token, f"invalid syntax: {token.text}") from None
        return ord(value) if token.text[0] == "'" else value

    def peek(self) -> _Token:
        return self.tokens[self.next]

    def take(self) -> _Token:
        token = self.tokens[self.next]
        self.next += token.kind != "EOF"
        return token

    def taken(self, text: str) -> bool:
        """Take the next token if it is this word or sign."""
        found = self.peek().text == text
        self.next += found
        return found

    def text(self, start: _Token) -> str:
        """The source from `start` to the last token taken."""
        return self.source[start.at : self.tokens[self.next - 1].end]

    def error(self, token: _Token, message: str, hint: str = "") -> UsageError:
        return template_error(self.source, token.at, message, hint=hint)

    def failing(self, token: _Token, start: _Token) -> Error:
        """Makes the errors of the expression from `start` to here, which fails at `token`."""
        return partial(template_error, self.source, token.at, source=self.text(start))
