"""An image that stands on another, with files and settings from Python in place of a Dockerfile."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbdock.builder.bases import Bases
from nbdock.builder.building import Built, Done, note
from nbdock.builder.context import Context
from nbdock.builder.copying import Copying, How
from nbdock.builder.layer import Changes
from nbdock.builder.settings import is_utf8, merged, setting, shown
from nbdock.builder.spooled import Spooled
from nbdock.builder.stage import Made, Maker, Stage
from nbdock.builder.tree import Node
from nbdock.dockerfile.ignore import Ignore
from nbdock.dockerfile.parser import Instruction
from nbdock.dockerfile.stages import SCRATCH
from nbdock.errors import NotFound, Refused, UsageError
from nbdock.human import excerpt
from nbdock.regular import odd

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
    for path in files:
        _check_path(path)
    settings = {name: setting(name, value) for name, value in config.items()}
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
        if name == "Entrypoint" and "Cmd" not in settings:
            stage.config = {**stage.config, "Cmd": []}
        stage.config = {**stage.config, name: merged(name, stage.config.get(name), value)}
        done.append(_recorded(stage, f"{keyword} {shown(value)}", begun))
    manifest, image_id = maker.write(stage)
    return Built(manifest, image_id, stage.platform, tuple(done))


def _changes(files: Files, root: Root, time_: int, task: Task) -> Changes:
    changes = Changes(root, time_)
    for path, content in files.items():
        if isinstance(content, bytes):
            held = Spooled()
            held.put(Node("/content", "file", 0o644), [content])
            Copying(changes, held, path, How()).file("/content")
        else:
            _copy(changes, path, content, task)
        task.check()
    return changes


def _copy(changes: Changes, path: str, content: Path, task: Task) -> None:
    """Copy a file, or what is in a folder. Raises NotFound, Refused."""
    try:
        is_folder = content.is_dir()
        oddity = "" if is_folder else odd(content.stat())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NotFound(f"{excerpt(str(content))} cannot be read: {reason}", hint="check its path") from None
    if oddity:
        raise Refused(f"{excerpt(str(content))} is {oddity}, not a file", hint="name a file or a folder")
    context = Context(content if is_folder else content.absolute().parent, Ignore(""))
    copying = Copying(changes, context, path, How())
    if is_folder:
        copying.path("/")
    else:
        copying.file(f"/{content.name}")
    note(changes, context, task.note)


def _check_path(path: str) -> None:
    """Raises UsageError for a path that is none, or another one than it seems."""
    if not path.startswith("/") or {"", ".", ".."} & set(path[1:].split("/")):
        raise UsageError(f"{path!r} is no path in an image", hint="paths read /srv/model.bin, with neither . nor ..")
    if "\0" in path or not is_utf8(path):
        raise UsageError(f"{path!r} is no path in an image", hint="no file has such a name")


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
