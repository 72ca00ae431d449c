"""Symlinks on the way to a path: followed inside the image's root, whatever they say."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from nbdock.contents.paths import parent, with_folders
from nbdock.errors import Refused
from nbdock.human import excerpt

_MAX_LINKS = 40
LONGEST_PATH = 4096
"""Linux' PATH_MAX: what is longer leads nowhere."""


def follow(path: str, target: Callable[[str], str]) -> str:
    """The path without symlinks. Raises Refused for a circle, and for a path that is too long for any file system.

    `target` tells where the symlink at a path leads, "" if there is none. An absolute target begins at the image's
    root, and `..` ends there.

    Examples
    --------
    >>> follow("/bin/sh", {"/bin": "usr/bin", "/usr/bin/sh": "../../../bin/dash"}.get)
    '/usr/bin/dash'
    """
    parts, at, passed = deque(_parts(path)), "", list[str]()
    while parts:
        part = parts.popleft()
        if part == "..":
            at = at.rpartition("/")[0]
        elif part not in ("", "."):
            at = f"{at}/{part}"
            if leads := target(at):
                passed.append(at)
                if len(passed) > _MAX_LINKS:
                    raise _loop(path, passed)
                at = "" if leads.startswith("/") else at.rpartition("/")[0]
                parts.extendleft(reversed(_parts(leads)))
    return at or "/"


def _parts(path: str) -> list[str]:
    if len(path) > LONGEST_PATH:
        message = f"a path of more than {LONGEST_PATH} characters: {excerpt(path)}"
        raise Refused(message, hint="no file system has such a path")
    return path.split("/")


class Ways(NamedTuple):
    """What the paths in a layer may pass: its symlinks, and the folders that its entries and hard links are in."""

    symlinks: frozenset[str]
    folders: frozenset[str]

    @classmethod
    def of(cls, table: pa.Table) -> Ways:
        """The ways of a file table."""
        linked = table.select(["path", "type", "link"]).filter(table["link"].is_valid()).to_pydict()
        links = list(zip(*linked.values(), strict=True))
        symlinks = frozenset(path for path, kind, _ in links if kind == "symlink")
        folders = {parent(target) for _, kind, target in links if kind == "hardlink"}
        return cls(symlinks, frozenset(with_folders(folders.union(_parents(table["path"])))))


def crossing(layers: Sequence[Ways]) -> set[str]:
    """The folders on whose paths a layer has a symlink: what is written below may come to lie elsewhere."""
    symlinks = frozenset[str]().union(*(ways.symlinks for ways in layers))
    folders = frozenset[str]().union(*(ways.folders for ways in layers))
    links = symlinks & folders
    return {folder for folder in folders if not links.isdisjoint(with_folders({folder}))} if links else set()


def _parents(paths: pa.ChunkedArray) -> list[str]:
    """The folders that paths are in; "" is the root."""
    split = pc.split_pattern(paths, "/", max_splits=1, reverse=True)
    found: list[str] = pc.unique(pc.list_flatten(pc.list_slice(split, 0, 1))).to_pylist()  # a scalar imports pandas
    return found


def _loop(path: str, passed: list[str]) -> Refused:
    """The error for symlinks that lead in a circle, which it names."""
    last = passed.pop()
    circle = passed[len(passed) - 1 - passed[::-1].index(last) :] if last in passed else passed[-3:]
    shown = " -> ".join(map(excerpt, [*circle, last]))
    return Refused(
        f"too many symlinks on the way to {excerpt(path)}: {shown}", hint="they lead in a circle: name another path"
    )
