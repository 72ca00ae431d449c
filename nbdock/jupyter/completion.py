"""TAB on a line of the magics.

IPython's older hook sees only what follows a `:` or an `@` and mixes in Python's own names; a matcher of its second
interface may replace the whole word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from nbdock.grammar import Completion, complete
from nbdock.jupyter.tag_lookup import RemoteTags

IDENTIFIER = "nbdock"
LINE = re.compile(r"(?:.*=)?\s*%(image|docker|container)\s+(.*)")


def matcher() -> Callable[[CompletionContext], dict[str, Any]]:
    """For IPython: what may stand in the place of the word at the cursor, and no other matcher's offers."""
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
    from nbdock.api import table
    from nbdock.dock.dock import Dock
    from nbdock.jupyter.names import KnownNames

    try:
        return complete(table, words, fragment, root, KnownNames(Dock(), tags))
    except Exception:  # IPython would print the stack into the cell that is being typed
        return []


def _look_up(repository: str) -> Iterable[str]:
    from nbdock.dock.dock import Dock
    from nbdock.oci.reference import Reference
    from nbdock.task import Task

    return tuple(Dock().registry.repository(Reference.parse(repository), Task()).tags())
