"""docker's `--format`: the part of Go's text/template that docker documents and people type.

    {{.Config.Env}}  {{(index .RootFS.Layers 0)}}  {{json .}}       fields, functions, parentheses
    {{.Label "a"}}                                                  a field that is a function
    {{.Tag | lower | printf "%-10s"}}                               pipes
    {{if .A}}…{{else if .B}}…{{else}}…{{end}}  {{with .A}}…{{end}}
    {{range .List}}…{{else}}…{{end}}  {{range $key, $value := .Map}}…{{end}}
    {{$x := .A}}  {{$x = "b"}}  {{- trimmed -}}  {{/* comment */}}

Not supported: define, template, block, break, continue, complex numbers, and the functions and verbs that
`functions` names. A template is compiled once into closures, then rendered for any number of rows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import count
from math import inf
from typing import Any, NamedTuple

from nbdock.docker.functions import FUNCTIONS, SHORT_CIRCUITS, Function
from nbdock.docker.values import Nil, Record, is_true, kind, show
from nbdock.errors import UsageError

_MAX_WORK = 1 << 24  # characters of output and of intermediate results
_INT = 63  # bits of an int, without its sign
_ROUND = 1 << 6  # the cost of one round of a range, in characters
_HINT = "templates are Go's: {{.Field}}, {{json .Field}}, {{range .List}}{{.}}{{end}}"
_OPEN = r"(?:(?:(?<![ \t\r\n])[ \t\r\n]+)?\{\{-(?=[ \t\r\n])|\{\{)"  # the lookbehind keeps long runs of spaces linear
_OUTSIDE = re.compile(
    rf"(?P<comment>{_OPEN}[ \t\r\n]?/\*(?:(?!\*/).)*\*/(?:[ \t\r\n]-\}}\}}[ \t\r\n]*|\}}\}}))"
    rf"|(?P<open>{_OPEN})|(?P<text>(?:(?!{_OPEN}).)+)",
    re.DOTALL,
)
_ESCAPE = r"""\\(?:[abfnrtv\\'"]|[0-3][0-7]{2}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U000[0-9a-fA-F]{5})"""
_INSIDE = re.compile(
    rf"""(?P<close>[ \t\r\n]+-\}}\}}[ \t\r\n]*|\}}\}})
    |(?P<space>[ \t\r\n]+)
    |(?P<field>\.[^\W\d]\w*)
    |(?P<literal>[+-]?(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?!\w)
        |"(?:[^"\\\n]|{_ESCAPE})*"|'(?:[^'\\\n]|{_ESCAPE})'|`[^`]*`|(?:true|false|nil)(?!\w))
    |(?P<targets>\$\w*(?:[ \t\r\n]*,[ \t\r\n]*\$\w*)*[ \t\r\n]*:?=)
    |(?P<variable>\$\w*|\.)
    |(?P<control>(?:if|with|range)(?!\w))
    |(?P<stop>(?:else|end)(?!\w))
    |(?P<unsupported>(?:define|template|block|break|continue)(?!\w))
    |(?P<function>[^\W\d]\w*)
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
_CONSTANTS = {"true": True, "false": False, "nil": None}


class Template:
    """A compiled template. Raises UsageError, in docker's words, if it cannot be parsed."""

    def __init__(self, text: str, functions: Mapping[str, Function] = FUNCTIONS) -> None:
        try:
            self._write = _Parser(text, functions).block("")[0]
        except RecursionError:
            raise _error("", 0, "the template is nested too deeply") from None

    def render(self, dot: Any) -> str:
        """The template's output for `dot`, a Record or any JSON value.

        Raises UsageError if an action cannot be evaluated or if there is too much output.
        """
        try:
            text: str = self._write(_Run({0: dot}))
        except RecursionError:
            raise _error("", 0, "the value is nested too deeply") from None
        # JSON may have lone surrogates, which no terminal can print: U+FFFD replaces them, as in Go.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _error(template: str, at: int, message: str, source: str = "", hint: str = "") -> UsageError:
    """An error at a position of the template; `source` is the expression that was being evaluated."""
    before = template[:at]
    place = f"template: :{before.count(chr(10)) + 1}"
    if source:
        source = source if len(source) <= 20 else source[:20] + "..."
        place += f':{len(before) - before.rfind(chr(10)) - 1}: executing "" at <{source}>'
    return UsageError(f"template parsing error: {place}: {message}", hint=hint or _HINT)


class _Token(NamedTuple):
    """`kind` is a group of `_OUTSIDE` or `_INSIDE`; `at` is the position. The last token is an empty stop."""

    kind: str
    text: str
    at: int


def _tokens(template: str) -> Iterator[_Token]:
    """Text, and for each action its tokens and `}}`."""
    at, inside = 0, False
    while (inside or at < len(template)) and (match := (_INSIDE if inside else _OUTSIDE).match(template, at)):
        kind, text = str(match.lastgroup), match[0]
        if kind in _LEXICAL_ERRORS:
            shown = f" U+{ord(text):04X} {text!r}" if kind == "character" else ""
            raise _error(template, at, _LEXICAL_ERRORS[kind] + shown)
        if kind not in ("space", "comment", "open"):
            yield _Token(kind, text, at)
        at, inside = match.end(), kind == "open" or (inside and kind != "close")
    yield _Token("stop", "", at)


class _Run(dict[int, Any]):
    """One rendering: the values of its variables by slot, and the work that it may still do."""

    left = _MAX_WORK

    def spend(self, work: int) -> None:
        """Count work, in characters. Raises UsageError if it is too much."""
        self.left -= work
        if self.left < 0:
            raise _error("", 0, "too much output", hint="a template can write up to 16 MiB")

    def write(self, value: Any) -> str:
        text = "<no value>" if value is None else show(value)
        self.spend(len(text))
        return text


_Node = Callable[[_Run], Any]
"""A compiled piece of a template: it returns the value of an expression, or the output of a block."""


class _Parser:
    """A recursive-descent parser; what it parses becomes closures."""

    def __init__(self, source: str, functions: Mapping[str, Function]) -> None:
        self.source = source
        self.functions = functions
        self.tokens = _tokens(source)
        self.token = next(self.tokens)
        self.end = 0  # of the token before
        self.scope = {"$": 0, ".": 0}  # the slots of the variables; `.` is one that `with` and `range` declare
        self.slots = count(1)

    def block(self, *stops: str) -> tuple[_Node, str]:
        """Everything up to `{{else`, `{{end}}` or the end of the template (""), and which of `stops` it was."""
        nodes: list[_Node] = []
        while self.token.kind != "stop":
            nodes.append(self.action())
        token = self.take()
        if token.text not in stops:
            raise self.error(token, f"unexpected {{{{{token.text}}}}}" if token.text else "unexpected EOF")
        if token.text == "end":
            self.close("end")
        return lambda run: "".join([node(run) for node in nodes]), token.text

    def action(self) -> _Node:
        """An action, or the text between two."""
        token = self.token
        match token.kind:
            case "text":
                self.take()
                return lambda run: run.write(token.text)
            case "control":
                return self.control(self.take().text)
            case "unsupported":
                raise self.error(token, f"nbdock does not support {{{{{token.text}}}}} in templates")
        value, slots = self.pipeline()
        self.close(token.text)

        def write(run: _Run) -> str:
            found = value(run)
            return "" if slots else run.write(found)

        return write

    def control(self, keyword: str) -> _Node:
        """The rest of `{{if`, `{{with` or `{{range`, up to its `{{end}}`."""
        scope, dot, start = self.scope, next(self.slots), self.token
        self.scope = outside = dict(scope)
        value, slots = self.pipeline(most=2 if keyword == "range" else 1)
        items = self.apply(_items, [value], start, start)
        self.close(keyword)
        self.scope = outside | {".": outside["."] if keyword == "if" else dot}
        body, stop = self.block("else", "end")
        self.scope = outside
        otherwise = self.otherwise(keyword) if stop == "else" else lambda run: ""
        self.scope = scope

        def branch(run: _Run) -> Any:
            run[dot] = value(run)
            return (body if is_true(run[dot]) else otherwise)(run)

        def loop(run: _Run) -> Any:
            rounds = []
            for key, item in items(run):
                run.spend(_ROUND)
                run.update(zip((dot, *reversed(slots)), (item, item, key), strict=False))
                rounds.append(body(run))
            return "".join(rounds) if rounds else otherwise(run)

        return loop if keyword == "range" else branch

    def otherwise(self, keyword: str) -> _Node:
        """The rest of `{{else`, or of `{{else if` and `{{else with`, up to `{{end}}`."""
        if keyword != "range" and self.taken(keyword):
            return self.control(keyword)
        self.close("else")
        return self.block("end")[0]

    def close(self, opened: str) -> None:
        token = self.take()
        if token.kind != "close":
            raise self.error(token, f'unexpected "{token.text}" after {opened}')

    def pipeline(self, most: int = 1) -> tuple[_Node, list[int]]:
        """The value of a pipeline, and the slots of the variables that it sets."""
        token = self.token
        if token.kind != "targets":
            return self.piped(), []
        names = re.findall(r"\$\w*", self.take().text)
        if len(names) > most:
            raise self.error(token, "too many declarations")
        value = self.piped()
        if ":" in token.text:
            self.scope |= zip(names, self.slots, strict=False)
        slots = [self.slot(token, name) for name in names]

        def assigned(run: _Run) -> Any:
            found = value(run)
            run.update(dict.fromkeys(slots, found))
            return found

        return assigned, slots

    def slot(self, token: _Token, name: str) -> int:
        if name not in self.scope:
            raise self.error(token, f'undefined variable "{name}"')
        return self.scope[name]

    def piped(self) -> _Node:
        """`a | f x` is `f x a`."""
        value = self.command()
        while self.taken("|"):
            value = self.command(value)
        return value

    def command(self, *piped: _Node) -> _Node:
        """One stage of a pipeline: an operand, or a function with its arguments."""
        first = self.token
        if first.kind == "function":
            return self.call(self.take(), [*self.arguments(), *piped])
        if piped and first.kind != "field":
            raise self.error(first, f'"{first.text}" cannot follow |: only a function can')
        value, source = self.operand(), self.source[first.at : self.end]
        arguments = [*self.arguments(), *piped]
        if first.kind == "field":
            return self.apply(partial(_called, source), [value, *arguments], first, first)
        if arguments:
            raise self.error(first, f"can't give argument to non-function {source}")
        return value

    def arguments(self) -> list[_Node]:
        found = []
        while self.token.kind != "close" and self.token.text not in ("|", ")"):
            found.append(self.operand())
        return found

    def operand(self) -> _Node:
        """A term, and the fields that follow it without a space."""
        first, dot = self.token, self.scope["."]
        value: _Node = (lambda run: run[dot]) if first.kind == "field" else self.term(self.take())
        while self.token.kind == "field" and (self.token is first or self.token.at == self.end):
            token = self.take()
            value = self.apply(partial(_field, token.text[1:]), [value], token, first)
        return value

    def term(self, token: _Token) -> _Node:
        match token.kind:
            case "variable":
                slot = self.slot(token, token.text)
                return lambda run: run[slot]
            case "literal":
                value = self.literal(token)
                return lambda run: value
            case "function":
                return self.call(token, [])
            case "sign" if token.text == "(":
                inside = self.piped()
                if not self.taken(")"):
                    raise self.error(token, "unclosed left paren")
                return inside
        raise self.error(token, "missing value" if token.kind == "close" else f'unexpected "{token.text}" in operand')

    def literal(self, token: _Token) -> Any:
        if token.text in _CONSTANTS or token.text[0] == "`":
            return _CONSTANTS.get(token.text, token.text[1:-1])
        try:
            value = ast.literal_eval(token.text)
        except (ValueError, SyntaxError):
            raise self.error(token, f"invalid syntax: {token.text}") from None
        if value in (inf, -inf) or (isinstance(value, int) and value.bit_length() > _INT):
            raise self.error(token, f"integer overflow: {token.text}")
        return ord(value) if token.text[0] == "'" else value

    def call(self, token: _Token, arguments: list[_Node]) -> _Node:
        name = token.text
        if name not in self.functions:
            hint = f"available functions: {', '.join(sorted(self.functions))}"
            raise self.error(token, f'function "{name}" not defined', hint=hint)
        if wanted := self.functions[name].wanted(len(arguments)):
            raise self.error(token, f"wrong number of args for {name}: want {wanted} got {len(arguments)}")
        return self.apply(self.functions[name], arguments, token, token)

    def apply(self, function: Callable[..., Any], arguments: list[_Node], token: _Token, start: _Token) -> _Node:
        """Calls the function; its errors are at `token`, in the expression from `start` to here."""
        source, last = self.source[start.at : self.end], SHORT_CIRCUITS.get(token.text)
        doing = f"error calling {token.text}: " if isinstance(function, Function) else ""

        def value(run: _Run) -> Any:
            values = []
            for argument in arguments:
                values.append(argument(run))
                if is_true(values[-1]) is last:
                    break
            try:
                result = function(*values)
            except (ValueError, OverflowError, UsageError) as failure:
                raise self.error(token, f"{doing}{failure}", source, getattr(failure, "hint", "")) from None
            run.spend(len(result) if isinstance(result, str | list) else 0)
            return result

        return value

    def take(self) -> _Token:
        """The current token; the next one becomes the current."""
        token = self.token
        self.token, self.end = next(self.tokens, token), token.at + len(token.text)
        return token

    def taken(self, text: str) -> bool:
        """Take the current token if it is this word or sign."""
        return self.token.text == text and bool(self.take())

    def error(self, token: _Token, message: str, source: str = "", hint: str = "") -> UsageError:
        return _error(self.source, token.at, message, source, hint)


def _field(name: str, owner: Any) -> Any:
    match owner:
        case Record() if name not in owner:
            raise UsageError(f"can't evaluate field {name}", hint=f"available fields: {', '.join(sorted(owner))}")
        case Mapping():
            return owner.get(name)
        case None | Nil.MAP:
            return None
    raise ValueError(f"can't evaluate field {name} in type {kind(owner)}")


def _called(source: str, value: Any, *arguments: Any) -> Any:
    """A field's value; that of a field which is a function, with its arguments."""
    if not isinstance(value, Function):
        if arguments:
            raise ValueError(f"{source} has arguments but cannot be invoked as function")
        return value
    if wanted := value.wanted(len(arguments)):
        raise ValueError(f"wrong number of args for {source}: want {wanted} got {len(arguments)}")
    return value(*arguments)


def _items(value: Any) -> Iterable[tuple[Any, Any]]:
    """The keys and items of a range: a map is sorted by key, a number counts from 0."""
    match value:
        case None | Nil():
            return ()
        case Mapping():
            return [(key, value[key]) for key in sorted(value)]
        case list() | tuple():
            return enumerate(value)
        case int() if not isinstance(value, bool):
            return enumerate(range(value))
    raise ValueError(f"range can't iterate over {show(value)}")
