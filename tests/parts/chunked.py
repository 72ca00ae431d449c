"""eStargz layers (containerd/stargz-snapshotter, docs/estargz.md). podman makes those of zstd:chunked."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor

ANNOTATION = "containerd.io/snapshot/stargz/toc.digest"
INDEX = "stargz.index.json"
TYPES = {
    tarfile.REGTYPE: "reg",
    tarfile.DIRTYPE: "dir",
    tarfile.SYMTYPE: "symlink",
    tarfile.LNKTYPE: "hardlink",
    tarfile.CHRTYPE: "char",
    tarfile.BLKTYPE: "block",
    tarfile.FIFOTYPE: "fifo",
}
XATTR = "SCHILY.xattr."
Entry = dict[str, Any]


def estargz(tar: bytes, chunk: int = 1 << 22) -> tuple[bytes, str]:
    """The layer of a tar, and the digest of its table of contents."""
    blob, entries, pending = bytearray(), list[Entry](), b""
    with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
        for member in opened:
            pending += tar[member.offset : member.offset_data]
            entry = _entry(member)
            content = tar[member.offset_data : member.offset_data + member.size] if member.isreg() else b""
            if content:
                blob += _compressed(pending)
                pending = bytes(-member.size % tarfile.BLOCKSIZE)
                entry |= {"size": len(content), "digest": digest(content)}
            entries += _chunks(entry, content, chunk, blob) if content else [entry]
    blob += _compressed(pending)
    return closed(bytes(blob), {"version": 1, "entries": entries})


def closed(blob: bytes, contents: object) -> tuple[bytes, str]:
    """The compressed entries of a tar, with a table of contents and the footer behind them."""
    index, member = json.dumps(contents).encode(), tarfile.TarInfo(INDEX)
    member.size = len(index)
    padding = bytes(-len(index) % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE)
    listed = _compressed(member.tobuf(tarfile.PAX_FORMAT) + index + padding)
    return blob + listed + footer(len(blob)), digest(index)


def footer(start: int) -> bytes:
    """An empty gzip member that says where the table of contents begins."""
    extra = b"SG\x16\0%016xSTARGZ" % start
    head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + len(extra).to_bytes(2, "little")
    return head + extra + b"\x01\0\0\xff\xff" + bytes(8)


def described(blob: bytes, index: str) -> Descriptor:
    """The descriptor of an eStargz layer, with the digest of its table of contents."""
    made = Descriptor.of(f"{media.OCI_LAYER}+gzip", blob)
    return Descriptor(made.media_type, made.digest, made.size, annotations={ANNOTATION: index})


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _chunks(entry: Entry, content: bytes, size: int, blob: bytearray) -> Iterator[Entry]:
    for start in range(0, len(content), size):
        piece = content[start : start + size]
        is_last = start + size >= len(content)
        place = {"offset": len(blob), "chunkDigest": digest(piece)} | ({"chunkOffset": start} if start else {})
        kind = {"name": entry["name"], "type": "chunk"} if start else entry
        yield {**kind, **place} | ({} if is_last else {"chunkSize": size})
        blob += _compressed(piece)


def _entry(member: tarfile.TarInfo) -> Entry:
    made: Entry = {"name": member.name, "type": TYPES[member.type], "mode": member.mode}
    made |= {"uid": member.uid, "gid": member.gid} | ({"linkName": member.linkname} if member.linkname else {})
    if member.mtime:
        made["modtime"] = datetime.fromtimestamp(int(member.mtime), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if member.ischr() or member.isblk():
        made |= {"devMajor": member.devmajor, "devMinor": member.devminor}
    found = {name.removeprefix(XATTR): value for name, value in member.pax_headers.items() if name.startswith(XATTR)}
    if found:
        made["xattrs"] = {
            name: base64.b64encode(value.encode("utf-8", "surrogateescape")).decode() for name, value in found.items()
        }
    return made


def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
