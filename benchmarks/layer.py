"""How fast a layer passes: inflated, hashed, walked, and all of it at once, beside the standard library.

    python benchmarks/layer.py [folder]

The layer holds files of the folder, /usr where none is named, up to 400 MB of tar. Prints medians of five rounds.
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
from nbdock.contents.layer import LayerCheck, checked
from nbdock.contents.tar import Sizes, Walk
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest

TAR_SIZE = 400_000_000
LARGE = 1 << 18
CHUNK = 1 << 18
ROUNDS = 5


@dataclass(frozen=True)
class Layer:
    """The same layer as a file, as its tar and as what a registry sends, in chunks."""

    path: Path
    tar: list[bytes]
    blob: list[bytes]
    descriptor: Descriptor
    diff_id: Digest

    def inflate(self) -> None:
        inflater = Inflater("gzip")
        drain(piece for chunk in self.blob for piece in inflater.feed(chunk))

    def inflate_with_zlib(self) -> None:
        drain(map(zlib.decompressobj(31).decompress, self.blob))

    def hash(self) -> None:
        drain(map(hashlib.sha256().update, self.tar))

    def walk(self) -> None:
        drain(map(Walk(Sizes().add).feed, self.tar))

    def walk_with_tarfile(self) -> None:
        with tarfile.open(self.path.with_suffix("")) as archive:
            drain(archive)

    def check(self) -> LayerCheck:
        check = LayerCheck(self.descriptor, self.diff_id)
        drain(checked(self.blob, check))
        return check

    def inflate_and_walk_with_tarfile(self) -> None:
        with tarfile.open(self.path, "r|gz") as archive:
            drain(archive)


def main(folder: str = "/usr") -> None:
    with tempfile.TemporaryDirectory() as temporary:
        layer = made(Path(temporary) / "layer.tar.gz", Path(folder))
        unpacked = layer.check().unpacked
        print(f"{layer.descriptor.size / 1e6:.0f} MB gzip, {unpacked.tar / 1e6:.0f} MB tar, {unpacked.entries} entries")
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
        for step in (
            layer.inflate,
            layer.inflate_with_zlib,
            layer.hash,
            layer.walk,
            layer.walk_with_tarfile,
            layer.check,
            layer.inflate_and_walk_with_tarfile,
        ):
            seconds = statistics.median(timed(step) for _ in range(ROUNDS))
            name, speed, rate = step.__name__.replace("_", " "), unpacked.tar / seconds, unpacked.entries / seconds
            print(f"{name:30} {seconds:6.2f} s {speed / 1e6:8.0f} MB/s {rate / 1e3:8.0f} k entries/s")


def made(path: Path, folder: Path) -> Layer:
    """A layer of the folder's first files but the largest ones, in the order of their names."""
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
    return Layer(path, cut(tar), cut(blob), Descriptor.of(media.OCI_LAYER + "+gzip", blob), Digest.of(tar))


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
