"""docker's filters: read once, from text or from Python values, then asked about images, containers and search results.

The same key twice means either value, different keys mean all of them. Of `label`, `before` and `since`, all values
must pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from nbdock.dock.find import find
from nbdock.errors import NotFound, UsageError
from nbdock.oci.digest import Digest
from nbdock.oci.pattern import compile_pattern, matches
from nbdock.oci.reference import Reference

if TYPE_CHECKING:
    from nbdock.dock.containers import Container
    from nbdock.places import Image, Name

_STATES = ("created", "restarting", "running", "removing", "paused", "exited", "dead")
_FLAGS = {"dangling", "is-automated", "is-official"}
_BOOLS = {"true": True, "1": True, "false": False, "0": False}
_NEVER = datetime.min.replace(tzinfo=UTC)
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_DURATION = re.compile(rf"([+-]?)((?:{_PART.pattern})+)", re.ASCII)
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_DAY, _ZONE = r"(\d{4}-\d\d-\d\d)", r"(Z|[+-]\d\d:\d\d)?"
_TIME = re.compile(rf"{_DAY}(?:T(\d\d?)((?::\d\d(?::\d\d(?:\.\d+)?)?)?))?{_ZONE}", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,18}")
_UNIX = re.compile(r"\d+(?:\.\d+)?", re.ASCII)

_T = TypeVar("_T")
Label = tuple[str, str | None]
"""A label's key, and its value if that matters."""


class Filters:
    """What to keep: each filter's values, converted and checked.

    `images`, `names`, `containers` and `found` apply the filters that are about them.
    """

    def __init__(self, values: Mapping[str, tuple[Any, ...]]) -> None:
        self._values = values

    @classmethod
    def kinds(cls) -> Mapping[str, Kind]:
        """What each filter takes."""
        return _KINDS

    @classmethod
    def read(cls, given: object, keys: Iterable[str]) -> Self:
        """Read docker's text (`"dangling=true"`, a list of such) or Python values (`{"label": {"a": "b"}}`).

        `keys` are the filters that the command has; a datetime without a zone is local time; None means no filters.
        Raises UsageError, in docker's words for text, if a filter is unknown or its value is of the wrong type.
        """
        found: dict[str, tuple[Any, ...]] = {}
        allowed = sorted(keys)
        for key, value in _pairs(() if given is None else given):
            if key not in allowed:
                raise UsageError(f"invalid filter '{key}'", hint=f"available filters: {', '.join(allowed)}")
            found[key] = (*found.get(key, ()), *_read(cls.kinds()[key], key, value))
        for key in found.keys() & _FLAGS:
            if len(set(found[key])) > 1:
                raise _not_bool(key, " ".join(str(value).lower() for value in found[key]))
        if len(found.get("until", ())) > 1:
            raise UsageError("more than one until filter specified", hint="give the earliest one only")
        return cls(found)

    def __repr__(self) -> str:
        return f"Filters({dict(self._values)})"

    def __bool__(self) -> bool:
        return bool(self._values)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def split(self, key: str) -> tuple[tuple[Any, ...], Self]:
        """The values of one filter, and the other filters."""
        return self._values.get(key, ()), type(self)({name: self._values[name] for name in self._values if name != key})

    def images(self, known: tuple[Image, ...]) -> tuple[Image, ...]:
        """The images that pass `dangling`, `label`, `label!`, `before`, `since` and `until`.

        Raises ImageNotFound if the image of a `before` or `since` is not in `known`.
        """
        values = dict(self._values)
        for key, choose in (("before", min), ("since", max)):
            if key in values:
                values[key] = (choose(built(find(name, known).image) for name in values[key]),)
        return _passing(known, _IMAGE_TESTS, values)

    def names(self, image: Image) -> tuple[Name, ...]:
        """The names of an image that pass `reference`."""
        patterns = self._values.get("reference", ())
        return tuple(
            name
            for name in image.names
            if not patterns or (name.reference and any(matches(each, name.reference) for each in patterns))
        )

    def containers(self, known: tuple[Container, ...], images: tuple[Image, ...]) -> tuple[Container, ...]:
        """The containers that pass `id`, `name`, `label`, `status` and `ancestor`, an image of `images`."""
        values = dict(self._values)
        if "ancestor" in values:
            values["ancestor"] = tuple(_find_id(name, images) for name in values["ancestor"])
        return _passing(known, _CONTAINER_TESTS, values)

    def found(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of `search` passes `stars`, `is-official` and `is-automated`."""
        return bool(_passing([row], _RESULT_TESTS, self._values))


NO_FILTERS = Filters({})


def built(image: Image) -> datetime:
    """When the image was built, for comparisons: long ago if it does not say."""
    return image.created or _NEVER


def moment(text: str, now: datetime) -> datetime:
    """The time that docker's `until` means (moby's api/types/time), in UTC, to the microsecond.

    A duration (`10m`, `1h30m`) counts back from `now`; a date or time without a zone is local; a number is seconds
    since 1970. Raises UsageError in docker's words.
    """
    with suppress(ValueError, OverflowError):
        if match := _DURATION.fullmatch(text):
            seconds = sum(float(count) * _SECONDS[unit] for count, unit in _PART.findall(match[2]))
            return now + timedelta(seconds=seconds if match[1] == "-" else -seconds)
        if match := _TIME.fullmatch(text):
            day, hour, rest, zone = match.groups("")
            return datetime.fromisoformat(f"{day}T{hour:0>2}{rest}{zone}").astimezone(UTC)
        if _UNIX.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)
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


def _read(kind: Kind, key: str, value: object) -> list[Any]:
    """The values of one filter, converted. Raises UsageError."""
    given: list[object] = [value]
    if kind.many and isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        given = list(value)
    elif kind is _LABEL and isinstance(value, Mapping):
        given = list(value.items())
    if not given:
        raise UsageError(f'filter "{key}" has no value', hint=f"leave it out, or give it {kind.takes}")
    given = list(map(unboxed, given))
    for each in given:
        if not isinstance(each, kind.types) or (isinstance(each, bool) and key not in _FLAGS):
            message = f'filter "{key}" takes {kind.takes}, not {type(each).__name__}'
            raise UsageError(message, hint=f'as text: filter="{key}=…"')
    return [kind.read(each) for each in given]


class Kind(NamedTuple):
    """What a filter takes, for messages and as types; what reads a value; whether a list of values is taken."""

    takes: str
    types: tuple[type, ...]
    read: Callable[[Any], Any] = str
    many: bool = True


def _bool(key: str, value: bool | str) -> bool:
    if str(value).lower() not in _BOOLS:
        raise _not_bool(key, str(value))
    return _BOOLS[str(value).lower()]


def time_of(value: str | datetime) -> datetime:
    """The time that a filter means, in UTC. Raises UsageError."""
    if isinstance(value, str):
        return moment(value, datetime.now(UTC))
    try:  # a pandas Timestamp without a zone has no astimezone, and NaT no date
        return datetime.combine(value.date(), value.time(), value.tzinfo).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _no_moment(str(value)) from None


def _stars(value: object) -> int:
    if not _COUNT.fullmatch(str(value)):
        raise UsageError(f"invalid filter 'stars={value}'", hint="stars takes a whole number, for example stars=3")
    return int(str(value))


def _label(value: str | tuple[Any, ...]) -> Label:
    match value:
        case str():
            name, equals, wanted = value.partition("=")
            return name, wanted if equals else None
        case (str() as name, str() | None as wanted):
            return name, wanted
        case (name, wanted):
            raise UsageError(f'label "{name}" takes text, not {type(wanted).__name__}', hint='for example {"a": "b"}')
    raise UsageError("a label is text, or a key and its value", hint='for example {"a": "b"}')


def _status(value: str) -> str:
    if value not in _STATES:
        raise UsageError(f"invalid filter 'status={value}'", hint=f"available states: {', '.join(_STATES)}")
    return value


_LABEL = Kind("a mapping of labels or docker's text", (str, tuple), _label)
_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("ancestor", "before", "since"), Kind("a reference or docker's text", (str, Reference, Digest))),
    **{key: Kind("True, False or docker's text", (bool, str), partial(_bool, key), many=False) for key in _FLAGS},
    **dict.fromkeys(("id", "name"), Kind("text", (str,))),
    **dict.fromkeys(("label", "label!"), _LABEL),
    "reference": Kind("a pattern or a reference", (str, Reference, Digest), lambda value: compile_pattern(str(value))),
    "stars": Kind("a whole number or docker's text", (str, Integral), _stars, many=False),
    "status": Kind("text", (str,), _status),
    "until": Kind("a datetime or docker's text", (str, datetime), time_of, many=False),
}

_Tests = Mapping[str, Callable[[Any, tuple[Any, ...]], bool]]
_IMAGE_TESTS: _Tests = {
    "dangling": lambda image, values: image.dangling == values[0],
    "label": lambda image, values: all(_labelled(image.labels, each) for each in values),
    "label!": lambda image, values: not any(_labelled(image.labels, each) for each in values),
    "before": lambda image, values: built(image) < values[0],
    "since": lambda image, values: built(image) > values[0],
    "until": lambda image, values: built(image) < values[0],
}
_CONTAINER_TESTS: _Tests = {
    "id": lambda container, values: container.id.startswith(values),
    "name": lambda container, values: any(value.removeprefix("/") in container.name for value in values),
    "label": lambda container, values: any(_labelled(container.labels, each) for each in values),
    "status": lambda container, values: "created" in values,  # the state of all
    "ancestor": lambda container, values: container.image_id in values,
}
_RESULT_TESTS: _Tests = {
    "stars": lambda row, values: row["stars"] >= max(values),
    "is-official": lambda row, values: row["official"] == values[0],
    "is-automated": lambda row, values: not values[0],  # docker: no repository is automated any more
}


def _passing(things: Iterable[_T], tests: _Tests, values: Mapping[str, tuple[Any, ...]]) -> tuple[_T, ...]:
    """What passes the tests of all values."""
    chosen = [(tests[key], wanted) for key, wanted in values.items() if key in tests]
    return tuple(each for each in things if all(test(each, wanted) for test, wanted in chosen))


def _find_id(name: str, images: tuple[Image, ...]) -> Digest | None:
    """The id of the image of that name. docker takes an unknown image for nobody's ancestor."""
    with suppress(NotFound):
        return find(name, images).image.id
    return None


def _labelled(labels: Mapping[str, str], wanted: Label) -> bool:
    key, value = wanted
    return key in labels and value in (None, labels[key])


def _not_bool(key: str, value: str) -> UsageError:
    return UsageError(f"invalid filter '{key}=[{value}]'", hint=f"{key}=true or {key}=false")


def _no_moment(text: str) -> UsageError:
    return UsageError(
        f'failed to parse value as time or duration: "{text}"',
        hint="for example 24h, 1h30m, 2006-01-02, 2006-01-02T15:04:05Z or seconds since 1970",
    )
