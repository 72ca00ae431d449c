"""Go's text/template read into nodes, as far as `nbdock.template` says."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from nbdock.docker.template.functions import FUNCTIONS
from nbdock.docker.template.lexer import Token, refusal, scan
from nbdock.docker.template.nodes import (
    Action,
    Block,
    Call,
    Choice,
    Constant,
    Dot,
    Expression,
    Field,
    If,
    Node,
    Pipeline,
    Range,
    Text,
    Variable,
)
from nbdock.errors import UsageError

_LITERALS = {"true": True, "false": False, "nil": None}
_BLOCKS = ("if", "with", "range")
_UNKNOWN = ("define", "template", "block", "break", "continue")
_CHOICES = {"and": False, "or": True}


@dataclass(frozen=True, slots=True)
class Parsed:
    """The nodes, and how many variables they use."""

    block: Block
    variables: int


def parse(template: str) -> Parsed:
    """Raises UsageError."""
    parser = _Parser(template)
    block, end = parser.block()
    if end.kind != "end":
        raise parser.refusal(end, f"unexpected {{{{{end.text}}}}}")
    return Parsed(block, parser.variables)


class _Parser:
    def __init__(self, template: str) -> None:
        self.template = template
        self.tokens = list(scan(template))
        self.next = 0
        self.scope = {"$": 0}
        self.variables = 0

    def refusal(self, token: Token, message: str, hint: str = "") -> UsageError:
        return refusal(self.template, token.at, message, hint=hint)

    def peek(self) -> Token:
        return self.tokens[self.next]

    def take(self) -> Token:
        token = self.tokens[self.next]
        self.next += token.kind != "end"
        return token

    def taken(self, kind: str, text: str) -> bool:
        """Take the token if it is this one."""
        found = self.peek().kind == kind and self.peek().text == text
        self.next += found
        return found

    def block(self) -> tuple[Block, Token]:
        """The nodes up to `{{else`, `{{end` or the end, and which of them it was."""
        nodes: list[Node] = []
        while (token := self.take()).kind != "end":
            if token.kind == "text":
                nodes.append(Text(token.text))
            elif self.peek().text in ("else", "end"):
                return tuple(nodes), self.take()
            else:
                nodes.append(self.action())
        return tuple(nodes), token

    def action(self) -> Node:
        token = self.peek()
        if token.text in _UNKNOWN and token.kind == "word":
            raise self.refusal(token, f"there is no {{{{{token.text}}}}} in nbdock's templates")
        if token.text in _BLOCKS and token.kind == "word":
            return self.control(self.take())
        pipeline = self.pipeline()
        self.close(token.text)
        return Action(pipeline)

    def control(self, keyword: Token) -> Node:
        """After `{{if`, `{{with` or `{{range`: all of it up to its `{{end}}`."""
        outer = dict(self.scope)
        pipeline = self.pipeline(most_variables=2 if keyword.text == "range" else 1)
        self.close(keyword.text)
        block, stop = self.block()
        otherwise = self.otherwise(keyword) if stop.text == "else" else self.end(stop)
        self.scope = outer
        if keyword.text == "range":
            return Range(pipeline, block, otherwise)
        return If(pipeline, block, otherwise, moves_dot=keyword.text == "with")

    def otherwise(self, keyword: Token) -> Block:
        """After `{{else`: `}}`, or the same keyword again, which shares the `{{end}}`."""
        following = self.peek()
        if keyword.text != "range" and self.taken("word", keyword.text):
            return (self.control(following),)
        self.close("else")
        block, stop = self.block()
        return block + self.end(stop)

    def end(self, stop: Token) -> Block:
        if stop.text != "end":
            raise self.refusal(stop, "unexpected EOF" if stop.kind == "end" else f"unexpected {{{{{stop.text}}}}}")
        self.close("end")
        return ()

    def close(self, opened: str) -> None:
        token = self.take()
        if token.kind != "close":
            raise self.refusal(token, f'unexpected "{token.text}" after {opened}')

    def pipeline(self, most_variables: int = 1) -> Pipeline:
        start = self.next
        names, declares = self.targets()
        if len(names) > most_variables:
            raise self.refusal(names[-1], "too many declarations")
        if not names:
            self.next = start
        expression = self.piped()
        return Pipeline(expression, tuple(self.slot(name, declares) for name in names))

    def targets(self) -> tuple[list[Token], bool]:
        """The variables before `:=` or `=`, and whether they are new; none where there is no such sign."""
        names: list[Token] = []
        while self.peek().kind == "variable":
            names.append(self.take())
            if not self.taken("sign", ","):
                break
        declares = self.taken("sign", ":=")
        return (names, declares) if declares or self.taken("sign", "=") else ([], False)

    def slot(self, name: Token, declares: bool) -> int:
        if declares:
            self.variables += 1
            self.scope[name.text] = self.variables
        if name.text not in self.scope:
            raise self.refusal(name, f'undefined variable "{name.text}"')
        return self.scope[name.text]

    def piped(self) -> Expression:
        """`a | f x` is `f x a`."""
        expression = self.command(None)
        while self.taken("sign", "|"):
            expression = self.command(expression)
        return expression

    def command(self, piped: Expression | None) -> Expression:
        """One stage of a pipeline: an operand, or a function with its arguments."""
        first = self.peek()
        if first.kind == "word" and first.text not in _LITERALS:
            self.take()
            arguments = self.arguments()
            return self.call(first, (*arguments, piped) if piped else arguments)
        if piped:
            raise self.refusal(first, f'"{first.text}" cannot come after |: a function must')
        operand = self.operand()
        if self.arguments():
            raise self.refusal(first, f"can't give argument to non-function {operand.source}")
        return operand

    def arguments(self) -> tuple[Expression, ...]:
        found = []
        while self.peek().kind not in ("close", "end") and self.peek().text not in ("|", ")"):
            found.append(self.operand())
        return tuple(found)

    def call(self, name: Token, arguments: tuple[Expression, ...]) -> Expression:
        source = self.source(name)
        made: Expression
        if name.text in _CHOICES:
            made, wanted = Choice(name.at, source, _CHOICES[name.text], arguments), "" if arguments else "at least 1"
        elif name.text in FUNCTIONS:
            made, wanted = Call(name.at, source, name.text, arguments), FUNCTIONS[name.text].expects(len(arguments))
        else:
            known = ", ".join(sorted({*FUNCTIONS, *_CHOICES}))
            raise self.refusal(name, f'function "{name.text}" not defined', f"functions there are: {known}")
        if wanted:
            raise self.refusal(name, f"wrong number of args for {name.text}: want {wanted} got {len(arguments)}")
        return made

    def operand(self) -> Expression:
        """A term and the fields that follow it without a space."""
        start = self.peek()
        term = self.term()
        while self.peek().kind == "field" and self.peek().at == self.tokens[self.next - 1].end:
            token = self.take()
            term = Field(token.at, self.source(start), term, token.text[1:])
        return term

    def term(self) -> Expression:
        token = self.take()
        match token.kind:
            case "field":
                return Field(token.at, token.text, Dot(token.at, "."), token.text[1:])
            case "dot":
                return Dot(token.at, ".")
            case "variable":
                return Variable(token.at, token.text, self.slot(token, declares=False))
            case "string" | "raw" | "number":
                return Constant(token.at, token.text, self.literal(token))
            case "word" if token.text in _LITERALS:
                return Constant(token.at, token.text, _LITERALS[token.text])
            case "word":
                return self.call(token, ())
            case "sign" if token.text == "(":
                return self.parenthesis(token)
            case "close":
                raise self.refusal(token, "missing value")
            case _:
                raise self.refusal(token, f'unexpected "{token.text}" in operand')

    def parenthesis(self, opening: Token) -> Expression:
        inside = self.piped()
        if not self.taken("sign", ")"):
            raise self.refusal(opening, "unclosed left paren")
        return inside

    def literal(self, token: Token) -> Any:
        if token.kind == "raw":
            return token.text[1:-1]
        try:
            value = ast.literal_eval(token.text)
        except (ValueError, SyntaxError):
            raise self.refusal(token, f"invalid syntax: {token.text}") from None
        return ord(value) if token.text[0] == "'" else value

    def source(self, start: Token) -> str:
        """As it was written, from there to here."""
        return self.template[start.at : self.tokens[self.next - 1].end]
