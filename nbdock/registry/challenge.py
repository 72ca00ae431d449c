"""What a registry asks for when it answers 401 (RFC 9110, 11.6.1; distribution's token specification)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'[\s,]*({_WORD})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', re.ASCII)
_SCHEME = re.compile(rf"[\s,]*({_WORD})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A scheme (`basic`, `bearer`) and its parameters, all names in lower case."""

    scheme: str
    parameters: Mapping[str, str]

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.parameters.get("scope", "").split())


def parse(header: str) -> Iterator[Challenge]:
    """Every challenge of a WWW-Authenticate header; several headers are joined by commas. What is malformed ends it."""
    position = 0
    while match := _SCHEME.match(header, position):
        parameters: dict[str, str] = {}
        position = match.end()
        while parameter := _PARAMETER.match(header, position):
            name, quoted, plain = parameter.groups()
            parameters[name.lower()] = plain or re.sub(r"\\(.)", r"\1", quoted)
            position = parameter.end()
        yield Challenge(match[1].lower(), parameters)
