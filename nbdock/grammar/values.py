"""Convert values of arguments and flags, from the command line or Python, to the types that commands take.

A name is text or a `Reference`, a platform text or a `Platform`; several names are a list, a Series or whatever else
holds them, or a frame that another command returned. A numpy scalar is converted to a Python value. Nothing below
this converts again.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, NewType

from nbdock import human
from nbdock.dock.find import Wanted, archive_at, located
from nbdock.dock.transfer.inputs import Input, Readable
from nbdock.dock.transfer.targets import Writable
from nbdock.docker.filters import unboxed
from nbdock.errors import UsageError
from nbdock.oci.digest import GRAMMAR, Digest
from nbdock.oci.location import Location
from nbdock.oci.platform import Platform
from nbdock.oci.reference import HUB, Reference

Say = Callable[[str], None]
_HUB_HOSTS = (HUB, "index.docker.io")
NamePattern = NewType("NamePattern", str)
"""A name or a pattern of names, or the place whose images are meant."""
Bytes = NewType("Bytes", int)
"""A number of bytes: a whole number, or text as sizes are shown, `20MB`."""
InputFile = NewType("InputFile", Path)
"""A file to be read: its path, `-` for standard input, or a binary file that is open."""
Origin = NewType("Origin", Reference)
"""A name at a registry, or the Location of an image in another place."""
NewName = NewType("NewName", Wanted)
"""A name to give: one of the store, or of a registry."""
Destination = NewType("Destination", Location)
"""The Location that an image is copied to; a name without a place is one in the store."""
Variables = NewType("Variables", dict[str, Any])
"""Values by name."""

Client = NewType("Client", object)
"""A Dask client, or the address of its scheduler."""


def convert(value: Any, type_: Any, what: str, say: Say, optional: bool = False) -> Any:
    """The value as a `type_`; None stays None if it is `optional`.

    `what` names the argument or flag in errors; `say` takes remarks on spelling. Raises UsageError for a value of
    another type, and what parsing its text raises.
    """
    value = unboxed(value)
    if value is None and optional:
        return None
    reading, accepted = _READINGS[type_]
    if not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted):
        raise _wrong_type(what, value, accepted)
    return reading(value, say)


def several(given: Iterable[Any], type_: Any = Wanted) -> Iterator[Any]:
    """Each value: lists, sets, generators, Series and frames are flattened.

    A frame yields what names a `type_` in each row, each once: for an image the `reference`, or the `image_id`
    where that is NA. A row of a frame is a frame of one row. Raises UsageError for a frame that names nothing.
    """
    for value in map(unboxed, given):
        columns = _columns(value)
        if columns is not None:
            yield from dict.fromkeys(_named(columns, _NAMING.get(type_, ("reference",))))
        elif isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
            yield from several(value, type_)
        else:
            yield value


def texts(value: Any, what: str) -> tuple[str, ...]:
    """The values of a flag that may be repeated: text, several of it, or a mapping for `key=value`.

    Raises UsageError.
    """
    found = list(value.items()) if isinstance(value, Mapping) else [(each,) for each in several([value], str)]
    for each in chain.from_iterable(found):
        if not isinstance(each, str):
            raise _wrong_type(what, each, (str,))
    return tuple(map("=".join, found))


def _columns(value: Any) -> Mapping[Any, Iterable[Any]] | None:
    """The columns of a frame, or of one of its rows (a Series or what `itertuples` gives); None for anything else."""
    if hasattr(value, "_asdict"):
        return {name: [item] for name, item in value._asdict().items()}
    labels: Any = getattr(value, "index", ())
    if hasattr(value, "to_frame") and not callable(labels) and {"reference", "image_id", "container_id"} & set(labels):
        return {name: [item] for name, item in value.items()}
    if not hasattr(value, "columns") or not hasattr(value, "__getitem__"):
        return None
    outside = [name for name in getattr(labels, "names", ()) if name and name not in value.columns]
    names = list(value.columns)
    single = {name: value[name] for name in names if names.count(name) == 1}
    return {**{name: labels.get_level_values(name) for name in outside}, **single}


def _named(columns: Mapping[Any, Iterable[Any]], naming: tuple[str, ...]) -> Iterator[Any]:
    known = [name for name in naming if name in columns]
    if not known:
        raise UsageError(
            f"the frame names no {'containers' if 'container_id' in naming else 'images'}: "
            f"it has no column {' or '.join(naming)}",
            hint="pass a frame that a command returned, or one column of it",
        )
    for row in zip(*(columns[name] for name in known), strict=True):
        found = next((name for name in row if isinstance(name, str | Reference | Digest) and name), None)
        if not found:
            raise UsageError(
                f"a row of the frame has no {' and no '.join(known)}",
                hint=f'leave such rows out: frame.dropna(subset="{known[0]}")',
            )
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


class DockerName(str):
    """A name as docker reads it: it never says where the image is."""


def _wanted(value: str | Reference | Digest | os.PathLike[str], say: Say) -> Wanted:
    if isinstance(value, DockerName):
        return replace(Wanted.parse(corrected(value, say)), only_here=True)
    if isinstance(value, os.PathLike):
        return Wanted(os.fspath(value), None, location=_at(value))
    return Wanted.of(corrected(value, say) if isinstance(value, str) else value)


def _at(path: os.PathLike[str]) -> Location:
    """What is at a path, whatever its name ends in."""
    return located(os.fspath(path)) or Location("docker-archive", os.fspath(path))


def _origin(value: str | Reference | os.PathLike[str], say: Say) -> Reference | Location:
    """As text it is a registry's name even where a layout in a folder is called so too."""
    if isinstance(value, os.PathLike):
        return _at(value)
    said = located(value) if isinstance(value, str) and not isinstance(value, DockerName) else None
    if said is None or (said.where == "oci" and value != str(said)):
        return _reference(value, say)
    if said.where == "store":
        raise UsageError(f"{value} is in the store already", hint="pull brings images from other places")
    return _reference(said.name, say) if said.where == "docker" else said


def _destination(value: str | Reference | os.PathLike[str], say: Say) -> Location:
    if isinstance(value, os.PathLike):
        return _at(value)
    if isinstance(value, Reference):
        return Location("store", name=value.familiar)
    if isinstance(value, DockerName):
        raise UsageError("docker takes one name here", hint=f"%image takes a destination: {value}")
    return located(value) or archive_at(value) or Location("store", name=corrected(value, say))


def _pattern(value: str | Reference | os.PathLike[str], say: Say) -> str:
    return value.familiar if isinstance(value, Reference) else os.fspath(value)


def _platform(value: str | Platform, say: Say) -> Platform | None:
    return value if isinstance(value, Platform) else Platform.parse(value) if value else None


def _path(value: str | os.PathLike[str], say: Say) -> Path | None:
    if "\0" in os.fspath(value):
        raise UsageError("a path has no zero bytes")
    try:
        return Path(value).expanduser() if os.fspath(value) else None
    except RuntimeError:
        raise UsageError(f"cannot find the home folder in {value}", hint="write the whole path") from None


def _input(value: str | os.PathLike[str] | Readable, say: Say) -> Input | None:
    if isinstance(value, str) and re.match(r"https?://", value):
        raise UsageError(f"{value} is no file", hint="download it first, as with curl -LO")
    return _path(value, say) if isinstance(value, str | os.PathLike) else value


def _output(value: str | os.PathLike[str] | Writable, say: Say) -> Path | Writable | None:
    if isinstance(value, io.TextIOBase):
        raise UsageError("the file is open for text", hint='open it with mode "wb"')
    return value if isinstance(value, Writable) else _path(value, say)


def _bytes(value: str | int, say: Say) -> int:
    if isinstance(value, int):
        return value
    try:
        return human.bytes_of(value.strip())
    except ValueError:
        raise UsageError(f"{value!r} is no size", hint="write 20MB, 1.5GB, 512KiB or a number of bytes") from None


def _same(value: Any, say: Say) -> Any:
    return value


_NAMING = {
    Wanted: ("reference", "image_id"),
    Reference: ("reference", "name"),
    Origin: ("reference", "name"),
    str: ("container_id",),
}
"""The columns of a frame that name what a command takes, in order."""
_READINGS: Mapping[Any, tuple[Callable[[Any, Say], Any], tuple[type, ...]]] = {
    Reference: (_reference, (str, Reference)),
    Wanted: (_wanted, (str, Reference, Digest, os.PathLike)),
    NewName: (_wanted, (str, Reference)),
    Origin: (_origin, (str, Reference, os.PathLike)),
    Destination: (_destination, (str, Reference, os.PathLike)),
    NamePattern: (_pattern, (str, Reference, os.PathLike)),
    Bytes: (_bytes, (str, int)),
    Variables: (_same, (Mapping,)),
    Client: (_same, (object,)),
    Platform: (_platform, (str, Platform)),
    Path: (_path, (str, os.PathLike)),
    InputFile: (_input, (str, os.PathLike, Readable)),
    Writable: (_output, (str, os.PathLike, Writable)),
    str: (_same, (str,)),
    int: (_same, (int,)),
    float: (_same, (int, float)),
    bool: (_same, (bool,)),
}


def _wrong_type(what: str, value: Any, accepted: tuple[type, ...]) -> UsageError:
    *others, last = (each.__name__ for each in accepted)
    names = f"{', '.join(others)} or {last}" if others else last
    missing = str(value) in ("None", "nan", "NaT", "<NA>")
    hint = "leave out what is missing, as with .dropna()" if missing else "the docstring says what it takes"
    return UsageError(f"{what} must be {names}, not {type(value).__name__}", hint=hint)
