"""rpm's database in its three formats (SQLite, ndb, Berkeley DB), read without rpm. All hold the same headers."""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing

from nbdock.contents.ecosystems.package import MAX_BINARY, MAX_PACKAGES, Family, Package, clean, purl
from nbdock.errors import InvalidContent
from nbdock.spool import Data

_PATH = re.compile(r"/(?:var/lib/rpm|usr/lib/sysimage/rpm|usr/share/rpm)/(?:rpmdb\.sqlite|Packages(?:\.db)?)")
_MAX_HEADER = 1 << 25

_NAME, _VERSION, _RELEASE, _EPOCH, _SIZE, _LICENSE = 1000, 1001, 1002, 1003, 1009, 1014
_ARCHITECTURE, _SOURCE, _LONG_SIZE = 1022, 1044, 5009
_INT32, _INT64, _STRING, _I18N = 4, 5, 6, 9
_WANTED = {_NAME, _VERSION, _RELEASE, _EPOCH, _SIZE, _LICENSE, _ARCHITECTURE, _SOURCE, _LONG_SIZE}
_ENTRY = struct.Struct(">IIII")
_SOURCE_NAME = re.compile(r"(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm")


def _parse(path: str, data: Data) -> Iterator[Package]:
    left = 2 * len(data)  # many items may claim the same bytes
    for blob in _headers(path, data):
        left -= len(blob)
        if left < 0:
            raise InvalidContent("its headers overlap")
        tags = _tags(blob)
        if tags.get(_NAME) != "gpg-pubkey":  # a key that rpm keeps among the packages
            yield _package(tags)


def _headers(path: str, data: Data) -> Iterator[bytes]:
    if path.endswith(".sqlite"):
        return _sqlite(data)
    return _ndb(data) if path.endswith(".db") else _berkeley(data)


def _package(tags: dict[int, str | int]) -> Package:
    name, version, release = (clean(tags.get(tag)) for tag in (_NAME, _VERSION, _RELEASE))
    if not name or not version:
        raise InvalidContent("a header has no name or version")
    version = f"{version}-{release}" if release else version
    epoch, architecture = tags.get(_EPOCH), clean(tags.get(_ARCHITECTURE))
    source = _SOURCE_NAME.fullmatch(clean(tags.get(_SOURCE)) or "")
    size = tags.get(_LONG_SIZE, tags.get(_SIZE))
    epoch_text = str(epoch) if epoch else None
    return Package(
        "rpm",
        name,
        f"{epoch}:{version}" if epoch else version,
        purl("rpm", name, version, arch=architecture, epoch=epoch_text, upstream=source and source[0]),
        architecture,
        clean(tags.get(_LICENSE)),
        size if isinstance(size, int) else None,
        source[1] if source else None,
    )


def _tags(blob: bytes) -> dict[int, str | int]:
    """The tags of a header that a package needs. Raises InvalidContent, struct.error."""
    entries, length = struct.unpack_from(">II", blob)
    start = 8 + entries * _ENTRY.size
    if start + length > len(blob):
        raise InvalidContent("a header is cut off")
    found: dict[int, str | int] = {}
    for tag, kind, offset, count in _ENTRY.iter_unpack(blob[8:start]):
        if tag in _WANTED and tag not in found and count:
            found[tag] = _value(blob, start + offset, kind)
    return found


def _value(blob: bytes, at: int, kind: int) -> str | int:
    if kind in (_STRING, _I18N):
        end = blob.find(b"\0", at)
        return blob[at : end if end >= 0 else len(blob)].decode(errors="replace")
    if kind not in (_INT32, _INT64):
        raise InvalidContent("a header has a tag of the wrong type")
    value: int = struct.unpack_from(">I" if kind == _INT32 else ">Q", blob, at)[0]
    return min(value, (1 << 63) - 1)


_STEPS, _STEP = 2_000, 10_000


def _sqlite(data: Data) -> Iterator[bytes]:
    """From a copy in memory that is not in WAL mode, so that SQLite looks for no other file. Raises sqlite3.Error."""
    content = bytearray(data)
    content[18:20] = b"\1\1"
    steps = iter(range(_STEPS))
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(bytes(content))
        connection.set_progress_handler(lambda: next(steps, None) is None, _STEP)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_HEADER)
        connection.execute("PRAGMA trusted_schema = OFF")
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'Packages'").fetchone():
            raise InvalidContent("it has no table of packages")
        for (blob,) in connection.execute("SELECT blob FROM Packages ORDER BY hnum LIMIT ?", (MAX_PACKAGES,)):
            if not isinstance(blob, bytes):
                raise InvalidContent("a header is no blob")
            yield blob


_PAGE, _BLOCK, _SLOT = 4096, 16, struct.Struct("<4sIII")


def _ndb(data: Data) -> Iterator[bytes]:
    """Pages of slots, each the place of a header that is stored in blocks. Raises InvalidContent, struct.error."""
    magic, _, _, pages = _SLOT.unpack_from(data[: _SLOT.size])
    if magic != b"RpmP":
        raise InvalidContent("it is no ndb database")
    slots = data[2 * _SLOT.size : pages * _PAGE]
    for slot, number, block, _ in _SLOT.iter_unpack(slots[: len(slots) // _SLOT.size * _SLOT.size]):
        if slot != b"Slot":
            raise InvalidContent("a slot is damaged")
        if number:
            start = block * _BLOCK
            blob, owner, _, length = _SLOT.unpack_from(data[start : start + _SLOT.size])
            if blob != b"BlbS" or owner != number or length > _MAX_HEADER:
                raise InvalidContent("a header is damaged")
            yield data[start + _SLOT.size : start + _SLOT.size + length]


_BERKELEY, _HASH_PAGES, _OVERFLOW, _HEAD = 0x061561, (2, 13), 7, 26
_KEY_IS_HERE, _IS_ELSEWHERE = 1, 3


def _berkeley(data: Data) -> Iterator[bytes]:
    """The values of a hash table, each on its page or on a chain of pages. Raises InvalidContent, struct.error."""
    order = next((order for order in "<>" if struct.unpack_from(f"{order}I", data[:16], 12)[0] == _BERKELEY), "")
    size = struct.unpack_from(f"{order}I", data[:24], 20)[0] if order else 0
    if not 512 <= size <= 1 << 16:
        raise InvalidContent("it is no Berkeley DB hash")
    for start in range(size, len(data), size):
        page = data[start : start + size]
        if len(page) == size and page[25] in _HASH_PAGES:
            yield from _values(data, page, order)


def _values(data: Data, page: bytes, order: str) -> Iterator[bytes]:
    """The headers of a page: of each pair of items the second, but for the one under key 0."""
    count = struct.unpack_from(f"{order}H", page, 20)[0]
    places = struct.unpack_from(f"{order}{count}H", page, _HEAD)
    ends = (len(page), *places)
    for number in range(1, count, 2):
        key, value = (page[places[each] : ends[each]] for each in (number - 1, number))
        if not key[1:].strip(b"\0"):
            continue
        if value[:1] == bytes([_KEY_IS_HERE]):
            yield value[1:]
        elif value[:1] == bytes([_IS_ELSEWHERE]):
            yield _chained(data, len(page), order, *struct.unpack_from(f"{order}II", value, 4))


def _chained(data: Data, size: int, order: str, number: int, length: int) -> bytes:
    """Content of overflow pages. It ends: each page adds a byte at least."""
    if length > min(_MAX_HEADER, len(data)):
        raise InvalidContent("a header is longer than the database")
    content = bytearray()
    while len(content) < length:
        page = data[number * size : (number + 1) * size]
        if len(page) < size or page[25] != _OVERFLOW:
            raise InvalidContent("a chain of pages is broken")
        following, used = struct.unpack_from(f"{order}I2xH", page, 16)
        if not 0 < used <= size - _HEAD:
            raise InvalidContent("a chain of pages is broken")
        content += page[_HEAD : _HEAD + used]
        number = following
    return bytes(content[:length])


RPM = Family(_parse, _PATH.fullmatch, (b"/rpmdb.sqlite", b"/Packages.db", b"/Packages"), MAX_BINARY)
