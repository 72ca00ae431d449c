"""Which repositories and tags a survey is about: names, patterns, version ranges, the newest of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from nbdock.errors import InvalidReference
from nbdock.oci.kinds import IMAGE, kind_of_tag
from nbdock.oci.reference import Reference
from nbdock.oci.versions import Range, newest_first

_WILD = re.compile(r"[*?\[\]]")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The tags of a repository to look at: those that match the pattern and are in the range; then the newest of them.

    Tags of signatures and the like are none of them.
    """

    pattern: str = "*"
    range: Range | None = None
    newest: int | None = None

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Chosen:
        """`all`, `1.*`, `>=3.11,<3.13`, `5` (the newest). Raises UsageError."""
        chosen = cls()
        for text in filter(None, texts):
            if text.isascii() and text.isdigit():
                chosen = replace(chosen, newest=int(text[:9]))
            elif text[0] in "<>=!":
                chosen = replace(chosen, range=Range.parse(text))
            else:
                chosen = replace(chosen, pattern="*" if text == "all" else text)
        return chosen

    def of(self, tags: Iterable[str]) -> list[str]:
        """Those of the tags that are meant, as versions, the newest first."""
        found = (tag for tag in tags if kind_of_tag(tag) == IMAGE and fnmatchcase(tag, self.pattern))
        return newest_first(tag for tag in found if not self.range or self.range.has(tag))[: self.newest]


@dataclass(frozen=True, slots=True)
class Repositories:
    """The repositories of a registry whose names match a pattern, and the tags of them that are meant."""

    registry: str
    pattern: str
    tags: Chosen

    def of(self, names: Iterable[str]) -> tuple[list[Reference], int]:
        """Those of a catalog that are meant, and how many of its names are none."""
        found, others = [], 0
        for name in names:
            try:
                reference = Reference.parse(f"{self.registry}/{name}")
            except InvalidReference:
                others += 1
            else:
                if fnmatchcase(name, self.pattern) and not (reference.tag or reference.digest):
                    found.append(reference)
        return found, others


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository, and the tags of it that are meant."""

    name: Reference
    tags: Chosen


Item = Reference | Repository | Repositories
"""A name with its tag or digest, or more than one."""


def parse(text: str, tags: Sequence[str] = ()) -> Item:
    """What a user says: `app:1.0`, `app`, `app:1.*`, `team/*`, `localhost:5000/`.

    Raises InvalidReference, UsageError.
    """
    if text.endswith("/"):
        text += "*"
    head, slash, last = text.rpartition("/")
    last, _, tag = last.partition(":")
    if not _WILD.search(text):
        reference = Reference.parse(text)
        return reference if reference.tag or reference.digest else Repository(reference, Chosen.parse(tags))
    name = f"{head}{slash}{last}"
    chosen = Chosen.parse([*tags, tag])
    if not _WILD.search(name):
        return Repository(Reference.parse(name), chosen)
    example = Reference.parse(_WILD.sub("x", name))
    return Repositories(example.registry, name.removeprefix(f"{example.registry}/"), chosen)
