"""Search a registry: Docker Hub, or the one that the term begins with."""

from __future__ import annotations

from nbdock.dock.dock import Dock
from nbdock.errors import InvalidReference
from nbdock.oci.reference import HUB, Reference
from nbdock.registry import Results


def search(dock: Dock, term: str, limit: int) -> Results:
    """At most `limit` repositories. A tag in the term is allowed, and ignored. Raises RegistryError, Interrupted."""
    server, words = _split(term)
    results = dock.run(lambda task: dock.registry.search(words, limit, server, task), quiet=True)
    if results.source.startswith("catalog"):
        dock.console.warn(f"Searched the {results.source}: it knows names only, no descriptions and no stars.")
    return results


def _split(term: str) -> tuple[str, str]:
    """The registry, and what to look for there; words that are no name are Hub's to understand."""
    try:
        reference = Reference.parse(term)
    except InvalidReference:
        return HUB, term
    return (HUB, reference.familiar_name) if reference.registry == HUB else (reference.registry, reference.repository)
