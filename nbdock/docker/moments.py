"""Moments as docker's `until=` takes them (moby's api/types/time)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from nbdock.errors import UsageError

_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_DURATION = re.compile(rf"([+-]?)((?:{_PART.pattern})+)", re.ASCII)
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d?)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?)?(Z|[+-]\d\d:\d\d)?", re.ASCII
)
_UNIX = re.compile(r"(\d+)(?:\.(\d+))?", re.ASCII)


def parse(text: str, now: datetime) -> datetime:
    """The moment, in UTC, that `text` names: so long before `now` (`10m`, `1h30m`), a date, a time, or seconds since
    1970. A time without a zone is local. To the microsecond.

    Raises UsageError, in docker's words.
    """
    try:
        found = _before(text, now) or _stated(text) or _unix(text)
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise UsageError(
            f'failed to parse value as time or duration: "{text}"',
            hint="for example 24h, 1h30m, 2006-01-02, 2006-01-02T15:04:05Z or seconds since 1970",
        )
    return found.astimezone(UTC)


def _before(text: str, now: datetime) -> datetime | None:
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    length = timedelta(seconds=sum(float(count) * _SECONDS[unit] for count, unit in _PART.findall(match[2])))
    return now + length if match[1] == "-" else now - length


def _stated(text: str) -> datetime | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    *numbers, fraction, zone = match.groups()
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    return datetime(year, month, day, hour, minute, second, _micro(fraction), _zone(zone))


def _zone(text: str | None) -> tzinfo | None:
    if text is None or text == "Z":
        return UTC if text else None
    hours, minutes = text[1:].split(":")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if text[0] == "-" else offset)


def _unix(text: str) -> datetime | None:
    match = _UNIX.fullmatch(text)
    if match is None:
        return None
    return datetime.fromtimestamp(int(match[1]), UTC) + timedelta(microseconds=_micro(match[2]))


def _micro(fraction: str | None) -> int:
    return int((fraction or "0")[:6].ljust(6, "0"))
