"""Layers as a builder writes them: gzipped tars whose bytes depend on nothing but what is in them."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import PurePosixPath
from typing import TypeAlias

Entry: TypeAlias = tuple[tarfile.TarInfo, bytes]

# What BuildKit writes for WORKDIR where the folder is there already: a layer of an empty tar.
EMPTY = bytes.fromhex("1f8b08000000000000ff621805a360148c5800080000ffff2eafb5ef00040000")
BUILT = 1_731_000_000  # 2024-11-07T17:20:00Z


def layer(*entries: Entry) -> bytes:
    """The entries as a gzipped tar."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, content in entries:
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)


def directory(path: str, mode: int = 0o755, owner: int = 0) -> Entry:
    info = _info(path, tarfile.DIRTYPE, mode)
    info.uid = info.gid = owner
    return info, b""


def file(path: str, content: bytes, mode: int = 0o644) -> Entry:
    info = _info(path, tarfile.REGTYPE, mode)
    info.size = len(content)
    return info, content


def symlink(path: str, target: str) -> Entry:
    info = _info(path, tarfile.SYMTYPE, 0o777)
    info.linkname = target
    return info, b""


def hard_link(path: str, target: str) -> Entry:
    info = _info(path, tarfile.LNKTYPE, 0o755)
    info.linkname = target
    return info, b""


def whiteout(path: str) -> Entry:
    """The file of a lower layer is gone (OCI image spec, layer.md)."""
    gone = PurePosixPath(path)
    return file(str(gone.with_name(f".wh.{gone.name}")), b"", 0)


def _info(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.type, info.mode, info.mtime = kind, mode, BUILT
    return info
