"""Find images by where they are: in an archive, a folder or an engine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

from nbdock.archives import files as archive_files
from nbdock.archives.archive import Archive, Held
from nbdock.archives.files import Folder
from nbdock.archives.streamed import Reopen, Streamed
from nbdock.dock.elsewhere import Elsewhere, OnDisk
from nbdock.dock.transfer.inputs import blamed_on_file
from nbdock.errors import InvalidContent
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.location import Location
from nbdock.oci.platform import Platform
from nbdock.places import Name
from nbdock.reading import chosen, image_of, read_manifests
from nbdock.task import State, Task

if TYPE_CHECKING:
    from nbdock.dock.dock import Dock
    from nbdock.engines.images import EngineImage
    from nbdock.places import Image
    from nbdock.store import Match
    from nbdock.store.cache import Cache

_REMEMBERED = 4
_JOBS = 3
Opened: TypeAlias = "tuple[Archive, Elsewhere]"


def find(dock: Dock, location: Location, text: str, platform: Platform | None) -> Match:
    """The image in an archive, a folder or an engine; its layers are read unless they are known.

    `text` is the location as it was typed. If no platform is given, it is the dock's, or the first that is complete.

    Raises ImageNotFound, NotFound, PlatformNotFound, IntegrityError, Refused, RegistryError, Interrupted.
    """
    from nbdock.store import Match

    def read(task: Task) -> Image:
        wanted = platform or dock.settings.platform
        with blamed_on_file():
            archive, place = opened(dock, location, task)
            held = archive.find("" if location.is_engine else location.name)
            chosen_platform = archive.platform(held.target, wanted, strict=platform is not None)
            image = _read(place, held, text, chosen_platform)
            _examine(dock, place, [image], task)
            return image

    image = dock.run(read)
    return Match(image, image.names[0])


def images(dock: Dock, location: Location) -> list[Image]:
    """Every image of an archive or a folder, each for the dock's platform or the first that is complete."""

    @blamed_on_file()
    def read(task: Task) -> list[Image]:
        archive, place = opened(dock, location, task)
        wanted = [archive.find(location.name)] if location.name else archive.images
        found: dict[Digest, Image] = {}
        for each in wanted:
            platform = archive.platform(each.target, dock.settings.platform, strict=False)
            where = str(replace(location, name=each.text or f"@{archive.images.index(each)}"))
            image = _read(place, each, where, platform)
            found[image.id] = image.under((*(found[image.id].names if image.id in found else ()), *image.names))
        _examine(dock, place, list(found.values()), task)
        return list(found.values())

    return dock.run(read)


def of_engine(dock: Dock, location: Location) -> list[EngineImage]:
    """Every image of an engine, or the one that is named. Raises ImageNotFound, RegistryError, Interrupted."""

    def read(task: Task) -> list[EngineImage]:
        engine = dock.engine(location.engine, task)
        return [engine.image(location.name)] if location.name else list(engine.images())

    return dock.run(read)


def opened(dock: Dock, location: Location, task: Task) -> Opened:
    """What is at a location, to look into. Raises NotFound, Refused, IntegrityError, RegistryError, Cancelled."""
    if location.is_engine:
        return _of_engine(dock, location, task)
    path = Path(location.path)
    state = _state(path / "index.json" if location.where == "oci" else path)
    asked = _Asked(location.where == "oci", path, state, dock.store.cache, task)
    return _opened(asked) if state else _read_file(asked)


@dataclass(frozen=True)
class _Asked:
    """A file or folder, and its state: what is remembered of it holds as long as that is the same."""

    is_folder: bool
    path: Path
    state: tuple[int, ...]
    cache: Cache
    task: Task = field(compare=False)

    @property
    def key(self) -> str:
        """What notes on it are kept under."""
        return f"{self.path.name} {self.state}"


@lru_cache(_REMEMBERED)
def _opened(asked: _Asked) -> Opened:
    return _read_file(asked)


def _read_file(asked: _Asked) -> Opened:
    if asked.is_folder:
        folder = Archive(Folder(asked.path))
        return folder, OnDisk(folder, asked.cache, asked.key)
    file, is_plain = archive_files.opened(asked.path)
    if is_plain:
        archive = Archive(archive_files.Tar(file))
        return archive, OnDisk(archive, asked.cache, asked.key)

    def again() -> Iterator[bytes]:
        with archive_files.opened(asked.path)[0] as begun:
            yield from _told(begun, asked.path, asked.state, asked.task)

    file.close()
    return _streamed(asked.cache, asked.key if asked.state else "", again)


def _streamed(cache: Cache, key: str, again: Reopen) -> Opened:
    """An archive that was read once, or is read now and noted under its key."""
    note = cache.recall(key) if key else None
    if note is not None:
        try:
            archive = Archive(Streamed.recall(note, again))
            return archive, Elsewhere(archive, cache)
        except InvalidContent:
            pass  # a note of another version
    streamed = Streamed.read(again, cache.reading, cache.keep)
    if key:
        cache.note(key, streamed.note())
    archive = Archive(streamed)
    return archive, Elsewhere(archive, cache)


def _of_engine(dock: Dock, location: Location, task: Task) -> Opened:
    kind, name = location.engine, location.named
    image = dock.engine(kind, task).image(name)
    return _streamed(dock.store.cache, f"{kind} {image.id}", lambda: dock.engine(kind, task).save([name]))


def _read(place: Elsewhere, held: Held, text: str, platform: Platform | None) -> Image:
    descriptor, manifest = chosen(read_manifests(place, held.target, platform))
    image = image_of(place, descriptor, manifest, place)
    return replace(image, names=(Name(held.reference, held.target, descriptor),), location=text)


def _examine(dock: Dock, place: Elsewhere, found: list[Image], task: Task) -> None:
    """Read the layers that are not known, and keep the cache within its bounds."""
    layers = list(dict.fromkeys(layer for image in found for layer in image.layers))
    task.spread(lambda layer: place.examine(layer, task), layers, _JOBS)
    dock.store.cache.trim()


def _state(path: Path) -> tuple[int, ...]:
    """What differs after the file was changed; empty if it is no file that can be read twice."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns) if path.is_file() else ()


def _told(file: IO[bytes], path: Path, state: tuple[int, ...], task: Task) -> Iterator[bytes]:
    """The bytes of a file, with progress."""
    whole = Descriptor(media.OCTETS, Digest.of(os.fsencode(path)), state[2] if state else 0)
    return task.telling(whole, archive_files.chunks(file), State.READING, State.READ)
