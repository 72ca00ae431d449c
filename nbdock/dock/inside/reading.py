"""Read files out of the layers of an image, with progress where a layer is long."""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

from nbdock import human
from nbdock.contents.chunks import Chunks
from nbdock.contents.forward import Forward
from nbdock.contents.inflate import inflated
from nbdock.contents.listed import is_listed
from nbdock.errors import InvalidContent, NotFound, Refused
from nbdock.task import State, Task

if TYPE_CHECKING:
    from nbdock.contents.visible import File
    from nbdock.dock.dock import Dock
    from nbdock.dock.inside.contents import Contents
    from nbdock.places import Layer

_LONG = 1 << 25
"""Bytes of a layer that take long enough to read that progress is worth a look."""
_IN_MEMORY = 1 << 24
_CHUNK = 1 << 20
Content: TypeAlias = "Callable[[File], Iterator[bytes | memoryview]]"


def opened(dock: Dock, contents: Contents, path: str) -> IO[bytes]:
    """The file at a path, to read and seek in. What is longer than 16 MiB is in a temporary file until it is closed.

    Raises NotFound, Refused, InvalidContent, BlobNotFound.
    """
    file = regular(contents, path)
    check_room(Path(tempfile.gettempdir()), file.size if file.size > _IN_MEMORY else 0)
    made = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (the caller closes it)

    def read(task: Task) -> None:
        for piece in chunks(contents, file, task):
            made.write(piece)

    dock.run(read)
    made.seek(0)
    return made


def regular(contents: Contents, path: str) -> File:
    """The regular file at a path. Raises NotFound; Refused for anything else."""
    file = contents.visible.find(path)
    if file.link and file.type == "broken hardlink":
        raise NotFound(f"{path} is a hard link to {file.link}, which is not there", hint="the layer is incomplete")
    if file.type != "file":
        raise Refused(f"{path} is a {file.type}, not a file", hint="`files IMAGE PATH` lists a folder, `cp` copies it")
    return file


def chunks(contents: Contents, file: File, task: Task) -> Iterator[bytes | memoryview]:
    """The content of a file. Raises IntegrityError, BlobNotFound, Cancelled."""
    return reader(contents, file.layer, {file.row}, task)(file)


def reader(contents: Contents, position: int, rows: Collection[int], task: Task) -> Content:
    """Reads the content of files of one layer, which have these rows there, one after the other in their order.

    Of a listed layer only their chunks are fetched; any other layer is read once, up to the last of them.
    """
    layer, table = contents.image.layers[position], contents.tables[position]
    if is_listed(table):
        chunks = Chunks(table, rows, Parts(layer, task).fetch)
        return lambda file: chunks.file(file.row)
    tar = Forward(told(layer, task))

    def read(file: File) -> Iterator[bytes | memoryview]:
        if file.offset is None:
            return unpacked(told(layer, task)(0), file)
        return tar.part(file.offset, file.size)

    return read


class Parts:
    """Parts of a layer's blob. If its place sends none after all, the whole blob is read once, forwards."""

    def __init__(self, layer: Layer, task: Task) -> None:
        self._layer, self._task = layer, task
        self._blob = Forward(told(layer, task), as_it_is=True)

    def fetch(self, start: int, length: int) -> bytes:
        """Some bytes of the blob, which lie behind those before. Raises BlobNotFound, InvalidContent, Cancelled."""
        self._task.check()
        found = self._layer.part(start, length)
        return b"".join(self._blob.part(start, length)) if found is None else found


def told(layer: Layer, task: Task) -> Callable[[int], Iterator[bytes]]:
    """Opens a layer's blob at a byte. A long one tells its progress; each stops when the task is cancelled."""

    def open(start: int) -> Iterator[bytes]:
        blob, chunks = layer.descriptor, layer.open(start)
        if blob.size < _LONG:
            return task.watched(chunks)
        return task.telling(blob, chunks, State.READING, State.READ, start)

    return open


def unpacked(layer: Iterable[bytes], file: File) -> Iterator[bytes]:
    """The content of a sparse file, with its holes, as Python's tarfile unpacks it."""
    try:
        with tarfile.open(fileobj=io.BufferedReader(_Stream(inflated(layer)), _CHUNK), mode="r|") as tar:
            member = next(islice(tar, file.row, None), None)
            content = tar.extractfile(member) if member and member.size == file.size else None
            while content and (piece := content.read(_CHUNK)):
                yield piece
    except tarfile.TarError as error:
        raise InvalidContent(f"{file.path} cannot be unpacked: {error}") from None
    if content is None:
        raise InvalidContent(f"{file.path} is sparse in a way that is not known", hint="unpack the image with umoci")


def check_room(folder: Path, needed: int) -> None:
    """Raises Refused if the disk of a folder has no room for so many bytes: an image may claim any."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise Refused(
            f"not enough room in {folder}: {human.size(needed)} are needed, {human.size(free)} are free",
            hint="choose another folder, or fewer files; TMPDIR names the folder of temporary files",
        )


class _Stream(io.RawIOBase):
    """Chunks as a file to read forwards."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._held = chunks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._held = self._held or next(self._chunks, b"")
        piece, self._held = self._held[: len(buffer)], self._held[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)
