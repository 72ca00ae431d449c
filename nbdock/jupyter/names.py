"""The names that TAB offers, read afresh for each key press."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nbdock.dock.containers import containers
from nbdock.dock.dock import Dock
from nbdock.jupyter.tag_lookup import RemoteTags
from nbdock.oci.reference import HUB, Reference


class KnownNames:
    """The names of a kind in a dock; "remote" ones are local names too, and the tags of the repository being typed."""

    def __init__(self, dock: Dock, tags: RemoteTags) -> None:
        self._dock, self._tags = dock, tags

    def __call__(self, kind: str, fragment: str) -> Iterable[str]:
        if kind == "containers":
            return [container.name for container in containers(self._dock)]
        if kind == "registries":
            return dict.fromkeys([HUB, *(reference.registry for reference in self._references())])
        local = [reference.familiar for reference in self._references() if reference.tag]
        return [*local, *self._remote(fragment)] if kind == "remote" else local

    def _remote(self, fragment: str) -> list[str]:
        """`httpd:2.` asks for the tags of httpd. The `:` of `localhost:5000/x` begins a port."""
        repository, _, tag = fragment.rpartition(":")
        asked = repository and "/" not in tag and "@" not in repository
        return [f"{repository}:{each}" for each in self._tags.of(repository)] if asked else []

    def _references(self) -> Iterator[Reference]:
        return (name.reference for name in self._dock.store.names() if name.reference)
