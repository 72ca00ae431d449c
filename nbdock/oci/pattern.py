"""Docker's patterns for names: Go's path.Match, in which `*` stops at a `/`."""

from __future__ import annotations

import re

from nbdock.errors import UsageError
from nbdock.oci.reference import Reference

_PARTS = re.compile(
    r"(?P<star>\*)|(?P<one>\?)|\[(?P<set>\^?(?:\\.|[^\]\\])+)\]|\\(?P<literal>.)|(?P<plain>[^\[\\])", re.DOTALL
)


def matches(pattern: str, reference: Reference) -> bool:
    """The pattern is the reference's familiar or canonical name, with or without its tag. Raises UsageError."""
    compiled = compile_pattern(pattern)
    forms = (reference.familiar, reference.familiar_name, str(reference), reference.name)
    return any(compiled.fullmatch(form) for form in forms)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """As a regular expression. Raises UsageError: `syntax error in pattern`."""
    made, position = "", 0
    while position < len(pattern):
        match = _PARTS.match(pattern, position)
        if match is None:
            raise UsageError("syntax error in pattern", hint=f"{pattern}: a [ needs its ], a \\ a character after it")
        made += _translate(match)
        position = match.end()
    try:
        return re.compile(made, re.DOTALL)
    except re.error:
        raise UsageError("syntax error in pattern", hint=f"{pattern}: its [ ] cannot be read") from None


def _translate(match: re.Match[str]) -> str:
    if match["star"]:
        return "[^/]*"
    if match["one"]:
        return "[^/]"
    if match["set"]:
        return f"[{match['set'].replace('[', chr(92) + '[')}]"
    return re.escape(match["literal"] or match["plain"])
