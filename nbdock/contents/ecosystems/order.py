"""The order of versions, which each ecosystem has its own rules for."""

from __future__ import annotations

from typing import Any

_ALIKE = {"conda": "pypi", "opkg": "deb"}
"""Ecosystems whose versions are ordered as another's: conda's wherever pypi's rules read them."""


def order(ecosystem: str, one: str | None, other: str | None) -> int | None:
    """-1 if the first version is the older one, 1 if it is the newer one, 0 if they are equal.

    None if they have no order: one is not recorded, or is no version by the rules.

    Examples
    --------
    >>> order("deb", "1.0~rc1-1", "1.0-1"), order("pypi", "1.10", "1.9"), order("npm", "latest", "1.0.0")
    (-1, 1, None)
    """
    from univers.version_range import RANGE_CLASS_BY_SCHEMES  # late: it takes a sixth of a second

    versions: Any = RANGE_CLASS_BY_SCHEMES[_ALIKE.get(ecosystem, ecosystem)].version_class
    if not (one and other):
        return None
    try:
        first, second = versions(one), versions(other)
        return bool(first > second) - bool(first < second)
    except (ValueError, TypeError, RecursionError):  # versions are hostile text, cut to 500 characters
        return None
