"""docker's filters: read once, from text or from Python values, then asked about images, containers and search results.

The same key twice means either value, different keys mean all of them. Of `label`, `before` and `since`, all values
must pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from numbers import Integral
from typing import Any, Self

from nbdock.dock.containers import Container
from nbdock.dock.find import find
from nbdock.errors import NotFound, UsageError
from nbdock.oci import pattern
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.places import Image, Name

_STATES = ("created", "restarting", "running", "removing", "paused", "exited", "dead")
_BOOLS = {"true": True, "1": True, "false": False, "0": False}
_NEVER = datetime.min.replace(tzinfo=UTC)
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_DURATION = re.compile(rf"([+-]?)((?:{_PART.pattern})+)", re.ASCII)
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d?)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?)?(Z|[+-]\d\d:\d\d)?", re.ASCII
)
_COUNT = re.compile(r"[0-9]{1,18}")
_UNIX = re.compile(r"(\d+)(?:\.(\d+))?", re.ASCII)

Label = tuple[str, str | None]
"""A label's key, and its value if that matters."""


class Filters:
    """What to keep: each filter's values, converted and checked.

    `images`, `names`, `containers` and `found` apply the filters that are about them.
    """

    def __init__(self, values: Mapping[str, tuple[Any, ...]]) -> None:
        self._values = values

    @classmethod
    def read(cls, given: object, keys: Iterable[str]) -> Self:
        """Read filters from docker's text or from Python values.

        Parameters
        ----------
        given
            `"dangling=true"`, a list of such texts, or a mapping: `{"dangling": True, "until": datetime(2024, 1, 1),
            "label": {"a": "b"}, "reference": ["ht*", "busybox"]}`. A datetime without a zone is local time. None means
            no filters.
        keys
            The filters that the command has.

        Raises UsageError, in docker's words for text, if a filter is unknown or its value is of the wrong type.
        """
        found: dict[str, tuple[Any, ...]] = {}
        allowed = sorted(keys)
        for key, value in _pairs(() if given is None else given):
            if key not in allowed:
                raise UsageError(f"invalid filter '{key}'", hint=f"available filters: {', '.join(allowed)}")
            found[key] = (*found.get(key, ()), *_read(key, value))
        for key in found.keys() & {"dangling", "is-automated", "is-official"}:
            if len(set(found[key])) > 1:
                raise _not_bool(key, " ".join(str(value).lower() for value in found[key]))
        if len(found.get("until", ())) > 1:
            raise UsageError("more than one until filter specified", hint="give the earliest one only")
        return cls(found)

    def __repr__(self) -> str:
        return f"Filters({dict(self._values)})"

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def images(self, known: tuple[Image, ...]) -> tuple[Image, ...]:
        """The images that pass `dangling`, `label`, `label!`, `before`, `since` and `until`.

        Raises ImageNotFound if the image of a `before` or `since` is not in `known`.
        """
        tests = [_IMAGE_TESTS[key](values, known) for key, values in self._values.items() if key in _IMAGE_TESTS]
        return tuple(image for image in known if all(test(image) for test in tests))

    def names(self, image: Image) -> tuple[Name, ...]:
        """The names of an image that pass `reference`."""
        patterns = self._values.get("reference", ())
        return tuple(
            name
            for name in image.names
            if not patterns or (name.reference and any(pattern.matches(each, name.reference) for each in patterns))
        )

    def containers(self, known: tuple[Container, ...], images: tuple[Image, ...]) -> tuple[Container, ...]:
        """The containers that pass `id`, `name`, `label`, `status` and `ancestor`, an image of `images`."""
        tests = [_container_test(key, values, images) for key, values in self._values.items()]
        return tuple(container for container in known if all(test(container) for test in tests))

    def found(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of `search` passes `stars`, `is-official` and `is-automated`."""
        official = self._values.get("is-official", (row["official"],))
        automated = self._values.get("is-automated", (False,))  # docker: no repository is automated any more
        return row["stars"] >= max(self._values.get("stars", (0,))) and row["official"] in official and not automated[0]


NO_FILTERS = Filters({})


def built(image: Image) -> datetime:
    """When the image was built, for comparisons: long ago if it does not say."""
    return image.created or _NEVER


def moment(text: str, now: datetime) -> datetime:
    """The time that docker's `until` means (moby's api/types/time), in UTC, to the microsecond.

    A duration (`10m`, `1h30m`) counts back from `now`; a date or time without a zone is local; a number is seconds
    since 1970. Raises UsageError in docker's words.
    """
    try:
        found = _before(text, now) or _date(text) or _unix(text)
        if found:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _no_moment(text)


def unboxed(value: Any) -> Any:
    """Python's own bool, number or text for a numpy scalar; anything else as it is."""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return value.item() if kind in tuple("biufUO") and getattr(value, "ndim", None) == 0 else value


def _pairs(given: object) -> Iterator[tuple[str, object]]:
    match given:
        case Mapping():
            yield from given.items()
        case str():
            key, equals, value = given.partition("=")
            if not equals:
                raise UsageError(f"bad format of filter (expected name=value): {given}", hint="for example label=key")
            yield key.strip(), value.strip()
        case Sequence() if not isinstance(given, bytes):
            for item in given:
                yield from _pairs(item)
        case _:
            message = f"a filter is text, a list of texts or a mapping, not {type(given).__name__}"
            raise UsageError(message, hint='for example "dangling=true" or {"dangling": True}')


def _read(key: str, value: object) -> list[Any]:
    """The values of one filter, converted. Raises UsageError."""
    kind = _KINDS[key]
    given: list[object] = [value]
    if kind.many and isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        given = list(value)
    elif kind is _LABEL and isinstance(value, Mapping):
        given = list(value.items())
    if not given:
        raise UsageError(f'filter "{key}" has no value', hint=f"leave it out, or give it {kind.takes}")
    return [_convert(key, kind, each) for each in given]


def _convert(key: str, kind: _Kind, value: object) -> Any:
    try:
        return kind.convert(key, unboxed(value))
    except TypeError:
        message = f'filter "{key}" takes {kind.takes}, not {type(value).__name__}'
        raise UsageError(message, hint=f'as text: filter="{key}=…"') from None


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of filter: what it takes, for messages; whether a list of it is taken; `convert` raises TypeError."""

    takes: str
    convert: Callable[[str, Any], Any]
    many: bool = True


def _bool(key: str, value: object) -> bool:
    match value:
        case bool():
            return value
        case str() if value.lower() in _BOOLS:
            return _BOOLS[value.lower()]
        case str():
            raise _not_bool(key, value)
    raise TypeError


def _until(key: str, value: object) -> datetime:
    match value:
        case str():
            return moment(value, datetime.now(UTC))
        case datetime():
            try:  # a pandas Timestamp without a zone has no astimezone, and NaT no date
                return datetime.combine(value.date(), value.time(), value.tzinfo).astimezone(UTC)
            except (ValueError, OverflowError):
                raise _no_moment(str(value)) from None
    raise TypeError


def _stars(key: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, str | Integral):
        raise TypeError
    if not _COUNT.fullmatch(str(value)):
        raise UsageError(f"invalid filter 'stars={value}'", hint="stars takes a whole number, for example stars=3")
    return int(value)


def _label(key: str, value: object) -> Label:
    match value:
        case str():
            name, equals, wanted = value.partition("=")
            return name, wanted if equals else None
        case (str() as name, str() | None as wanted):
            return name, wanted
        case (name, wanted):
            raise UsageError(f'label "{name}" takes text, not {type(wanted).__name__}', hint='for example {"a": "b"}')
    raise TypeError


def _image_name(key: str, value: object) -> str:
    if isinstance(value, str | Reference | Digest):
        return str(value)
    raise TypeError


def _pattern(key: str, value: object) -> re.Pattern[str]:
    return pattern.compile_pattern(_image_name(key, value))


def _text(key: str, value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError


def _status(key: str, value: object) -> str:
    if value in _STATES or not isinstance(value, str):
        return _text(key, value)
    raise UsageError(f"invalid filter 'status={value}'", hint=f"available states: {', '.join(_STATES)}")


_BOOL = _Kind("True, False or docker's text", _bool, many=False)
_LABEL = _Kind("a mapping of labels or docker's text", _label)
_IMAGE = _Kind("a reference or docker's text", _image_name)
_TEXT = _Kind("text", _text)
_KINDS: Mapping[str, _Kind] = {
    "ancestor": _IMAGE,
    "before": _IMAGE,
    "dangling": _BOOL,
    "id": _TEXT,
    "is-automated": _BOOL,
    "is-official": _BOOL,
    "label": _LABEL,
    "label!": _LABEL,
    "name": _TEXT,
    "reference": _Kind("a pattern or a reference", _pattern),
    "since": _IMAGE,
    "stars": _Kind("a whole number or docker's text", _stars, many=False),
    "status": _Kind("text", _status),
    "until": _Kind("a datetime or docker's text", _until, many=False),
}

_ImageTest = Callable[[Image], bool]
_IMAGE_TESTS: Mapping[str, Callable[[tuple[Any, ...], tuple[Image, ...]], _ImageTest]] = {
    "dangling": lambda values, _: lambda image: image.dangling == values[0],
    "label": lambda values, _: lambda image: all(_labelled(image.labels, each) for each in values),
    "label!": lambda values, _: lambda image: not any(_labelled(image.labels, each) for each in values),
    "before": lambda values, known: _built_before(min(built(find(name, known).image) for name in values)),
    "since": lambda values, known: _built_after(max(built(find(name, known).image) for name in values)),
    "until": lambda values, _: _built_before(values[0]),
}


def _built_before(limit: datetime) -> _ImageTest:
    return lambda image: built(image) < limit


def _built_after(limit: datetime) -> _ImageTest:
    return lambda image: built(image) > limit


def _labelled(labels: Mapping[str, str], wanted: Label) -> bool:
    key, value = wanted
    return key in labels and value in (None, labels[key])


def _container_test(key: str, values: tuple[Any, ...], images: tuple[Image, ...]) -> Callable[[Container], bool]:
    match key:
        case "id":
            return lambda container: container.id.startswith(values)
        case "name":
            return lambda container: any(value.removeprefix("/") in container.name for value in values)
        case "label":
            return lambda container: any(_labelled(container.labels, value) for value in values)
        case "ancestor":
            ids = {found for value in values for found in _ids(value, images)}
            return lambda container: container.image_id in ids
        case _:
            return lambda container: "created" in values  # the state of all


def _ids(name: str, images: tuple[Image, ...]) -> Iterator[Digest]:
    """The id of the image of that name. docker takes an unknown image for nobody's ancestor."""
    try:
        yield find(name, images).image.id
    except NotFound:
        return


def _not_bool(key: str, value: str) -> UsageError:
    return UsageError(f"invalid filter '{key}=[{value}]'", hint=f"{key}=true or {key}=false")


def _no_moment(text: str) -> UsageError:
    return UsageError(
        f'failed to parse value as time or duration: "{text}"',
        hint="for example 24h, 1h30m, 2006-01-02, 2006-01-02T15:04:05Z or seconds since 1970",
    )


def _before(text: str, now: datetime) -> datetime | None:
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    length = timedelta(seconds=sum(float(count) * _SECONDS[unit] for count, unit in _PART.findall(match[2])))
    return now + length if match[1] == "-" else now - length


def _date(text: str) -> datetime | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    *numbers, fraction, zone = match.groups()
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    return datetime(year, month, day, hour, minute, second, _microseconds(fraction), _zone(zone))


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
    return datetime.fromtimestamp(int(match[1]), UTC) + timedelta(microseconds=_microseconds(match[2]))


def _microseconds(fraction: str | None) -> int:
    return int((fraction or "0")[:6].ljust(6, "0"))
