"""Convert values of arguments and flags, from the command line or Python, to the types that commands take.

A name is text or a `Reference`, a platform text or a `Platform`; several names are a list, a tuple, a Series, or a
frame that another command returned. Nothing below this converts again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NewType

from nbdock.dock.find import Wanted
from nbdock.errors import UsageError
from nbdock.oci.digest import GRAMMAR, Digest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import HUB, Reference

Say = Callable[[str], None]
_HUB_HOSTS = (HUB, "index.docker.io")
NamePattern = NewType("NamePattern", str)
"""A name, or a pattern of names."""


def convert(value: Any, type_: Any, what: str, say: Say, optional: bool = False) -> Any:
    """The value as a `type_`; None stays None if it is `optional`.

    `what` names the argument or flag in errors; `say` takes remarks on spelling. Raises UsageError for a value of
    another type, and what parsing its text raises.
    """
    if value is None and optional:
        return None
    reading, accepted = _READINGS[type_]
    if not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted):
        raise _wrong_type(what, value, accepted)
    return reading(value, say)


def several(given: Iterable[Any]) -> Iterator[Any]:
    """Each value: lists, tuples, sets, Series and frames are flattened.

    A frame gives the `reference` of each row, or its `image_id` where that is NA (or its `container_id`), each once.
    """
    for value in given:
        if hasattr(value, "columns"):
            yield from dict.fromkeys(_named(value))
        elif isinstance(value, list | tuple | set | frozenset) or hasattr(value, "tolist"):
            yield from several(value)
        else:
            yield value


def texts(value: Any, what: str) -> tuple[str, ...]:
    """The values of a flag that may be repeated: text, several of it, or a mapping for `key=value`.

    Raises UsageError.
    """
    if isinstance(value, Mapping):
        value = [f"{key}={item}" for key, item in value.items()]
    found = tuple(several([value]))
    for each in found:
        if not isinstance(each, str):
            raise _wrong_type(what, each, (str,))
    return found


def _named(frame: Any) -> Iterator[str]:
    columns = [name for name in ("reference", "image_id", "container_id") if name in frame.columns]
    if not columns:
        raise UsageError(
            "the frame names no images: it has neither a column reference nor image_id",
            hint="pass a frame that a command returned, or one column of it",
        )
    for row in zip(*(frame[name] for name in columns), strict=True):
        found = next((name for name in row if isinstance(name, str)), None)
        if found:
            yield found


def corrected(text: str, say: Say) -> str:
    """The name in docker's syntax, with a warning if it was corrected.

    Corrects two forms that docker refuses: `http://docker.io/library/httpd` loses its scheme (for Docker Hub only, as
    elsewhere a scheme would choose the transport), and `httpd:sha256:…` becomes `httpd@sha256:…`.
    """
    scheme, separator, address = text.partition("://")
    on_hub = separator and scheme in ("http", "https") and address.partition("/")[0] in _HUB_HOSTS
    name, colon, value = (address if on_hub else text).partition(":sha256:")
    digest = f"sha256:{value}"
    wanted = f"{name}@{digest}" if colon and name and GRAMMAR.fullmatch(digest) else name + colon + value
    if wanted != text:
        say(f"{text}: docker wants this written {wanted}")
    return wanted


def _reference(value: str | Reference, say: Say) -> Reference:
    return value if isinstance(value, Reference) else Reference.parse(corrected(value, say))


def _wanted(value: str | Reference | Digest, say: Say) -> Wanted:
    return Wanted.of(corrected(value, say) if isinstance(value, str) else value)


def _pattern(value: str | Reference, say: Say) -> str:
    return value if isinstance(value, str) else value.familiar


def _platform(value: str | Platform, say: Say) -> Platform | None:
    return value if isinstance(value, Platform) else Platform.parse(value) if value else None


def _path(value: str | os.PathLike[str], say: Say) -> Path | None:
    return Path(value).expanduser() if os.fspath(value) else None


def _same(value: Any, say: Say) -> Any:
    return value


_READINGS: Mapping[Any, tuple[Callable[[Any, Say], Any], tuple[type, ...]]] = {
    Reference: (_reference, (str, Reference)),
    Wanted: (_wanted, (str, Reference, Digest)),
    NamePattern: (_pattern, (str, Reference)),
    Platform: (_platform, (str, Platform)),
    Path: (_path, (str, os.PathLike)),
    str: (_same, (str,)),
    int: (_same, (int,)),
    bool: (_same, (bool,)),
}


def _wrong_type(what: str, value: Any, accepted: tuple[type, ...]) -> UsageError:
    *others, last = (each.__name__ for each in accepted)
    names = f"{', '.join(others)} or {last}" if others else last
    return UsageError(f"{what} must be {names}, not {type(value).__name__}", hint="the docstring says what it takes")
