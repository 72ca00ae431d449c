"""Where a build goes if not into the store: an OCI layout, docker's archive, a tar of the root, a folder."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nbdock.builder.copying import Copying, How
from nbdock.builder.layer import Changes
from nbdock.builder.root import Root
from nbdock.dock.dock import Dock
from nbdock.dock.find import Wanted
from nbdock.dock.inside import extracting
from nbdock.dock.inside.contents import contents
from nbdock.dock.transfer import anywhere
from nbdock.dock.transfer.saving import write_file
from nbdock.dock.transfer.targets import check, telling
from nbdock.errors import UsageError
from nbdock.oci.location import Location
from nbdock.oci.reference import Reference
from nbdock.reading import chosen, image_of, read_manifests
from nbdock.store import Store

if TYPE_CHECKING:
    from nbdock.builder.building import Built
    from nbdock.builder.images import Result
    from nbdock.places import Image

_KINDS = ("oci", "docker", "tar", "local")
_STORED = ("image", "registry")
_FIELDS = ("type", "dest", "name", "push", "tar")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_HINT = "write -o type=oci,dest=app.tar; the types are oci, docker, tar, local, image and registry"


@dataclass(frozen=True, slots=True)
class Output:
    """A kind of output, and where it goes. An OCI layout is a file, or `as_folder` a folder."""

    kind: str
    dest: Path
    as_folder: bool = False

    @property
    def is_file(self) -> bool:
        return self.kind != "local" and not self.as_folder


@dataclass(frozen=True, slots=True)
class Outputs:
    """What `-o` and `--push` ask for: files and folders, more names, and whether to push them."""

    files: tuple[Output, ...] = ()
    names: tuple[str, ...] = ()
    pushes: bool = False

    def references(self, tags: Sequence[str]) -> tuple[Reference, ...]:
        """The names of the image: those of `-t`, and its own. Raises UsageError if there is none to push to."""
        found = tuple(Reference.parse(each).tagged for each in (*tags, *self.names))
        if self.pushes and not found:
            raise UsageError("there is no name to push to", hint="add -t HOST/NAME:TAG")
        return found


def parse(texts: tuple[str, ...], push: bool) -> Outputs:
    """Read `-o`, as docker buildx does: `type=oci,dest=FILE`, or a folder. Raises UsageError."""
    is_stored, files = False, list[Output]()
    names: list[str] = []
    for text in texts:
        fields = _fields(text)
        names += filter(None, fields.get("name", "").split(","))
        is_stored = is_stored or fields["type"] in _STORED
        if fields["type"] in _STORED:
            push = _is_true(fields, "push") or fields["type"] == "registry" or push
        else:
            files.append(_output(fields, text))
    if files and (push or is_stored):
        problem = "an output in a file, and one in the store or a registry, contradict each other"
        raise UsageError(problem, hint="build twice")
    if twice := next((each.dest for each in files if [other.dest for other in files].count(each.dest) > 1), None):
        raise UsageError(f"two outputs are called {twice}", hint="give each a dest of its own")
    return Outputs(tuple(files), tuple(names), push)


def write(dock: Dock, result: Result, output: Output) -> None:
    """Write what was built. Raises Refused, UsageError, Interrupted."""
    dock.say(f"writing {output.dest}")
    is_alone = len(result.images) == 1
    if output.kind == "docker" and not is_alone:
        raise UsageError("docker's archive has one platform", hint="write type=oci, or build each platform alone")
    if output.kind in ("oci", "docker"):
        image = dock.store.images().by_id[result.image_id]
        wanted, to = Wanted(result.image_id, None, image.id.hex), _location(output, _name(result.names))
        dock.run(lambda task: anywhere.copy(dock, wanted, to, None, not is_alone, task))
        return
    changes = Changes(Root(), 0)
    for each in result.images:
        folder, image = "" if is_alone else str(each.platform).replace("/", "_"), _image(dock, each)
        if output.kind == "local":
            _extract(dock, image, output.dest / folder)
        elif image.layers:
            Copying(changes, Root(contents(dock, image)), f"/{folder}", How(None, keeps_times=True)).contents()
    if output.kind == "tar":
        dock.run(lambda task: write_file(output.dest, changes.tar(task), task))


def _image(dock: Dock, built: Built) -> Image:
    """What was built, which need not be in the store by a name."""
    return image_of(dock.store, *chosen(read_manifests(dock.store, built.manifest)), dock.store)


def _extract(dock: Dock, image: Image, folder: Path) -> None:
    with telling(folder):
        folder.mkdir(parents=True, exist_ok=True)
    plan = extracting.plan(contents(dock, image), "/.", folder)
    dock.run(lambda task: extracting.execute(plan, task))


class _Scratch(Dock):
    """A dock with a store of its own, above another's."""

    def __init__(self, dock: Dock, folder: Path) -> None:
        super().__init__(console=dock.console, settings=dock.settings)
        self._scratch = Store(folder, base=dock.store)

    @property
    def store(self) -> Store:
        """The store, in which nothing stays."""
        return self._scratch


@contextmanager
def scratch(dock: Dock) -> Iterator[Dock]:
    """A dock whose store stands on this one's and is gone at the end."""
    with tempfile.TemporaryDirectory(dir=dock.store.room(), ignore_cleanup_errors=True) as folder:
        yield _Scratch(dock, Path(folder))


def _fields(text: str) -> dict[str, str]:
    if "=" not in text:
        return {"type": "tar" if text == "-" else "local", "dest": text}
    pairs = (each.partition("=") for each in next(csv.reader([text]), []))
    found = {name.strip().lower(): value.strip() for name, _, value in pairs}
    unknown = next((name for name in found if name not in _FIELDS), "")
    if unknown or "type" not in found:
        problem = f"unknown field {unknown}" if unknown else "it has no type"
        raise UsageError(f"invalid output {text!r}: {problem}", hint=_HINT)
    return found


def _output(fields: dict[str, str], text: str) -> Output:
    if fields["type"] not in _KINDS:
        raise UsageError(f"invalid output {text!r}: unknown type {fields['type']}", hint=_HINT)
    if fields.get("dest", "") in ("", "-"):
        raise UsageError("the output has no file", hint="add dest=FILE; without -o the image is put into the store")
    as_folder = not _is_true(fields, "tar", "true")
    if as_folder and fields["type"] != "oci":
        raise UsageError(f"type={fields['type']} takes no tar=false", hint="type=oci,tar=false makes a folder")
    found = Output(fields["type"], Path(fields["dest"]).expanduser(), as_folder)
    if found.is_file:
        check(found.dest)
    return found


def _is_true(fields: dict[str, str], name: str, default: str = "false") -> bool:
    """A field that is true or false. Raises UsageError."""
    value = fields.get(name, default).lower()
    if value not in _BOOLEANS:
        raise UsageError(f"invalid output: {name} cannot be {value}", hint=f"write {name}=true or {name}=false")
    return _BOOLEANS[value]


def _location(output: Output, name: str) -> Location:
    if output.kind == "docker":
        return Location("docker-archive", str(output.dest), name)
    return Location("oci" if output.as_folder else "oci-archive", str(output.dest), name)


def _name(names: tuple[Reference, ...]) -> str:
    return str(names[0]) if names else ""
