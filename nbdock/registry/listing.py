"""Lists that come in pages (OCI distribution spec, "Listing tags"; docker's `_catalog`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from nbdock.oci import document
from nbdock.registry.call import Call
from nbdock.registry.session import Session
from nbdock.task import Task

PAGE = 1000
CATALOG = "registry:catalog:*"
_LONGEST = 1_000_000
_NEXT = re.compile(r'<([^<>]*)>\s*;\s*rel="?next"?', re.IGNORECASE)


def names(session: Session, call: Call, key: str, task: Task) -> Iterator[str]:
    """Every name under `key`, page after page, for as long as an answer links to a next one.

    Raises BadResponse, also where the list leads to another host or has no end.
    """
    left = _LONGEST
    while True:
        answer = session.ask(call, task)
        page = answer.parsed(lambda source: document.texts(source, key))
        yield from page
        link = _NEXT.search(answer.headers.get("link", ""))
        if link is None:
            return
        call = replace(call, target=answer.target(link[1]))
        left -= max(1, len(page))
        if call.elsewhere or left < 0:
            raise answer.bad("a list that leads to another host or has no end")
