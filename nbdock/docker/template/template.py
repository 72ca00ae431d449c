"""A template, parsed once and run for many rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbdock.docker.template.functions import FUNCTIONS, Function
from nbdock.docker.template.lexer import refusal
from nbdock.docker.template.nodes import Run, run_all
from nbdock.docker.template.parser import parse


class Template:
    """docker's `--format` for one thing (`inspect`). Raises UsageError for what is not understood."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._parsed = parse(text)
        except RecursionError:
            raise refusal(text, 0, "it is nested too deeply") from None

    def render(self, dot: Any, functions: Mapping[str, Function] = FUNCTIONS) -> str:
        """What it writes of `dot`: a Record, or anything that JSON has. Raises UsageError."""
        run = Run(self.text, functions, self._parsed.variables, dot)
        try:
            run_all(self._parsed.block, run, dot)
        except RecursionError:
            raise refusal(self.text, 0, "what it shows is nested too deeply") from None
        return _whole("".join(run.written))


def _whole(text: str) -> str:
    """JSON can name half a character (a lone surrogate), which no terminal takes: U+FFFD stands for it, as in Go."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
