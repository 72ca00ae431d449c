"""A package, and what the parsers of all families share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from packageurl import PackageURL

from nbdock import human
from nbdock.spool import Data

_LONGEST = 500
_MAX_KEYS = 200
_LINE = re.compile(r"[^\n]+|\n(?=\r?\n)")
MAX_DATABASE, MAX_BINARY = 1 << 24, 1 << 28
"""Longer files are not read: of lines, and of binaries, archives and rpm's databases."""
MAX_PACKAGES = 50_000
"""A file has no more of them."""


@dataclass(frozen=True, slots=True)
class Package:
    """One package as a file names it. `installed_bytes` are what its database claims.

    `inner_path` is where it is in an archive; `source` is the source package, where it has another name.
    """

    ecosystem: str
    name: str
    version: str | None
    purl: str = ""
    architecture: str | None = None
    license: str | None = None
    installed_bytes: int | None = None
    source: str | None = None
    inner_path: str | None = None


Parse: TypeAlias = Callable[[str, Data], Iterator[Package]]


@dataclass(frozen=True, slots=True)
class Family:
    """Which files `parse` understands: those of `limit` bytes at most with a path that `wants` accepts.

    Each such path ends with one of `ends`, or has one of them in it that ends with a slash.
    """

    parse: Parse
    wants: Callable[[str], object]
    ends: tuple[bytes, ...]
    limit: int = 1 << 22


def purl(kind: str, name: str, version: str | None, namespace: str | None = None, **qualifiers: str | None) -> str:
    """The package URL; qualifiers without a value are left out.

    Examples
    --------
    >>> purl("npm", "core", "7.0.0", "@babel", arch=None)
    'pkg:npm/%40babel/core@7.0.0'
    """
    given = {key: value for key, value in qualifiers.items() if value}
    return PackageURL(kind, namespace or None, name, version or None, given or None).to_string()


def clean(text: object) -> str | None:
    """Text of a file on one line, safe to print and not long; None if there is none."""
    line = " ".join(text.split()) if isinstance(text, str) else ""
    return human.printable(line[:_LONGEST]) or None


def decoded(data: Data) -> str:
    """The content as text, whatever is in it."""
    return data[:].decode(errors="replace")


def number(text: str | None, unit: int = 1) -> int | None:
    """A size in bytes; None if the text is no size."""
    return int(text) * unit if text and text.isascii() and text.isdecimal() and len(text) < 13 else None


def stanzas(text: str) -> Iterator[Mapping[str, str]]:
    """The stanzas of a control file: `Key: value` lines, with a blank line between two stanzas.

    A line that begins with a blank continues the one before. Of a key that is there twice the first one counts.
    """
    found: dict[str, str] = {}
    key = ""
    for line in (match[0] for match in _LINE.finditer(text)):
        if not line.strip():
            if found:
                yield found
            found, key = {}, ""
        elif line[0] in " \t":
            if key and len(found[key]) < _LONGEST:
                found[key] += line
        else:
            key, colon, value = line.partition(":")
            key = key if colon and key not in found and len(found) < _MAX_KEYS else ""
            if key:
                found[key] = value.strip()
    if found:
        yield found
