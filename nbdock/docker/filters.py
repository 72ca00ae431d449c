"""Docker's `--filter key=value`: the same key again is or, different keys are and."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from nbdock.dock.containers import Container
from nbdock.dock.find import find
from nbdock.docker import moments
from nbdock.errors import NotFound, UsageError
from nbdock.oci import pattern
from nbdock.places import Image, Name

_STATES = ("created", "restarting", "running", "removing", "paused", "exited", "dead")
_NEVER = datetime.min.replace(tzinfo=UTC)
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}

Filters = dict[str, list[str]]


def parse(given: Iterable[str], known: Iterable[str]) -> Filters:
    """`key=value` by key. Raises UsageError for a key that is not known, or something else than that."""
    found: Filters = {}
    allowed = sorted(known)
    for item in given:
        key, equals, value = item.partition("=")
        key = key.strip()
        if not equals:
            raise UsageError(f"bad format of filter (expected name=value): {item}", hint="for example label=key")
        if key not in allowed:
            raise UsageError(f"invalid filter '{key}'", hint=f"filters there are: {', '.join(allowed)}")
        found.setdefault(key, []).append(value.strip())
    return found


def images(given: Filters, known: tuple[Image, ...]) -> tuple[Image, ...]:
    """Those that pass `dangling`, `label`, `label!`, `before`, `since` and `until` (`reference` looks at names: see
    `names`). Raises ImageNotFound for a `before` or `since` that is not there."""
    tests = [_IMAGE[key](values, known) for key, values in given.items() if key in _IMAGE]
    return tuple(image for image in known if all(test(image) for test in tests))


def names(given: Filters, image: Image) -> tuple[Name, ...]:
    """Which of the image's names pass `reference`. Raises UsageError for a bad pattern."""
    patterns = given.get("reference")
    return tuple(
        name
        for name in image.names
        if not patterns or (name.reference and any(pattern.matches(each, name.reference) for each in patterns))
    )


def containers(given: Filters, known: tuple[Container, ...], images_known: tuple[Image, ...]) -> tuple[Container, ...]:
    """Those that pass `id`, `name`, `label`, `status` and `ancestor`. Raises UsageError for a state there is not."""
    for state in given.get("status", ()):
        if state not in _STATES:
            raise UsageError(f"invalid filter 'status={state}'", hint=f"states there are: {', '.join(_STATES)}")
    tests: dict[str, Callable[[Container, str], bool]] = {
        "id": lambda container, value: container.id.startswith(value),
        "name": lambda container, value: value.removeprefix("/") in container.name,
        "label": lambda container, value: _labelled(container.labels, value),
        "status": lambda container, value: value == "created",
        "ancestor": lambda container, value: _is_ancestor(container, value, images_known),
    }
    return tuple(
        container
        for container in known
        if all(any(tests[key](container, value) for value in values) for key, values in given.items())
    )


def truth(key: str, values: list[str]) -> bool:
    """One yes or no. Raises UsageError."""
    if len(set(values)) != 1 or values[0].lower() not in _TRUTHS:
        raise UsageError(f"invalid filter '{key}=[{' '.join(values)}]'", hint=f"{key}=true or {key}=false")
    return _TRUTHS[values[0].lower()]


def _dangling(values: list[str], _: tuple[Image, ...]) -> Callable[[Image], bool]:
    wanted = truth("dangling", values)
    return lambda image: image.dangling == wanted


def _label(values: list[str], _: tuple[Image, ...]) -> Callable[[Image], bool]:
    return lambda image: all(_labelled(image.labels, value) for value in values)


def _no_label(values: list[str], _: tuple[Image, ...]) -> Callable[[Image], bool]:
    return lambda image: not any(_labelled(image.labels, value) for value in values)


def _before(values: list[str], known: tuple[Image, ...]) -> Callable[[Image], bool]:
    limit = min(built(find(value, known).image) for value in values)
    return lambda image: built(image) < limit


def _since(values: list[str], known: tuple[Image, ...]) -> Callable[[Image], bool]:
    limit = max(built(find(value, known).image) for value in values)
    return lambda image: built(image) > limit


def _until(values: list[str], _: tuple[Image, ...]) -> Callable[[Image], bool]:
    if len(values) > 1:
        raise UsageError("more than one until filter specified", hint="the earliest one says it all")
    limit = moments.parse(values[0], datetime.now(UTC))
    return lambda image: built(image) < limit


_IMAGE: Mapping[str, Callable[[list[str], tuple[Image, ...]], Callable[[Image], bool]]] = {
    "dangling": _dangling,
    "label": _label,
    "label!": _no_label,
    "before": _before,
    "since": _since,
    "until": _until,
}


def _labelled(labels: Mapping[str, str], wanted: str) -> bool:
    key, equals, value = wanted.partition("=")
    return key in labels and (not equals or labels[key] == value)


def built(image: Image) -> datetime:
    """When it was built, for comparing: long ago where it does not say."""
    return image.created or _NEVER


def _is_ancestor(container: Container, wanted: str, known: tuple[Image, ...]) -> bool:
    """No image is nobody's ancestor, as docker has it."""
    try:
        return container.image_id == find(wanted, known).image.id
    except NotFound:
        return False
