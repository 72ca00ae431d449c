"""Typed fields of untrusted JSON, in bounded memory. A field of another type is InvalidContent."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from nbdock.errors import InvalidContent

JSON = Mapping[str, Any]

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII)
_UNSET = "0001-01-01T00:00:00Z"
_MAX_DEPTH = 100
_MAX_VALUES = 500_000
_MAX_DIGITS = 19


def load(raw: bytes, what: str, most: int = _MAX_VALUES) -> JSON:
    """Parse a JSON object of `most` values at most. `what` names it in the error. Raises InvalidContent."""
    value = _parsed(raw, what, most)
    if not isinstance(value, dict):
        raise InvalidContent(f"invalid {what}: not a JSON object")
    return value


def load_objects(raw: bytes, what: str) -> list[JSON]:
    """Parse a JSON list of objects. Raises InvalidContent."""
    value = _parsed(raw, what)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise InvalidContent(f"invalid {what}: not a JSON list of objects")
    return value


def text(source: JSON, key: str) -> str:
    """A string; "" if it is absent or null."""
    value: str = _typed(source, key, str, "")
    return value


def integer(source: JSON, key: str) -> int:
    """An integer of 0 or more; 0 if it is absent or null."""
    value: int = _typed(source, key, int, 0)
    if isinstance(value, bool) or not 0 <= value < 2**63:
        raise InvalidContent(f"invalid {key}: not a size")
    return value


def objects(source: JSON, key: str) -> list[JSON]:
    """A list of objects; empty if it is absent or null."""
    found: list[Any] = _typed(source, key, list, [])
    if not all(isinstance(item, dict) for item in found):
        raise InvalidContent(f"invalid {key}: not a list of objects")
    return found


def texts(source: JSON, key: str) -> tuple[str, ...]:
    """A list of strings; empty if it is absent or null."""
    found: list[Any] = _typed(source, key, list, [])
    if not all(isinstance(item, str) for item in found):
        raise InvalidContent(f"invalid {key}: not a list of strings")
    return tuple(found)


def mapping(source: JSON, key: str) -> JSON:
    """An object; empty if it is absent or null."""
    value: JSON = _typed(source, key, dict, {})
    return value


def string_map(source: JSON, key: str) -> dict[str, str]:
    """An object of strings: labels, annotations. Other values are left out."""
    return {name: value for name, value in mapping(source, key).items() if isinstance(value, str)}


def natural(digits: str) -> int | None:
    """A number in decimal digits; None for anything else, and for one that is longer than any size or count.

    >>> natural("500"), natural("-1"), natural("9" * 5000)
    (500, None, None)
    """
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_DIGITS else None


def time(value: str) -> datetime | None:
    """An RFC 3339 time in UTC, to the microsecond; None if it is empty, malformed, outside the years 1 to 9999, or Go's
    zero time."""
    match = _TIME.fullmatch(value)
    if match is None or value == _UNSET:
        return None
    day, clock, fraction, sign, hours, minutes = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0')[:6].ljust(6, '0')}").replace(tzinfo=UTC)
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return moment + offset if sign == "-" else moment - offset
    except (ValueError, OverflowError):
        return None


def rfc3339(moment: datetime, timespec: str = "auto") -> str:
    """A time in UTC as documents have it.

    >>> rfc3339(datetime(2024, 1, 1, tzinfo=UTC))
    '2024-01-01T00:00:00Z'
    """
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")


def is_time(value: str) -> bool:
    """Whether it is an RFC 3339 time, Go's zero time too."""
    return value == _UNSET or time(value) is not None


def _parsed(raw: bytes, what: str, most: int = _MAX_VALUES) -> Any:
    opened = raw.count(b"{") + raw.count(b"[")
    if opened + raw.count(b",") > most:  # 16 MB of `{}` would be a gigabyte of objects
        raise InvalidContent(f"invalid {what}: more than {most} values")
    try:
        value = json.loads(raw, parse_float=_float, parse_constant=_float)
    except (ValueError, RecursionError):
        raise InvalidContent(f"invalid {what}: not JSON") from None
    if opened > _MAX_DEPTH and _is_deep(value):
        raise InvalidContent(f"invalid {what}: nested more than {_MAX_DEPTH} deep")
    return value


def _float(text: str) -> float:
    """Raises ValueError for numbers that no JSON has (`NaN`) or no float holds (`1e999`)."""
    if not isfinite(value := float(text)):
        raise ValueError
    return value


def _is_deep(value: Any) -> bool:
    """Whether it is nested deeper than whoever walks it recursively can stand."""
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [
            child
            for each in level
            if isinstance(each, (dict, list))
            for child in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(level)


def _typed(source: JSON, key: str, kind: type, default: Any) -> Any:
    value = source.get(key)
    if value is None:
        return default
    if not isinstance(value, kind):
        raise InvalidContent(f"invalid {key}: not {kind.__name__}")
    return value
