"""`nbdock/v1/layers`: what the pass found in each layer, so that no layer is read twice. The file may be deleted.

Each line is a layer blob: entries, docker's size, length of the tar, diff id, digest of the blob. Copies of a layer
that differ in compression share its diff id and facts. Lines are appended; the last line of a blob counts, and damaged
lines are ignored. Each starts with a line break, so that a line that was cut off does not spoil the next.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from nbdock.contents.layer import Pass, Readers, no_readers
from nbdock.errors import (
    BlobNotFound,
    DigestMismatch,
    IntegrityError,
    InvalidContent,
    NbdockError,
    StoreDamaged,
    StoreError,
)
from nbdock.oci import fields, media
from nbdock.oci.config import ImageConfig
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Manifest
from nbdock.oci.verify import Verifier, check_digest
from nbdock.places import Layer, LayerFacts, Read, Source
from nbdock.reading import read
from nbdock.store import disk
from nbdock.store.blobs import Blobs

_DIGEST = r"(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})"
_NUMBER = r"([0-9]{1,18})"
_LINE = re.compile(f"{_NUMBER} {_NUMBER} {_NUMBER} {_DIGEST} {_DIGEST}", re.ASCII)


class Facts:
    """The facts of a store's layers, and those of its base. `readers` makes further readers of each layer that is
    written."""

    def __init__(
        self,
        root: Path,
        blobs: Blobs,
        readers: Readers = no_readers,
        file: str = "nbdock/v1/layers",
        base: Facts | None = None,
    ) -> None:
        self._root, self._blobs, self._readers, self._base = root, blobs, readers, base
        self._path = root / file
        self._known: dict[Digest, LayerFacts] = {}
        self._lines: dict[str, str] = {}
        self._seen = (0, 0, 0)
        self._damaged: set[Digest] = set()
        self._reading = threading.Lock()

    def reading(self, algorithm: str = "sha256") -> Pass:
        """A pass over a blob that is being written; `algorithm` is that of its digest."""
        return Pass(self._readers, algorithm)

    def of(self, layer: Descriptor, read: Read | None = None) -> LayerFacts | None:
        """The layer's facts; reads the layer if needed. None if it is not in the store, or not a layer.

        `read` opens the blob in a way of its own, as one that tells how far it is. Raises what else that raises.
        """
        if not self.is_read(layer):
            with contextlib.suppress(BlobNotFound, IntegrityError, StoreError):
                return self._measured(layer, read=read)
        return self.known(layer.digest)

    def is_read(self, layer: Descriptor) -> bool:
        """Whether `of` need not, or cannot, read the layer."""
        return (
            self.known(layer.digest) is not None or not media.is_layer(layer.media_type) or not self._blobs.has(layer)
        )

    def known(self, digest: Digest) -> LayerFacts | None:
        """The facts of a blob, without reading it; None if it has not been read."""
        return self._known.get(digest) or self._recorded(digest) or self._older(digest) or self._below(digest)

    def check_layers(self, source: Source, manifest: Manifest) -> None:
        """Check the diff ids of the image's layers in the store, if the config can be parsed."""
        diff_ids: tuple[Digest, ...] = ()
        with contextlib.suppress(InvalidContent):
            diff_ids = ImageConfig.parse(read(source, manifest.config)).diff_ids
        for layer, diff_id in zip(manifest.layers, diff_ids, strict=False):
            if self._blobs.has(layer):
                self.check(Layer(layer, diff_id))

    def check(self, layer: Layer) -> None:
        """Check the diff id of a layer in the store.

        Raises DigestMismatch if it differs, InvalidContent if the blob is not a layer, BlobNotFound if the blob is
        damaged: `is_damaged` is then true of it until it is written again.
        """
        blob, expected = layer.descriptor, layer.diff_id
        found = self.of(blob)
        if expected and (found is None or found.diff_id.algorithm != expected.algorithm):
            found = self._reread(blob, expected.algorithm)
        if expected and found:
            _check_diff_id(blob, found.diff_id, expected)

    def is_damaged(self, digest: Digest) -> bool:
        """Whether the blob was found to be damaged."""
        return digest in self._damaged

    def keep(self, digest: Digest, facts: LayerFacts | None) -> None:
        """Save the facts of a blob that was written. If the store is read-only, each process reads the layer again."""
        self._damaged.discard(digest)
        if facts is None or self._known.get(digest) == facts:
            return
        self._known[digest] = facts
        with contextlib.suppress(OSError, StoreDamaged):
            disk.append(self._root, self._path, f"\n{_line(digest, facts)}".encode())

    def delete(self, digests: Iterable[Digest]) -> set[Digest]:
        """Delete the facts of deleted blobs; returns the diff ids that no other blob has."""
        gone = {str(digest) for digest in digests}
        for digest in map(Digest.parse, gone):
            self._known.pop(digest, None)
            self._lines.pop(str(digest), None)
            with contextlib.suppress(OSError):
                self._older_path(digest).unlink(missing_ok=True)
        with contextlib.suppress(OSError, NbdockError):
            with disk.open_file(self._root, self._path) as file:
                lines = file.readall().decode("ascii", "replace").split("\n")
            kept = [line for line in lines if line.rpartition(" ")[2] not in gone]
            if not any(kept):
                self._path.unlink()
            elif len(kept) < len(lines):
                disk.replace(self._root, self._path, "\n".join(kept).encode())
            return _diff_ids(set(lines).difference(kept)) - _diff_ids(kept)
        return set()

    def diff_ids(self) -> set[Digest]:
        """The diff ids of the blobs that are here, or in the base, and have been read."""
        self._load()
        read = [text for text, line in self._lines.items() if _facts(line)]
        here = (text for text in read if any(path.exists() for path in self._blobs.paths(Digest.parse(text))))
        return _diff_ids(map(self._lines.__getitem__, here)) | (self._base.diff_ids() if self._base else set())

    def _recorded(self, digest: Digest) -> LayerFacts | None:
        key = str(digest)
        if key not in self._lines:
            self._load()
        facts = _facts(self._lines.get(key, ""))
        if facts:
            self._known[digest] = facts
        return facts

    def _below(self, digest: Digest) -> LayerFacts | None:
        """From the base, in which nothing is written: files of an older nbdock there do not count."""
        base = self._base
        return (base._recorded(digest) or base._below(digest)) if base else None

    def _load(self) -> None:
        """Read what was appended to the file, or all of it if it was replaced."""
        with self._reading, contextlib.suppress(OSError, StoreDamaged), disk.open_file(self._root, self._path) as file:
            state = os.fstat(file.fileno())
            seen, (inode, end, _) = (state.st_ino, state.st_size, state.st_mtime_ns), self._seen
            if seen != self._seen:
                start = file.seek(end if inode == state.st_ino and end < state.st_size else 0)
                lines = file.read(state.st_size - start).decode("ascii", "replace").split("\n")
                found = {line.rpartition(" ")[2]: line for line in lines}
                if start:
                    self._lines.update(found)
                else:
                    self._lines = found
                self._seen = seen

    def _older(self, digest: Digest) -> LayerFacts | None:
        """From the file of an older nbdock, which may still use it."""
        with contextlib.suppress(OSError, NbdockError):
            with disk.open_file(self._root, self._older_path(digest)) as file:
                note = fields.load(file.readall(), "layer")
            sizes = (fields.integer(note, key) for key in ("files", "tar", "entries"))
            facts = LayerFacts(Digest.parse(fields.text(note, "diff_id")), *sizes)
            self.keep(digest, facts)
            return facts
        return None

    def _older_path(self, digest: Digest) -> Path:
        return self._root / "layers" / digest.algorithm / digest.hex

    def _measured(self, layer: Descriptor, algorithm: str = "sha256", read: Read | None = None) -> LayerFacts:
        """Read and verify the layer. Raises IntegrityError, BlobNotFound, StoreError."""
        reading, verifier = Pass(self._readers, layer.digest.algorithm, algorithm), Verifier(layer)
        for chunk in (read or partial(self._blobs.open, layer))():
            verifier.feed(chunk)
            reading.feed(chunk)
        verifier.finish()
        facts = reading.finish(layer.digest)
        if facts is None:
            raise InvalidContent(
                f"failed to extract layer {layer.digest}: {reading.error}",
                hint="pull the image again; if that fails too, it is broken in the registry",
            )
        if algorithm == "sha256":
            self.keep(layer.digest, facts)
        return facts

    def _reread(self, layer: Descriptor, algorithm: str) -> LayerFacts:
        try:
            return self._measured(layer, algorithm)
        except DigestMismatch:
            self._damaged.add(layer.digest)
            raise BlobNotFound(f"{layer.digest} is damaged in the store", hint="pull the image again") from None


def _check_diff_id(layer: Descriptor, actual: Digest, expected: Digest) -> None:
    message = f'layer verification failed for {layer.digest}: wrong diff id calculated on extraction "{actual}"'
    hint = f"the image's config has {expected}: the image was built incorrectly or tampered with"
    check_digest(actual, expected, message, hint)


def _line(digest: Digest, facts: LayerFacts) -> str:
    return f"{facts.entries} {facts.size} {facts.tar_size} {facts.diff_id} {digest}"


def _diff_ids(lines: Iterable[str]) -> set[Digest]:
    return {facts.diff_id for facts in map(_facts, lines) if facts}


def _facts(line: str) -> LayerFacts | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    entries, size, tar_size = map(int, match.group(1, 2, 3))
    return LayerFacts(Digest.parse(match[4]), size, tar_size, entries)
