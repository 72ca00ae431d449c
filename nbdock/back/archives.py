"""Archives of images, and OCI layouts in folders, that the file browser of a Jupyter server shows."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbdock.archives.archive import Archive, Held
from nbdock.back.backend import Backend
from nbdock.back.inside import Reading
from nbdock.back.questions import question
from nbdock.dock import locating
from nbdock.dock.dock import Dock
from nbdock.dock.transfer.inputs import blamed_on_file
from nbdock.dock.transfer.loading import bring
from nbdock.errors import InvalidContent, NotFound
from nbdock.oci import manifest as manifests
from nbdock.oci import media
from nbdock.oci.config import ImageConfig
from nbdock.oci.location import Location
from nbdock.oci.manifest import Manifest
from nbdock.reading import read
from nbdock.task import Task

_MOST_PLATFORMS = 20
_MOST_FILES = 10_000
Row = dict[str, Any]


@question
def archive(backend: Backend, dock: Dock, path: str) -> list[Row]:
    """The images of an archive or a layout, whose path is one of the file browser's."""

    @blamed_on_file()
    def listed(task: Task) -> list[Row]:
        found = _opened(backend, dock, path, task)
        return [_row(dock, found, f"@{number}", held, task) for number, held in enumerate(found.images)]

    return dock.run(listed)


@question
def layouts(backend: Backend, dock: Dock, path: str) -> list[str]:
    """The names of the folders in a folder of the file browser's that are OCI layouts."""
    at = _inside(backend.root, path)
    with contextlib.suppress(OSError):
        return [each.name for each in itertools.islice(at.iterdir(), _MOST_FILES) if (each / "oci-layout").is_file()]
    return []


@question
def load(backend: Backend, dock: Dock, path: str, images: list[str]) -> list[str]:
    """Load images of an archive, by the `key` of their rows, or all of them. Returns their names."""

    @blamed_on_file()
    def load(task: Task) -> list[str]:
        found = _opened(backend, dock, path, task)
        wanted = [found.find(each) for each in images] or found.images
        if not wanted:
            raise InvalidContent("the archive has no image", hint="name the images when you save them")
        return [each.name.shown for each in bring(dock, found, wanted, None, task)]

    return dock.facing(Reading(backend, f"load {path}", dock.console)).run(load)


def _opened(backend: Backend, dock: Dock, path: str, task: Task) -> Archive:
    at = _inside(backend.root, path)
    archive, _ = locating.opened(dock, Location("oci" if at.is_dir() else "docker-archive", str(at)), task)
    return archive


def _inside(root: Path | None, path: str) -> Path:
    """Where a path of the file browser leads, as long as it leads to nothing outside of its root. Raises NotFound."""
    missing = NotFound(f"there is no archive {path}", hint="name a file or folder that the file browser shows")
    if root is None or "\0" in path:
        raise missing
    top = root.resolve()
    at = (top / path.lstrip("/")).resolve()
    reached = (at, *at.glob("blobs"), *at.glob("blobs/*"))  # a layout's content may lie on another disk
    if not all(each.resolve().is_relative_to(top) for each in reached) or not (at.is_file() or at.is_dir()):
        raise missing
    return at


def _row(dock: Dock, archive: Archive, key: str, held: Held, task: Task) -> Row:
    """`size` is compressed; `here` is whether the store has the image for some platform."""
    task.check()
    complete = list(itertools.islice(_manifests(archive, held), _MOST_PLATFORMS))
    known = dock.store.images().by_id
    layers = {layer.digest: layer.size for manifest in complete for layer in manifest.layers}
    return {
        "key": key,
        "name": held.reference.familiar if held.reference else held.text,
        "digest": str(held.target.digest),
        "platforms": list(dict.fromkeys(_platform(archive, manifest) for manifest in complete)),
        "size": sum(layers.values()),
        "here": any(str(each.config.digest) in known for each in complete),
    }


def _manifests(archive: Archive, held: Held) -> Iterator[Manifest]:
    for descriptor in archive.complete(held.target):
        manifest = manifests.parse(read(archive, descriptor), descriptor.media_type)
        if isinstance(manifest, Manifest):
            yield manifest


def _platform(archive: Archive, manifest: Manifest) -> str:
    """What else is in layouts, as signatures and charts are, is called by its kind."""
    if manifest.config.media_type not in media.CONFIGS:
        return manifest.artifact_type or manifest.config.media_type
    return str(ImageConfig.parse(read(archive, manifest.config)).platform)
