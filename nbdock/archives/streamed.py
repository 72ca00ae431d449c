"""An archive that is read as it streams by: documents are held, layers are read in passing, and nothing is kept on
disk. This is how an engine's images and compressed archives are looked into.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from nbdock.archives.files import HEAD, Entries, missing, no_archive, path_of
from nbdock.contents.header import Entry, Kind
from nbdock.contents.inflate import detect_archive, inflated
from nbdock.contents.layer import Pass
from nbdock.contents.tar import Taker, Walk
from nbdock.errors import InvalidContent
from nbdock.oci import fields, media
from nbdock.oci.digest import Digest
from nbdock.places import LayerFacts

Reopen = Callable[[], Iterable[bytes]]
Keep = Callable[[Digest, LayerFacts], object]
_MAX_HELD = 1 << 25


@dataclass(frozen=True, slots=True)
class _Part:
    """What is known of a file that streamed by. `held` are the bytes of a document."""

    size: int
    digest: Digest
    compression: str
    held: bytes | None = None


class Streamed:
    """The files of an archive that `reopen` streams. What the pass finds in each layer goes to `keep`."""

    def __init__(self, reopen: Reopen, parts: Entries[_Part]) -> None:
        self._reopen, self._parts = reopen, parts

    @classmethod
    def read(cls, reopen: Reopen, reading: Callable[[], Pass], keep: Keep) -> Self:
        """Read the archive once; `reading` makes the pass over a layer. Raises InvalidContent."""
        passing = _Passing(reading, keep)
        walk = Walk(passing.visit)
        try:
            for piece in inflated(reopen(), archive=True):
                walk.feed(piece)
            walk.finish()
        except InvalidContent as error:
            raise no_archive(error) from None
        return cls(reopen, passing.parts)

    def size(self, path: str) -> int | None:
        part = self._parts.find(path)
        return part.size if part else None

    def compression(self, path: str) -> str:
        return self._part(path).compression

    def digest(self, path: str) -> Digest:
        return self._part(path).digest

    def open(self, path: str, start: int = 0) -> Iterator[bytes]:
        """A document, or else the file once more, from a stream that begins again."""
        part = self._part(path)
        return iter([part.held[start:]]) if part.held is not None else self._again(part, start)

    def note(self) -> dict[str, Any]:
        """What `recall` needs to know the archive again, as JSON."""
        found = self._parts.found
        return {
            "links": {path: part for path, part in found.items() if isinstance(part, str)},
            "files": {path: _noted(part) for path, part in found.items() if isinstance(part, _Part)},
        }

    @classmethod
    def recall(cls, note: fields.JSON, reopen: Reopen) -> Self:
        """The archive of a note. Raises InvalidContent."""
        parts: Entries[_Part] = Entries()
        files = fields.mapping(note, "files")
        parts.found = {**fields.string_map(note, "links"), **{path: _recalled(files, path) for path in files}}
        return cls(reopen, parts)

    def _part(self, path: str) -> _Part:
        part = self._parts.find(path)
        if part is None:
            raise missing(path)
        return part

    def _again(self, part: _Part, start: int) -> Iterator[bytes]:
        """The bytes of the first file with this digest: the path may be any of several."""
        paths = {path for path, each in self._parts.found.items() if each == part}
        taken: list[bytes] = []

        def visit(entry: Entry) -> Taker | None:
            is_it = entry.kind is Kind.FILE and path_of(entry.path) in paths
            return (lambda piece: taken.append(bytes(piece))) if is_it else None

        walk, passed = Walk(visit), 0
        for piece in inflated(self._reopen(), archive=True):
            walk.feed(piece)
            for chunk in taken:
                skipped = min(max(start - passed, 0), len(chunk))
                passed += len(chunk)
                if skipped < len(chunk):
                    yield chunk[skipped:]
            taken.clear()
            if passed >= part.size:
                return


class _Passing:
    """A visitor of the archive's own tar."""

    def __init__(self, reading: Callable[[], Pass], keep: Keep) -> None:
        self.parts: Entries[_Part] = Entries()
        self._reading, self._keep = reading, keep
        self._held = 0

    def visit(self, entry: Entry) -> Taker | None:
        if entry.kind is not Kind.FILE or not entry.size:
            self.parts.add(entry, _Part(0, Digest.of(b""), "", b""))
            return None
        self.parts.add(entry, _Part(entry.size, Digest.of(b""), ""))  # until it has passed
        return _Passed(entry, self._reading(), partial(self._add, path_of(entry.path))).take

    def _add(self, path: str, part: _Part, facts: LayerFacts | None) -> None:
        self._held += len(part.held or b"")
        if self._held > _MAX_HELD:
            raise InvalidContent("the archive has too many documents")
        self.parts.found[path] = part
        if facts:
            self._keep(part.digest, facts)


class _Passed:
    """One file of the archive: hashed, read as the layer that it may be, and held if it may be a document."""

    def __init__(self, entry: Entry, reading: Pass, done: Callable[[_Part, LayerFacts | None], object]) -> None:
        self._left = self._size = entry.size
        self._reading, self._done = reading, done
        self._hash = hashlib.sha256()
        self._head = b""
        self._held: bytearray | None = bytearray() if entry.size <= media.MAX_CONFIG else None

    def take(self, piece: memoryview) -> None:
        """Take the next bytes."""
        chunk = bytes(piece)
        self._head += chunk[: HEAD - len(self._head)]
        if not self._head.lstrip().startswith((b"{", b"[")):
            self._held = None
        if self._held is not None:
            self._held += chunk
        self._hash.update(chunk)
        self._reading.feed(chunk)
        self._left -= len(chunk)
        if not self._left:
            self._finish()

    def _finish(self) -> None:
        digest = Digest("sha256", self._hash.hexdigest())
        held = bytes(self._held) if self._held is not None else None
        part = _Part(self._size, digest, detect_archive(self._head), held)
        self._done(part, None if held is not None else self._reading.finish(digest))


def _noted(part: _Part) -> dict[str, Any]:
    held = {} if part.held is None else {"held": base64.b64encode(part.held).decode()}
    return {"size": part.size, "digest": str(part.digest), "compression": part.compression, **held}


def _recalled(files: fields.JSON, path: str) -> _Part:
    note = fields.mapping(files, path)
    digest, held = Digest.parse(fields.text(note, "digest")), None
    if "held" in note:
        try:
            held = base64.b64decode(fields.text(note, "held"), validate=True)
        except binascii.Error as error:
            raise InvalidContent(f"{path}: {error}") from None
    return _Part(fields.integer(note, "size"), digest, fields.text(note, "compression"), held)
