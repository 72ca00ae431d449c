"""The command that builds images: build."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from nbdock import regular
from nbdock.dock.console import Console
from nbdock.dock.dock import Dock
from nbdock.dock.transfer.targets import check, replacing, telling
from nbdock.dockerfile.located import cited
from nbdock.errors import NotFound, Refused, UsageError
from nbdock.frames.schema import Table
from nbdock.frames.schemas import BUILD_PLAN, BUILT
from nbdock.grammar import Arg, Opt, Text, command
from nbdock.human import excerpt
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference

if TYPE_CHECKING:
    from datetime import datetime

    from nbdock.builder.context import Context
    from nbdock.builder.images import Result

_LONGEST = 1 << 20
_DOCKERFILE = "Dockerfile"
_ADDRESS = re.compile("[a-z]+:/|git@")
_PRIVATE = "private-network"
_NO_SANDBOX = "there is no --run: a sandbox that is not right would be worse than none"
_UNDATED = "The image is dated 1970-01-01, so that it is always the same: SOURCE_DATE_EPOCH sets another time"
_PROGRESS = ("auto", "plain", "quiet", "tty")


@command("image build", also=("build", "builder build", "buildx build"))
def build(
    dock: Dock,
    context: Annotated[Path | None, Arg("PATH", "the build context: the folder that COPY copies from")] = None,
    *,
    allow: Annotated[tuple[str, ...], Opt("private-network: let ADD fetch from private addresses")] = (),
    build_arg: Annotated[tuple[str, ...], Opt("NAME=value of an ARG")] = (),
    dockerfile: Annotated[
        str | None,
        Opt("refused: the text of the Dockerfile", refused="name a file with -f, or write it in a cell", cell=True),
    ] = None,
    dry_run: Annotated[bool, Opt("list what each line would do, and build nothing")] = False,
    file: Annotated[Path | None, Opt("name of the Dockerfile; PATH/Dockerfile if omitted", "-f", "string")] = None,
    iidfile: Annotated[Path | None, Opt("write the image id to a file", metavar="file")] = None,
    label: Annotated[tuple[str, ...], Opt("NAME=value of a label")] = (),
    load: Annotated[bool, Opt("as always: the image is in the store")] = False,
    no_cache: Annotated[bool, Opt("as always: every layer is made anew, and kept if it is another")] = False,
    output: Annotated[tuple[str, ...], Opt("type=oci|docker|tar|local,dest=…: write it there instead", "-o")] = (),
    platform: Annotated[tuple[str, ...], Opt("platform, as os[/arch[/variant]]; several make an index")] = (),
    progress: Annotated[str, Opt("auto, plain, tty or quiet", complete=_PROGRESS)] = "auto",
    pull: Annotated[bool, Opt("pull the bases even if they are here")] = False,
    push: Annotated[bool, Opt("push the image, under each of its names")] = False,
    quiet: Annotated[bool, Opt("print the image id only", "-q")] = False,
    run: Annotated[bool, Opt("refused: carry out RUN", refused=_NO_SANDBOX)] = False,
    tag: Annotated[tuple[str, ...], Opt("name of the image, as NAME[:TAG]; without, it is dangling", "-t")] = (),
    target: Annotated[str, Opt("stage to build; the last if omitted")] = "",
) -> Table | Text:
    """Build an image from a Dockerfile.

    Every instruction but RUN is carried out as BuildKit does it. In a notebook the Dockerfile is the cell below
    `%%image build`. The same files make the same image: what is built is dated SOURCE_DATE_EPOCH, or 1970 without it.
    One row for each instruction.
    """
    from nbdock.builder import outputs
    from nbdock.builder.building import Recipe
    from nbdock.builder.images import build_images
    from nbdock.builder.planning import planned
    from nbdock.frames.building import built_rows, planned_rows

    quiet = _is_quiet(progress) or quiet
    dock = dock.facing(_Quiet(dock.console)) if quiet else dock
    text, read = _read(dock, dockerfile, file, context)
    wanted, platforms = outputs.parse(output, push), _platforms(dock, platform)
    names = wanted.references(tag)
    _check(iidfile)
    recipe = Recipe(
        text,
        read,
        _time(dock),
        target,
        _pairs(build_arg, "--build-arg"),
        _pairs(label, "--label"),
        pull=pull,
        private=_is_allowed(allow),
    )
    if dry_run:
        return BUILD_PLAN.table(planned_rows(planned(dock, recipe, platforms)))
    with outputs.scratch(dock) if wanted.files else nullcontext(dock) as into:
        built = build_images(into, recipe, platforms, names)
        for each in wanted.files:
            outputs.write(into, built, each)
    _tell(dock, built, iidfile)
    if wanted.pushes:
        _push(dock, built)
    return Text(built.image_id) if quiet else BUILT.table(built_rows(built))


class _Quiet(Console):
    """A console for --quiet: it passes on warnings and questions for input, and nothing else."""

    def __init__(self, console: Console) -> None:
        self.warn, self.read_stdin = console.warn, console.read_stdin  # type: ignore[method-assign]


def append(
    dock: Dock,
    base: str,
    files: Mapping[str, bytes | Path],
    config: Mapping[str, Any],
    tags: Sequence[str],
    platform: Platform | None,
) -> Table:
    """An image of a base with more files and another config, as rows of a build."""
    from nbdock.builder.appending import append as appended
    from nbdock.builder.images import named
    from nbdock.frames.building import built_rows

    names = [Reference.parse(each).tagged for each in tags]
    date, wanted = _time(dock), platform or dock.settings.platform
    made = named(dock, lambda: (appended(dock, base, files, config, date, wanted),), names)
    _tell(dock, made)
    return BUILT.table(built_rows(made))


def _read(dock: Dock, text: str | None, file: Path | None, folder: Path | None) -> tuple[str, Context | None]:
    """The Dockerfile's text, and the build context."""
    from nbdock.builder.context import Context, ignore_of

    if text is None and str(file) == "-":
        text = dock.console.read_stdin()
    elif text is not None and file is not None and str(file) != "-":
        raise UsageError("the Dockerfile is in the cell, and in -f too", hint="leave out -f")
    if text is not None:
        _require_text(text)
    if folder is None:
        if text is None:
            raise UsageError("build requires 1 argument", hint="name the build context: `.` is this folder")
        return text, None
    _require_folder(folder)
    path = file or _in(folder)
    context = Context(folder, ignore_of(folder, path if text is None else None))
    return _content(path) if text is None else text, context


def _require_text(text: str) -> None:
    """Raises UsageError for the name of a Dockerfile in place of its text."""
    from nbdock.dockerfile.forms import FORMS

    if (name := text.strip()) and len(name.split()) == 1 and name.upper() not in FORMS:
        hint = "name a file with -f, or in Python with file="
        raise UsageError(f"{excerpt(name)} is no text of a Dockerfile", hint=hint)


def _require_folder(folder: Path) -> None:
    """Raises Refused for what docker takes in place of a folder: an address, a tar."""
    if str(folder) == "-":
        raise Refused("no build context is read from standard input", hint="name a folder; -f - reads the Dockerfile")
    if _ADDRESS.match(str(folder)):
        address = str(folder).replace(":/", "://", 1)  # a Path keeps one slash
        raise Refused(f"{cited(address)} is no folder", hint="clone or download it first, and name its folder")


def _in(folder: Path) -> Path:
    """The Dockerfile of a folder; as for BuildKit it may be in lower case."""
    lower = folder / _DOCKERFILE.lower()
    return lower if lower.exists() and not (folder / _DOCKERFILE).exists() else folder / _DOCKERFILE


def _content(path: Path) -> str:
    try:
        return regular.read(path, _LONGEST).decode(errors="replace")
    except OSError as error:
        message = f"failed to read dockerfile: {path}: {os.strerror(error.errno or 0)}"
        raise NotFound(message, hint="name it with -f, or write it in a cell below %%image build") from None


def _check(iidfile: Path | None) -> None:
    """Raises UsageError before anything is built."""
    if iidfile is not None:
        check(iidfile, "--iidfile")


def _time(dock: Dock) -> int:
    """When it is built: SOURCE_DATE_EPOCH, or 0, so that the same files make the same image."""
    found = _date(dock)
    return int(found.timestamp()) if found else 0


def _date(dock: Dock) -> datetime | None:
    from nbdock.dock.transfer.importing import source_date

    return source_date(dock.settings)


def _platforms(dock: Dock, texts: Sequence[str]) -> list[Platform]:
    found = dict.fromkeys(Platform.parse(each) for text in texts for each in text.split(","))
    return list(found) or [dock.settings.platform]


def _is_quiet(progress: str) -> bool:
    if progress not in _PROGRESS:
        raise Refused(f"--progress {progress} is not supported", hint=f"the kinds are {', '.join(_PROGRESS)}")
    return progress == "quiet"


def _pairs(texts: Sequence[str], flag: str) -> dict[str, str]:
    """Values by name. Raises UsageError for one without a value, which docker takes from the environment."""
    pairs = [each.partition("=") for each in texts]
    if wrong := next((name for name, equals, _ in pairs if not (name and equals)), None):
        raise UsageError(f"{flag} {wrong} has no value", hint=f"write {flag} NAME=value")
    return {name: value for name, _, value in pairs}


def _is_allowed(texts: Sequence[str]) -> bool:
    if wrong := next((each for each in texts if each != _PRIVATE), None):
        raise Refused(f"--allow {wrong} is not supported", hint=f"nbdock runs nothing; {_PRIVATE} is for ADD")
    return bool(texts)


def _tell(dock: Dock, built: Result, iidfile: Path | None = None) -> None:
    if iidfile is not None:
        with telling(iidfile), replacing(iidfile) as new:
            new.write_text(built.image_id)
    if _date(dock) is None:
        dock.say(_UNDATED)
    dock.say(f"writing image {built.image_id}")
    for name in built.names:
        dock.say(f"naming to {name}")


def _push(dock: Dock, built: Result) -> None:
    from nbdock.commands import copies

    for name in built.names:
        copies.push(dock, name)
