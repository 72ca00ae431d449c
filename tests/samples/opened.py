"""Samples read with gzip and tarfile, which share no code with what made them."""

from __future__ import annotations

import gzip
import io
import posixpath
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

from nbdock import Reference
from nbdock.oci.config import ImageConfig
from nbdock.oci.manifest import Index, Manifest, parse
from nbdock.reading import read
from nbdock.store import Store

OPAQUE = ".wh..wh..opq"


@dataclass(frozen=True)
class Opened:
    """One image: its manifest, its config, and its layers as tars."""

    manifest: Manifest
    config: ImageConfig
    tars: list[bytes]

    @property
    def sizes(self) -> list[int]:
        """Docker's size of each layer: file bytes, and the length of what symlinks point at."""
        return [
            sum(info.size if info.isreg() else len(info.linkname) * info.issym() for info, _ in entries(tar))
            for tar in self.tars
        ]

    def files(self) -> dict[str, tuple[object, ...]]:
        """The files of a container: path to type, mode, owner, target and content."""
        seen: dict[str, tuple[object, ...]] = {}
        for tar in self.tars:
            for info, content in entries(tar):
                folder, name = posixpath.split(info.name)
                if name == OPAQUE:
                    _remove(seen, folder, itself=False)
                elif name.startswith(".wh."):
                    _remove(seen, posixpath.join(folder, name.removeprefix(".wh.")), itself=True)
                else:
                    seen[info.name] = (info.type, info.mode, info.uid, info.gid, info.linkname, content)
        return seen


def opened(samples: Store, name: str) -> list[Opened]:
    """The images behind a name: one, or one for each platform."""
    descriptor = samples.resolve(Reference.parse(name))
    target = parse(read(samples, descriptor))
    if isinstance(target, Manifest):
        return [_opened(samples, target)]
    assert isinstance(target, Index)
    return [_opened(samples, Manifest.parse(read(samples, child))) for child in target.images]


def entries(tar: bytes) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as files:
        for info in files:
            content = files.extractfile(info) if info.isreg() else None
            yield info, content.read() if content else b""


def _opened(samples: Store, manifest: Manifest) -> Opened:
    tars = [gzip.decompress(b"".join(samples.open(layer))) for layer in manifest.layers]
    return Opened(manifest, ImageConfig.parse(read(samples, manifest.config)), tars)


def _remove(seen: dict[str, tuple[object, ...]], path: str, itself: bool) -> None:
    for removed in [known for known in seen if known.startswith(f"{path}/") or (itself and known == path)]:
        del seen[removed]
