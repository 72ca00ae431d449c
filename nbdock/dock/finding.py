"""Search Docker Hub, or the registry that the term begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbdock.dock.dock import Dock
from nbdock.errors import InvalidReference
from nbdock.oci.reference import HUB, Reference

if TYPE_CHECKING:
    from nbdock.registry.discovery import Results


def search(dock: Dock, term: str, limit: int) -> Results:
    """Search for up to `limit` repositories. A tag in the term is ignored. Raises RegistryError, Interrupted."""
    server, words = _split(term)
    results = dock.run(lambda task: dock.registry.search(words, limit, server, task), quiet=True)
    if results.source.startswith("catalog"):
        dock.console.warn(f"Searched the {results.source}: it has names only, no descriptions and no stars.")
    if results.cut:
        dock.console.warn(f"The {results.source} ends early: {results.cut}")
    return results


def _split(term: str) -> tuple[str, str]:
    """The registry and the words to search for there, which may be any; Docker Hub if the term has no host."""
    try:
        reference = Reference.parse(term)
    except InvalidReference:
        host, _, words = term.partition("/")
        return (host, words) if _is_host(host) else (HUB, term)
    return (HUB, reference.familiar_name) if reference.registry == HUB else (reference.registry, reference.repository)


def _is_host(text: str) -> bool:
    try:
        return Reference.parse(f"{text}/any").registry == text
    except InvalidReference:
        return False
