"""Many entries in a few words."""

from __future__ import annotations

from itertools import islice

from nbdock.samples.changeset import Entry, directory, file, hard_link, symlink
from nbdock.samples.filler import Filler, draws


def folders(root: str, names: str) -> tuple[Entry, ...]:
    return tuple(directory(f"{root}/{name}") for name in names.split())


def files(root: str, names: str, size: int, mode: int = 0o644, owner: int = 0, edition: str = "") -> tuple[Entry, ...]:
    """Filler for each of the names: about `size` bytes together, unevenly spread. Each `edition` has its own text."""
    paths = [f"{root}/{name}" for name in names.split()]
    weights = [1 + number % 9 for number in islice(draws(root), len(paths))]
    sizes = (size * weight // sum(weights) for weight in weights)
    return tuple(
        file(path, Filler(f"{path} {edition}".rstrip(), share), mode, owner)
        for path, share in zip(paths, sizes, strict=True)
    )


def programs(root: str, names: str, size: int, edition: str = "") -> tuple[Entry, ...]:
    return files(root, names, size, mode=0o755, edition=edition)


def symlinks(root: str, target: str, names: str) -> tuple[Entry, ...]:
    """Names that all point at `target`."""
    return tuple(symlink(f"{root}/{name}", target) for name in names.split())


def hard_links(root: str, target: str, names: str) -> tuple[Entry, ...]:
    """More names for the program `target` of the same folder."""
    return tuple(hard_link(f"{root}/{name}", f"{root}/{target}") for name in names.split())
