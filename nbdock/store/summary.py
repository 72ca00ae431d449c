"""`nbdock/v1/images`: what `ls` shows of each image, so that a new process reads one file and not two per image.

Each line is a checksum (half of the SHA-256 of the JSON), a space and the JSON of one summary. Lines are appended; the
last line of a manifest counts, and lines whose checksum is wrong are ignored. A summary is trusted as long as the files
of the manifest and the config have the size and the modification time that they had when they were read and verified.
The file may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from nbdock.errors import StoreDamaged, StoreError
from nbdock.oci.config import ImageConfig
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.manifest import Manifest
from nbdock.places import Source
from nbdock.reading import check_image, read
from nbdock.store import disk

_LONGEST = 64 * 1024
_MANY = 1000

Stamp = tuple[str, str, int, int]
"""Media type, digest, size in bytes and modification time in nanoseconds."""
Row = Sequence[Any]
"""Media type, digest, size in bytes and diff id of a layer ("" if the config has none), then its URLs."""
At = tuple[str, str, int]
"""Media type, digest and size of a manifest."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What `ls` shows of an image, from its manifest and its config. `size` is docker's, None until it is measured."""

    manifest: Stamp
    config: Stamp
    layers: Sequence[Row]
    created: str
    platform: Sequence[str]
    user: str
    exposed_ports: Sequence[str]
    labels: Mapping[str, str]
    size: int | None = None

    @property
    def misfit(self) -> str:
        """Why some layers have no diff id; "" if all have one."""
        known = sum(bool(layer[3]) for layer in self.layers)
        return f"{len(self.layers)} layers, its config {known} diff ids" if known < len(self.layers) else ""


class Summaries:
    """The summaries of a store's images, and those of its base."""

    def __init__(self, root: Path, source: Source, base: Summaries | None = None) -> None:
        self._root, self._source, self._base = root, source, base
        self._path = root / "nbdock" / "v1" / "images"
        self._known: dict[At, Summary] = {}
        self._lines = 0

    def of(self, image: Descriptor) -> Summary:
        """The image's summary, verified once per process; above a base each time, since its content may go.

        Raises InvalidContent if it is not an image, BlobNotFound, IntegrityError, StoreError.
        """
        at = (image.media_type, str(image.digest), image.size)
        known = self._known.get(at)
        if known is None or (self._base and not self._is_current(known)):
            kept = self._find(at)
            known = self._known[at] = kept if kept and self._is_current(kept) else self._read(image)
        return known

    def measured(self, summary: Summary, size: int) -> None:
        """Save a summary once the image's size is known, unless the store is read-only."""
        made = self._known[summary.manifest[:3]] = replace(summary, size=size)
        line = _line(made)
        if summary.size is None and len(line) < _LONGEST:
            with contextlib.suppress(OSError, StoreDamaged):
                disk.append(self._root, self._path, line)

    def clear(self) -> None:
        """Delete the file: the store has no images."""
        self._known.clear()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def tidy(self, count: int) -> None:
        """Rewrite the file if most of its lines are outdated; the store has `count` images."""
        if self._lines > 2 * count + _MANY:
            lines = [_line(summary) for summary in self._known.values() if summary.size is not None]
            with contextlib.suppress(StoreError):
                disk.replace(self._root, self._path, b"".join(lines))
                self._lines = len(lines)

    @cached_property
    def _kept(self) -> dict[At, Summary]:
        """The summaries in the file."""
        lines: list[bytes] = []
        with contextlib.suppress(OSError, StoreDamaged), disk.open_file(self._root, self._path) as file:
            lines = file.readall().split(b"\n")
        self._lines = len(lines)
        return {summary.manifest[:3]: summary for summary in map(_parsed, lines) if summary}

    def _find(self, at: At) -> Summary | None:
        return self._known.get(at) or self._kept.get(at) or (self._base._find(at) if self._base else None)

    def _is_current(self, summary: Summary) -> bool:
        """Whether the files are as they were when they were verified."""
        return all(self._stamp(*each[:3]) == each for each in (summary.manifest, summary.config))

    def _read(self, image: Descriptor) -> Summary:
        stamp = self._stamp(image.media_type, str(image.digest), image.size)
        manifest = Manifest.parse(read(self._source, image), image.media_type)
        check_image(manifest)
        kept = self._stamp(manifest.config.media_type, str(manifest.config.digest), manifest.config.size)
        config = ImageConfig.parse(read(self._source, manifest.config))
        return Summary(
            stamp,
            kept,
            list(map(_row, manifest.layers, chain(map(str, config.diff_ids), repeat("")))),
            config.created.isoformat() if config.created else "",
            (config.platform.os, config.platform.architecture, config.platform.variant),
            config.user,
            config.exposed_ports,
            config.labels,
        )

    def _stamp(self, media_type: str, digest: str, size: int) -> Stamp:
        """With the file's modification time, or 0 if the file is missing or of another size."""
        with contextlib.suppress(OSError):
            found = os.lstat(f"{self._root}/blobs/{digest.replace(':', '/')}")
            if found.st_size == size:
                return media_type, digest, size, found.st_mtime_ns
        return self._base._stamp(media_type, digest, size) if self._base else (media_type, digest, size, 0)


def _row(layer: Descriptor, diff_id: str) -> Row:
    return [layer.media_type, str(layer.digest), layer.size, diff_id, *layer.urls]


def _line(summary: Summary) -> bytes:
    """Starts with a line break, so that a line that was cut off does not spoil this one."""
    text = json.dumps([getattr(summary, each.name) for each in fields(summary)], separators=(",", ":")).encode()
    return b"\n%s %s" % (_check(text), text)


def _parsed(line: bytes) -> Summary | None:
    """None for a line that was cut off, or that nbdock did not write: a stranger's layout may have this file too."""
    check, _, text = line.partition(b" ")
    if not text or _check(text) != check:
        return None
    with contextlib.suppress(ValueError, RecursionError):
        match json.loads(text):
            case [
                [str(), str(), int(), int()] as manifest,
                [str(), str(), int(), int()] as config,
                [*layers],
                str(),
                [str(), str(), str()],
                str(),
                [*ports],
                {**labels},
                int() | None,
            ] as values if all(map(_is_row, layers)) and _are_texts(ports, labels.values()):
                return Summary(tuple(manifest), tuple(config), *values[2:])
    return None


def _is_row(value: object) -> bool:
    match value:
        case [str(), str(), int(), str(), *urls]:
            return _are_texts(urls)
    return False


def _are_texts(*values: Iterable[object]) -> bool:
    return all(isinstance(each, str) for each in chain(*values))


def _check(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:32].encode()
