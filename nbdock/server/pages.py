"""Lists in pages (OCI distribution spec, "Listing tags"): `n` of them, those after `last`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from nbdock.server.refusal import Code, Refusal


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list; `more` is the query of the next part, empty where there is none."""

    names: list[str]
    more: Mapping[str, str] = field(default_factory=dict)


def page(names: Iterable[str], n: str, last: str, most: int) -> Page:
    """The names after `last` in the order of their characters: `n` of them where that is not "", and never more than
    `most`. Raises Refusal."""
    if n and not (n.isascii() and n.isdecimal() and len(n) < 10):
        raise Refusal(HTTPStatus.BAD_REQUEST, Code.UNSUPPORTED, "n is not a number of names", n)
    count = min(int(n), most) if n else most
    left = sorted(name for name in names if name > last)
    shown = left[:count]
    return Page(shown, {"n": str(count), "last": shown[-1]} if shown and count < len(left) else {})
