"""Layers with a table of contents: eStargz and zstd:chunked. Each chunk of a file in them can be read alone.

The manifest has the digest of the table of contents, so that it is what the image's maker wrote. Whether the layer's
tar has the same in it shows only when the layer itself is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import pyarrow as pa

from nbdock.contents.header import Entry
from nbdock.contents.inflate import inflated
from nbdock.contents.listed import table
from nbdock.contents.tar import Walk
from nbdock.errors import InvalidContent, InvalidDigest
from nbdock.oci import fields
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.fields import JSON
from nbdock.oci.verify import check_digest

Fetch = Callable[[int, int], bytes]
"""Returns so many bytes of a layer's blob from a byte on."""

_ESTARGZ = "containerd.io/snapshot/stargz/toc.digest"
_ZSTD = ("io.github.containers.zstd-chunked.manifest", "io.containers.zstd-chunked.manifest")
"""The second is that of podman 4."""
_POSITION = re.compile(r"([0-9]{1,18}):([0-9]{1,18}):([0-9]{1,18}):1", re.ASCII)
_FOOTER = re.compile(rb"\x1f\x8b\x08\x04.{6}\x1a\0SG\x16\0([0-9a-f]{16})STARGZ.{13}", re.DOTALL)
_FOOTER_BYTES = 51
_NAME = "stargz.index.json"
_MOST_BYTES = 1 << 26
_MOST_VALUES = 3_000_000
"""In 64 MiB: an entry has about 14 values in 400 bytes. As Python's objects they take some hundred megabytes."""


def told(layer: Descriptor) -> str:
    """The digest of the layer's table of contents by its annotations; "" if it should have none."""
    found = _zstd(layer.annotations)
    return found[1] if found else layer.annotations.get(_ESTARGZ, "")


def listing(layer: Descriptor, fetch: Fetch) -> pa.Table:
    """The file table that a layer's table of contents says. Raises InvalidContent, DigestMismatch."""
    found = _zstd(layer.annotations)
    return _of_zstd(layer, *found, fetch) if found else _of_estargz(layer, fetch)


def _zstd(annotations: Mapping[str, str]) -> tuple[str, str] | None:
    """Where a layer says that its table of contents is, and its digest."""
    for name in _ZSTD:
        position, digest = (annotations.get(f"{name}-{end}") for end in ("position", "checksum"))
        if position and digest:
            return position, digest
    return None


def _of_zstd(layer: Descriptor, position: str, digest: str, fetch: Fetch) -> pa.Table:
    """The table of contents is a frame that zstd skips. Its digest is that of its compressed bytes."""
    match = _POSITION.fullmatch(position)
    start, length, size = map(int, match.groups()) if match else (0, 0, 0)
    if not length or start + length > layer.size or max(length, size) > _MOST_BYTES:
        raise _invalid(f"it cannot be at {position[:60]!r}")
    raw = fetch(start, length)
    _check(raw, digest)
    content = b"".join(_bounded(inflated([raw]), size))
    return table(_entries(content), start)


def _of_estargz(layer: Descriptor, fetch: Fetch) -> pa.Table:
    """The table of contents is the last file of the tar; the end of the blob says where that begins."""
    end = layer.size - _FOOTER_BYTES
    footer = _FOOTER.fullmatch(fetch(end, _FOOTER_BYTES)) if end > 0 else None
    start = int(footer[1], 16) if footer else end
    if not 0 <= end - start <= _MOST_BYTES or start == end:
        raise _invalid("the layer does not end as an eStargz does")
    found = list[tuple[Entry, bytearray]]()
    walk = Walk(partial(_kept, found))
    for data in _bounded(inflated([fetch(start, end - start)]), _MOST_BYTES):
        walk.feed(data)
    walk.finish()
    if [each.path for each, _ in found] != [_NAME.encode()]:
        raise _invalid("the layer does not end with it")
    entry, content = found[0]
    _check(content, told(layer))
    return table([*_entries(bytes(content)), _itself(entry, layer, start)], end)


def _kept(found: list[tuple[Entry, bytearray]], entry: Entry) -> Callable[[memoryview], object]:
    found.append((entry, bytearray()))
    return found[-1][1].extend


def _itself(entry: Entry, layer: Descriptor, start: int) -> JSON:
    """The entry that a table of contents has not: its own, which unpacks to a file of the image."""
    owner = {"mode": entry.mode, "uid": entry.uid, "gid": entry.gid}
    place = {"offset": start, "innerOffset": entry.offset, "size": entry.size, "digest": told(layer)}
    return {"type": "reg", "name": _NAME, **owner, **place}


def _entries(content: bytes) -> list[JSON]:
    found = fields.load(content, "table of contents", _MOST_VALUES)
    if fields.integer(found, "version") != 1:
        raise _invalid("it is of another version")
    return fields.objects(found, "entries")


def _check(raw: bytes | bytearray, digest: str) -> None:
    """Raises DigestMismatch if these are not the bytes of the digest that the manifest has."""
    try:
        expected = Digest.parse(digest)
    except InvalidDigest:
        raise _invalid(f"{digest[:60]!r} is no digest") from None
    actual = expected.same(bytes(raw))
    check_digest(actual, expected, f"the table of contents is {actual}, and the manifest has {expected}")


def _bounded(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    for chunk in chunks:
        most -= len(chunk)
        if most < 0:
            raise _invalid("it is longer than it may be")
        yield chunk


def _invalid(why: str) -> InvalidContent:
    return InvalidContent(f"invalid table of contents: {why}")
