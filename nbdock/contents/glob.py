"""Patterns of paths in an image: a whole path, a name in any folder, or a glob of either."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from nbdock.oci import pattern

_WILD = re.compile(r"[*?[\\]")
_DEEP = re.compile(r"(/\*\*/|\*\*)")


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern with a `/` is one of whole paths, any other one of names in any folder.

    `*` and `?` do not match a `/`, `**` does. Without a wildcard a path is exact; `below` adds what is in that folder.

    Examples
    --------
    >>> paths = pa.array(["/etc/motd", "/etc/ssl/cert.pem", "/srv/etc"])
    >>> Glob("*.pem").matches(paths).to_pylist()
    [False, True, False]
    >>> Glob("etc/", below=True).matches(paths).to_pylist()
    [True, True, False]
    """

    text: str
    below: bool = False

    def matches(self, paths: pa.ChunkedArray) -> pa.ChunkedArray:
        """Which of the absolute paths match. Raises UsageError."""
        if _WILD.search(self.text):
            return pc.match_substring_regex(paths, self._expression())
        if "/" not in self.text:
            return pc.ends_with(paths, f"/{self.text}")
        path = f"/{self.text.strip('/')}"
        exact = pc.equal(paths, path)
        return pc.or_(exact, pc.starts_with(paths, path.rstrip("/") + "/")) if self.below else exact

    def _expression(self) -> str:
        """As a regular expression; a doubled star crosses folders, also none."""
        deep = {"/**/": "/(.*/)?", "**": ".*"}
        parts = _DEEP.split(f"/{self.text.strip('/')}")
        made = "".join(deep.get(part) or pattern.compile_pattern(part).pattern.replace("(?>", "(?:") for part in parts)
        return f"^{made}$" if "/" in self.text else f"{made}$"


def any_of(globs: Sequence[Glob], paths: pa.ChunkedArray) -> pa.ChunkedArray:
    """Which of the paths match any of the patterns; all of them if there is no pattern. Raises UsageError."""
    if not globs:
        return pa.chunked_array([pa.repeat(True, len(paths))])
    mask = globs[0].matches(paths)
    for each in globs[1:]:
        mask = pc.or_(mask, each.matches(paths))
    return mask
