"""Measure inflating, hashing and walking a layer, separately and in one pass, beside the standard library.

    python benchmarks/layer.py [folder]

The layer holds files of the folder, /usr by default, up to 400 MB of tar. Prints medians of five rounds.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import statistics
import sys
import tarfile
import tempfile
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from nbdock.contents.inflate import Inflater
from nbdock.contents.layer import Pass
from nbdock.contents.tar import Sizes, Walk
from nbdock.oci.digest import Digest
from nbdock.places import LayerFacts

TAR_SIZE = 400_000_000
LARGE = 1 << 18
CHUNK = 1 << 18
ROUNDS = 5


@dataclass(frozen=True)
class Layer:
    """One layer: a file, its tar in chunks, and its blob in chunks."""

    path: Path
    tar: list[bytes]
    blob: list[bytes]
    digest: Digest

    def inflate(self) -> None:
        inflater = Inflater()
        drain(data for chunk in self.blob for data in inflater.feed(chunk))

    def inflate_with_zlib(self) -> None:
        drain(map(zlib.decompressobj(31).decompress, self.blob))

    def hash(self) -> None:
        drain(map(hashlib.sha256().update, self.tar))

    def walk(self) -> None:
        drain(map(Walk(Sizes().add).feed, self.tar))

    def walk_with_tarfile(self) -> None:
        with tarfile.open(self.path.with_suffix("")) as archive:
            drain(archive)

    def read(self) -> LayerFacts | None:
        reading = Pass()
        drain(map(reading.feed, self.blob))
        return reading.finish(self.digest)

    def inflate_and_walk_with_tarfile(self) -> None:
        with tarfile.open(self.path, "r|gz") as archive:
            drain(archive)


def main(folder: str = "/usr") -> None:
    with tempfile.TemporaryDirectory() as temporary:
        layer = made(Path(temporary) / "layer.tar.gz", Path(folder))
        facts = layer.read()
        assert facts
        size = sum(map(len, layer.blob))
        print(f"{size / 1e6:.0f} MB gzip, {facts.tar_size / 1e6:.0f} MB tar, {facts.entries} entries")
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
        for step in (
            layer.inflate,
            layer.inflate_with_zlib,
            layer.hash,
            layer.walk,
            layer.walk_with_tarfile,
            layer.read,
            layer.inflate_and_walk_with_tarfile,
        ):
            seconds = statistics.median(timed(step) for _ in range(ROUNDS))
            name, speed, rate = step.__name__.replace("_", " "), facts.tar_size / seconds, facts.entries / seconds
            print(f"{name:30} {seconds:6.2f} s {speed / 1e6:8.0f} MB/s {rate / 1e3:8.0f} k entries/s")


def made(path: Path, folder: Path) -> Layer:
    """A layer of the folder's files in the order of their names, without the largest ones."""
    plain = path.with_suffix("")
    with tarfile.open(plain, "w", format=tarfile.GNU_FORMAT) as archive:
        for file in sorted(folder.rglob("*")):
            if archive.offset > TAR_SIZE:
                break
            if file.is_symlink() or file.is_dir() or (file.is_file() and file.stat().st_size < LARGE):
                archive.add(file, recursive=False)
                archive.members = []
    tar = plain.read_bytes()
    blob = gzip.compress(tar, 6)
    path.write_bytes(blob)
    return Layer(path, cut(tar), cut(blob), Digest.of(blob))


def cut(content: bytes) -> list[bytes]:
    return [content[start : start + CHUNK] for start in range(0, len(content), CHUNK)]


def drain(items: Iterable[object]) -> None:
    deque(items, maxlen=0)


def timed(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


if __name__ == "__main__":
    main(*sys.argv[1:])
