"""Settings of an image from Python: the values that `append` takes for fields of a config."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any

from nbdock.dockerfile.values import ports, signal
from nbdock.errors import UsageError
from nbdock.human import excerpt


def setting(name: str, value: Any) -> tuple[str, Any]:
    """The instruction that sets a field of the config, and the value as configs have it. Raises UsageError."""
    if name not in _FIELDS:
        raise UsageError(f"config has no field {name!r}", hint=f"the fields are {', '.join(_FIELDS)}")
    keyword, read = _FIELDS[name]
    try:
        return keyword, read(value)
    except (TypeError, ValueError, AttributeError, UsageError):
        raise UsageError(f"config: {name} cannot be {excerpt(repr(value))}", hint=_HINTS[read]) from None


def is_utf8(text: str) -> bool:
    """Whether bytes stand for it: in Python text may have halves of characters."""
    try:
        return bool(text.encode() or True)
    except UnicodeEncodeError:
        return False


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    if "\0" in value or not is_utf8(value):
        raise ValueError
    return value


def _some(value: Any) -> str:
    if not _text(value):
        raise ValueError
    return _text(value)


def _folder(value: Any) -> str:
    if not _text(value).startswith("/"):
        raise ValueError
    return _text(value)


def _signal(value: Any) -> str:
    return signal(_text(value))


def _list(value: Any) -> list[str]:
    """Words in their order, which neither a set nor a mapping has."""
    if isinstance(value, str | Set | Mapping):
        raise TypeError
    return [_text(each) for each in value]


def _words(value: Any) -> list[str]:
    return ["/bin/sh", "-c", _text(value)] if isinstance(value, str) else _list(value)


def _labels(value: Any) -> dict[str, str]:
    pairs = value.items() if isinstance(value, Mapping) else (_text(each).split("=", 1) for each in value)
    return {_some(name): _text(given) for name, given in pairs}


def _variables(value: Any) -> dict[str, str]:
    found = _labels(value)
    if any("=" in name for name in found):
        raise ValueError
    return found


def _names(value: Any) -> dict[str, dict[str, str]]:
    return {_some(each): {} for each in ([value] if isinstance(value, str) else value)}


def _ports(value: Any) -> dict[str, dict[str, str]]:
    given = [value] if isinstance(value, int | str) else value
    return {port: {} for each in given for port in ports(each if isinstance(each, str) else f"{each:d}")}


_FIELDS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "Cmd": ("CMD", _words),
    "Entrypoint": ("ENTRYPOINT", _words),
    "Env": ("ENV", _variables),
    "ExposedPorts": ("EXPOSE", _ports),
    "Labels": ("LABEL", _labels),
    "Shell": ("SHELL", _list),
    "StopSignal": ("STOPSIGNAL", _signal),
    "User": ("USER", _text),
    "Volumes": ("VOLUME", _names),
    "WorkingDir": ("WORKDIR", _folder),
}
_HINTS: Mapping[Callable[[Any], Any], str] = {
    _words: "it is a list of words, or a line for the shell",
    _folder: "it is an absolute path",
    _labels: "it is a mapping of names to texts",
    _list: "it is a list of words",
    _variables: "it is a mapping of names to texts",
    _ports: "it is a port or a list of ports, such as 80/tcp",
    _names: "it is a path or a list of paths",
    _signal: "signals read SIGTERM, TERM or 15",
    _text: "it is a text",
}


def merged(name: str, old: Any, new: Any) -> Any:
    """A field with what is set now: variables by name, mappings by key; anything else is replaced."""
    if name == "Env":
        return [f"{variable}={value}" for variable, value in {**_known(old or ()), **new}.items()]
    return {**(old or {}), **new} if isinstance(new, dict) else new


def _known(env: Iterable[str]) -> dict[str, str]:
    """The variables of a base, whatever they are."""
    return {name: value for name, _, value in (each.partition("=") for each in env)}


def shown(value: Any) -> str:
    """A value as a Dockerfile would have it."""
    if isinstance(value, dict):
        return " ".join(f"{name}={json.dumps(each)}" if isinstance(each, str) else name for name, each in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
