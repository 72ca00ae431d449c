"""The filters of `tags`: by the name alone, and by what is known only once a tag was read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from nbdock.docker.filters import Filters, Kind, time_of
from nbdock.oci.pattern import compile_pattern
from nbdock.oci.platform import Platform
from nbdock.oci.versions import Range

if TYPE_CHECKING:
    from nbdock.dock.tags import Tag

_DAYS = re.compile(r"(\d{1,6})d", re.ASCII)


class TagFilters(Filters):
    """Which tags to keep. One value of each filter must pass."""

    @classmethod
    def kinds(cls) -> Mapping[str, Kind]:
        """What each filter takes."""
        return _KINDS

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """The platforms that are looked for."""
        return self._values.get("platform", ())

    @property
    def since(self) -> datetime | None:
        """The time that tags must not be older than."""
        return min(self._values.get("since", ()), default=None)

    @property
    def need_content(self) -> bool:
        """Whether a name does not tell if it passes."""
        return bool(self._values.keys() - {"name", "version"})

    def named(self, tag: str) -> bool:
        """Whether a tag's name passes `name` and `version`."""
        names, versions = self._values.get("name", ()), self._values.get("version", ())
        matches = not names or any(each.fullmatch(tag) for each in names)
        return matches and (not versions or any(each.has(tag) for each in versions))

    def passes(self, tag: Tag) -> bool:
        """Whether a tag passes `since`, `until` and `platform`. One that could not be read does: nobody knows."""
        fits = not self.platforms or not set(self.platforms).isdisjoint(tag.platforms)
        return bool(tag.error) or (fits and self._is_timely(tag.date))

    def _is_timely(self, date: datetime | None) -> bool:
        until = self._values.get("until", ())
        if date is None:
            return not (self.since or until)
        return (not self.since or date >= self.since) and (not until or date < until[0])


def _time(value: str | datetime) -> datetime:
    """As docker's `until`, and days too: `30d`."""
    days = _DAYS.fullmatch(value) if isinstance(value, str) else None
    return time_of(f"{24 * int(days[1])}h" if days else value)


def _platform(value: str | Platform) -> Platform:
    return value if isinstance(value, Platform) else Platform.parse(value)


_TIME = Kind("a datetime, or text such as 30d, 12h or 2006-01-02", (str, datetime), _time, many=False)
_KINDS: Mapping[str, Kind] = {
    "name": Kind("a pattern", (str,), compile_pattern),
    "platform": Kind("a platform", (str, Platform), _platform),
    "since": _TIME,
    "until": _TIME,
    "version": Kind("a range of versions", (str,), Range.parse),
}
KEYS = tuple(_KINDS)
NO_TAG_FILTERS = TagFilters({})
