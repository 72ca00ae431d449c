"""Which packages differ between two images, and whether their versions went up or down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cmp_to_key
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeAlias

from nbdock.contents.ecosystems.order import order
from nbdock.dock.inside.differences import Change
from nbdock.dock.inside.installed import DISTRIBUTED

if TYPE_CHECKING:
    from nbdock.dock.inside.installed import Installed

_Versions: TypeAlias = Mapping[str | None, "Installed"]
_Identity = tuple[str, str, str]
_DIRECTIONS = {-1: "up", 1: "down"}
_VERSION = re.compile("[@?]")


def upgrades(before: Iterable[Installed], after: Iterable[Installed]) -> Iterator[Change]:
    """The packages that are in one image only, or with other versions, in the order of their names.

    An image may have several versions of a package: the newest that the second image has not is compared with the
    newest that it has alone, and so on. How often an image has a version does not matter.
    """
    old, new = _packages(before), _packages(after)
    for identity in sorted(old.keys() | new.keys()):
        pair = old.get(identity, {}), new.get(identity, {})
        for gone, come in zip_longest(_only(*pair), _only(*reversed(pair))):
            yield Change((come or gone).fields["name"], gone, come)


def direction(change: Change) -> str | None:
    """up or down; None for a package that is in one image only, and for versions without an order."""
    if change.before is None or change.after is None:
        return None
    before, after = change.before.fields, change.after.fields
    return _DIRECTIONS.get(order(after["ecosystem"], before["version"], after["version"]) or 0)


def _packages(found: Iterable[Installed]) -> dict[_Identity, dict[str | None, Installed]]:
    """The versions of each package that is there."""
    packages: dict[_Identity, dict[str | None, Installed]] = {}
    for each in found:
        if each.removed_by is None:
            packages.setdefault(_identity(each), {}).setdefault(each.fields["version"], each)
    return packages


def _identity(package: Installed) -> _Identity:
    """What two versions of a package share.

    The package URL has one form of a name that may be written in several; that of a distribution's package names the
    distribution too, and its release.
    """
    fields = package.fields
    name = fields["name"] if fields["ecosystem"] in DISTRIBUTED else _VERSION.split(fields["purl"], maxsplit=1)[0]
    return fields["ecosystem"], name, fields["architecture"] or ""


def _only(versions: _Versions, other: _Versions) -> list[Installed]:
    """The packages whose version the other image has not, the newest first."""
    only = [versions[version] for version in sorted(versions.keys() - other.keys(), key=str)]
    return sorted(only, key=cmp_to_key(_compare), reverse=True)


def _compare(one: Installed, other: Installed) -> int:
    return order(one.fields["ecosystem"], one.fields["version"], other.fields["version"]) or 0
