"""An image that stands on another, with files and settings from Python in place of a Dockerfile."""

from __future__ import annotations

import json
import posixpath
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbdock.builder.bases import Bases
from nbdock.builder.building import Built, Done, note
from nbdock.builder.context import Context
from nbdock.builder.copying import Copying, How
from nbdock.builder.layer import Changes
from nbdock.builder.spooled import Spooled
from nbdock.builder.stage import Made, Maker, Stage
from nbdock.builder.tree import Node, literal
from nbdock.dockerfile.ignore import Ignore
from nbdock.dockerfile.parser import Instruction
from nbdock.dockerfile.stages import SCRATCH
from nbdock.errors import UsageError

if TYPE_CHECKING:
    from nbdock.builder.root import Root
    from nbdock.dock.dock import Dock
    from nbdock.oci.platform import Platform
    from nbdock.task import Task

Files = Mapping[str, bytes | Path]


def append(dock: Dock, base: str, files: Files, config: Mapping[str, Any], time_: int, platform: Platform) -> Built:
    """An image of a base, `scratch` for none, with a layer of files by their paths, and fields of the config.

    Raises UsageError, ImageNotFound, Refused, IntegrityError, StoreError, RegistryError, Interrupted.
    """
    wrong = next((path for path in files if not path.startswith("/") or path == "/"), None)
    if wrong is not None:
        raise UsageError(f"{wrong!r} is no path in an image", hint="paths begin with /")
    settings = {name: _setting(name, value) for name, value in config.items()}
    begun, maker = time.monotonic(), Maker(dock.store)
    image, is_here = (None, True) if base == SCRATCH else Bases(dock, pull=False).find(base, platform)
    stage = Stage.on(image, platform, time_)
    done = [_done(stage, f"FROM {base}", begun, is_cached=is_here, base_size=stage.size)]
    if files:
        begun, root = time.monotonic(), stage.root(dock)
        made = dock.run(lambda task: maker.make(_changes(files, root, time_, task), task))
        stage.layers.append(made.layer)
        done.append(_recorded(stage, f"COPY {' '.join(sorted(files))} /", begun, made))
    for name, (keyword, value) in settings.items():
        begun = time.monotonic()
        stage.config = {**stage.config, name: _merged(name, stage.config.get(name), value)}
        done.append(_recorded(stage, f"{keyword} {_shown(value)}", begun))
    manifest, image_id = maker.write(stage)
    return Built(manifest, image_id, stage.platform, tuple(done))


def _changes(files: Files, root: Root, time_: int, task: Task) -> Changes:
    changes = Changes(root, time_)
    for path, content in files.items():
        if isinstance(content, bytes):
            name = posixpath.basename(path)
            held = Spooled()
            held.put(Node(f"/{name}", "file", 0o644), [content])
            Copying(changes, held, path, How()).copy(name)
        else:
            is_folder = content.is_dir()
            context = Context(content if is_folder else content.absolute().parent, Ignore(""))
            Copying(changes, context, path, How()).copy("/" if is_folder else literal(content.name))
            note(changes, context, task.note)
        task.check()
    return changes


def _recorded(stage: Stage, text: str, begun: float, made: Made | None = None) -> Done:
    created_by = f"{text} # nbdock"
    stage.record(created_by, made is not None)
    return _done(stage, text, begun, created_by, made, made.is_cached if made else None)


def _done(
    stage: Stage,
    text: str,
    begun: float,
    created_by: str = "",
    made: Made | None = None,
    is_cached: bool | None = None,
    base_size: int | None = None,
) -> Done:
    instruction = Instruction.of(text)._replace(line=0)
    seconds = time.monotonic() - begun
    return Done("0", instruction, stage.platform, seconds, created_by, made, is_cached, base_size)


def _setting(name: str, value: Any) -> tuple[str, Any]:
    """The instruction that sets a field of the config, and the value as configs have it. Raises UsageError."""
    if name not in _FIELDS:
        raise UsageError(f"config has no field {name!r}", hint=f"the fields are {', '.join(_FIELDS)}")
    keyword, read = _FIELDS[name]
    try:
        return keyword, read(value)
    except (TypeError, ValueError, AttributeError):
        raise UsageError(f"config: {name} cannot be {value!r}", hint=_HINTS[read]) from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _words(value: Any) -> list[str]:
    return ["/bin/sh", "-c", value] if isinstance(value, str) else [_text(each) for each in value]


def _pairs(value: Any) -> dict[str, str]:
    pairs = value.items() if isinstance(value, Mapping) else (_text(each).split("=", 1) for each in value)
    return {_text(name): _text(given) for name, given in pairs}


def _names(value: Any) -> dict[str, dict[str, str]]:
    return {_text(each): {} for each in ([value] if isinstance(value, str) else value)}


def _ports(value: Any) -> dict[str, dict[str, str]]:
    found = [value] if isinstance(value, int | str) else value
    return {each if "/" in each else f"{each}/tcp": {} for each in map(str, found)}


_FIELDS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "Cmd": ("CMD", _words),
    "Entrypoint": ("ENTRYPOINT", _words),
    "Env": ("ENV", _pairs),
    "ExposedPorts": ("EXPOSE", _ports),
    "Labels": ("LABEL", _pairs),
    "StopSignal": ("STOPSIGNAL", _text),
    "User": ("USER", _text),
    "Volumes": ("VOLUME", _names),
    "WorkingDir": ("WORKDIR", _text),
}
_HINTS: Mapping[Callable[[Any], Any], str] = {
    _words: "it is a list of words, or a line for the shell",
    _pairs: "it is a mapping of names to texts",
    _ports: "it is a port or a list of ports, such as 80/tcp",
    _names: "it is a path or a list of paths",
    _text: "it is a text",
}


def _merged(name: str, old: Any, new: Any) -> Any:
    """A field with what is set now: variables by name, mappings by key; anything else is replaced."""
    if name == "Env":
        return [f"{variable}={value}" for variable, value in {**_pairs(old or ()), **new}.items()]
    return {**(old or {}), **new} if isinstance(new, dict) else new


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={json.dumps(each)}" if isinstance(each, str) else name for name, each in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
