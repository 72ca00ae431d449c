"""TAB on a line of the magics: commands, flags, and names of images, tags, containers and registries.

IPython's older hook sees only what follows a `:` or an `@` and mixes in Python's own names; a matcher of its second
interface may replace the whole word.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from nbdock.errors import NbdockError
from nbdock.grammar import Completion, complete
from nbdock.task import in_thread

if TYPE_CHECKING:
    from nbdock.dock.dock import Dock
    from nbdock.oci.reference import Reference

IDENTIFIER = "nbdock"
LINE = re.compile(r"(?:.*=)?\s*%(image|docker|container)\s+(.*)")
MAX_TAGS = 10_000


class RemoteTags:
    """The tags of repositories, looked up in the background, so that a key press never waits for a registry.

    `look_up` asks a repository's registry for its tags.
    """

    def __init__(self, look_up: Callable[[str], Iterable[str]]) -> None:
        self._look_up = look_up
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, repository: str) -> tuple[str, ...]:
        """The tags found so far. The first call for a repository returns none and starts the look-up."""
        if repository not in self._known:
            self._known[repository] = ()
            in_thread(lambda: self._learn(repository))
        return self._known.get(repository, ())

    def _learn(self, repository: str) -> None:
        with contextlib.suppress(NbdockError):
            self._known[repository] = tuple(sorted(self._look_up(repository)))[:MAX_TAGS]
            return
        del self._known[repository]  # the next key press asks again


class KnownNames:
    """The names of a kind in a dock. "remote" are local names and the tags of the repository being typed."""

    def __init__(self, dock: Dock, tags: RemoteTags) -> None:
        self._dock, self._tags = dock, tags

    def __call__(self, kind: str, fragment: str) -> Iterable[str]:
        from nbdock.dock.containers import containers
        from nbdock.oci.reference import HUB

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


def matcher() -> Callable[[CompletionContext], dict[str, Any]]:
    """The matcher for IPython: completes the word at the cursor, and suppresses other matchers."""
    tags = RemoteTags(_look_up)

    @context_matcher(identifier=IDENTIFIER, priority=100)  # type: ignore[untyped-decorator]
    def match(context: CompletionContext) -> dict[str, Any]:
        typed = LINE.fullmatch(context.text_until_cursor)
        if typed is None:
            return {"completions": []}
        *words, fragment = re.split(r"\s+", typed[2])
        offers = _offers(typed[1], words, fragment, tags) or [Completion(fragment, "")]  # nothing would let others in
        completions = [SimpleCompletion(each.text, type=each.kind) for each in offers]
        return {"completions": completions, "matched_fragment": fragment, "suppress": True, "ordered": True}

    return match  # type: ignore[no-any-return]


def _offers(root: str, words: list[str], fragment: str, tags: RemoteTags) -> list[Completion]:
    from nbdock.api import Dock, table

    try:
        return complete(table, words, fragment, root, KnownNames(Dock(), tags))
    except Exception:  # IPython would print the stack into the cell that is being typed
        return []


def _look_up(repository: str) -> Iterable[str]:
    from nbdock.api import Dock
    from nbdock.oci.reference import Reference
    from nbdock.task import Task

    return Dock().registry.repository(Reference.parse(repository), Task()).tags()
