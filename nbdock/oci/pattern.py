"""Patterns of names, as in docker: Go's path.Match, in which `*` does not match a `/`."""

from __future__ import annotations

import re

from nbdock.errors import UsageError
from nbdock.oci.reference import Reference

_PARTS = re.compile(
    r"(?P<star>\*+)|(?P<one>\?)|\[(?P<no>\^?+)(?P<set>(?:\\.|[^\]\\])+)\]|\\(?P<literal>.)|(?P<plain>[^\[\\])",
    re.DOTALL,
)
_RANGE = re.compile(r"(\\.|[^\\-])(?:-(\\.|[^\\-]))?", re.DOTALL)


def matches(pattern: str | re.Pattern[str], reference: Reference) -> bool:
    """Whether the pattern matches the familiar or canonical name, with or without the tag. Raises UsageError."""
    compiled = compile_pattern(pattern) if isinstance(pattern, str) else pattern
    forms = (reference.familiar, reference.familiar_name, str(reference), reference.name)
    return any(compiled.fullmatch(form) for form in forms)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The pattern as a compiled regular expression. Raises UsageError."""
    return re.compile(translated(pattern), re.DOTALL)


def translated(pattern: str) -> str:
    """The pattern as a regular expression. Raises UsageError."""
    chunks, position = [""], 0
    while position < len(pattern):
        match = _PARTS.match(pattern, position)
        if match is None:
            raise UsageError("syntax error in pattern", hint=f"{pattern}: [ needs a ], and \\ a character after it")
        if match["star"]:
            chunks.append("")
        else:
            chunks[-1] += _translate(match)
        position = match.end()
    try:
        return re.compile(_joined(*chunks), re.DOTALL).pattern
    except re.error:
        raise UsageError("syntax error in pattern", hint=f"{pattern}: [ ] is malformed") from None


def _joined(first: str, *others: str) -> str:
    """As Go, each chunk after a star is taken where it first fits, and never elsewhere: many stars cost no more."""
    between = "".join(f"(?>[^/]*?{chunk})" for chunk in others[:-1])
    return first + between + "".join(f"[^/]*{chunk}" for chunk in others[-1:])


def _translate(match: re.Match[str]) -> str:
    if match["one"]:
        return "[^/]"
    if match["set"]:
        return f"[{match['no']}{_RANGE.sub(_range, match['set'])}]"
    return re.escape(match["literal"] or match["plain"])


def _range(match: re.Match[str]) -> str:
    """One character, or all from one to another; a backslash makes any of them an ordinary one."""
    return "-".join(re.escape(each[-1]) for each in match.groups() if each)
