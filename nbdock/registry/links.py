"""The Link header (RFC 8288), by which a registry tells where the next page of a list is."""

from __future__ import annotations

import re

_TARGET = re.compile(r"[\s,]*<([^<>]*)>")
_PARAMETER = re.compile(r'\s*;\s*([^\s;,="<>]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?')


def next_page(header: str) -> str | None:
    """The target of the first link to the next page; None if there is none, or it is the next of another list."""
    position = 0
    while link := _TARGET.match(header, position):
        parameters: dict[str, str] = {}
        position = link.end()
        while parameter := _PARAMETER.match(header, position):
            name, quoted, plain = parameter.groups()
            parameters.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted or "") or plain or "")
            position = parameter.end()
        if "next" in parameters.get("rel", "").lower().split() and "anchor" not in parameters:
            return link[1]
    return None
