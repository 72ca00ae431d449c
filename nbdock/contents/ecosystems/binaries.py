"""What Go and Rust (cargo-auditable) write into the programs that they build: the modules that are in them."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

from nbdock.contents.ecosystems.package import MAX_BINARY, MAX_PACKAGES, Family, Package, clean, purl
from nbdock.errors import InvalidContent
from nbdock.oci import fields
from nbdock.spool import Data

_ELF = b"\x7fELF"
PROGRAMS = (_ELF, b"MZ", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
"""How programs begin: ELF, PE, Mach-O."""


def _parse(path: str, data: Data) -> Iterator[Package]:
    """By the sections of ELF, which are found fast; of other programs, and of those without sections, by Go's mark."""
    sections = _sections(data) if data[:4] == _ELF else {}
    at, _ = sections.get(b".go.buildinfo", (0, 0))
    if at or not sections:
        yield from _go(data, at)
    if crates := sections.get(b".dep-v0"):
        yield from _cargo(data[crates[0] : crates[0] + min(crates[1], _MAX_JSON)])


_BUILD_INFO, _HEADER, _MAX_TRIES = b"\xff Go buildinf:", 32, 16
_INLINE, _BIG_ENDIAN = 2, 1
_MAX_INFO = 1 << 22
_SENTINEL = 16
_GO_VERSION = re.compile(r"go(\d[\w.-]*)", re.ASCII)


def _go(data: Data, start: int) -> Iterator[Package]:
    """Debuggers have the mark among their own constants: only what follows tells whether it is the right one."""
    at = data.find(_BUILD_INFO, start)
    for _ in range(_MAX_TRIES):
        if at < 0:
            return
        version, modules = _build_info(data, at)
        if match := _GO_VERSION.match(version):
            yield Package("golang", "stdlib", match[1], purl("golang", "stdlib", match[1]))
            yield from _modules(modules)
            return
        at = data.find(_BUILD_INFO, at + 1)


def _build_info(data: Data, at: int) -> tuple[str, str]:
    """Go's version and the lines about modules; empty if there are none."""
    head = data[at : at + _HEADER]
    if len(head) < _HEADER:
        return "", ""
    if head[15] & _INLINE:
        version, end = _counted(data, at + _HEADER)
        modules, _ = _counted(data, end)
    else:
        version, modules = _pointed(data, head)
    return version.decode(errors="replace"), modules[_SENTINEL:-_SENTINEL].decode(errors="replace")


def _counted(data: Data, at: int) -> tuple[bytes, int]:
    """A string with its length before it, as a varint; and where it ends."""
    length = shift = 0
    for byte in data[at : at + 5]:
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return data[at : at + min(length, _MAX_INFO)], at + length


def _pointed(data: Data, head: bytes) -> tuple[bytes, bytes]:
    """The two strings of Go before 1.18, by pointers to string headers. Of ELF only."""
    width, order = head[14], ">" if head[15] & _BIG_ENDIAN else "<"
    if width not in (4, 8) or data[:4] != _ELF:
        return b"", b""
    word = struct.Struct(order + ("Q" if width == 8 else "I") * 2)
    segments = tuple(_segments(data, order, width == 8))
    found = []
    for pointer in word.unpack_from(head, 16):
        place = _at(segments, pointer)
        address, length = word.unpack(data[place : place + word.size]) if place is not None else (0, 0)
        start = _at(segments, address)
        found.append(data[start : start + min(length, _MAX_INFO)] if start is not None else b"")
    return found[0], found[1]


def _segments(data: Data, order: str, is_64: bool) -> Iterator[tuple[int, int, int]]:
    """Address, place in the file and length of what an ELF program loads."""
    start, step, count = _table(data, order, is_64, sections=False)
    entry = struct.Struct(order + ("IIQQQQQQ" if is_64 else "IIIIIIII"))
    for number in range(count):
        words = entry.unpack_from(data[start + number * step : start + number * step + entry.size])
        yield (words[3], words[2], words[5]) if is_64 else (words[2], words[1], words[4])


def _at(segments: tuple[tuple[int, int, int], ...], address: int) -> int | None:
    return next((place + address - start for start, place, size in segments if start <= address < start + size), None)


def _modules(text: str) -> Iterator[Package]:
    """`mod` is the program's own module, or else its `path`; `dep` is one in it, and `=>` replaces the one before."""
    found: list[list[str]] = []
    for line in text.split("\n"):
        word, *rest = line.split("\t")
        if word in ("path", "mod") and rest:
            found[:1] = [rest]
        elif word == "dep" and rest:
            found.append(rest)
        elif word == "=>" and rest and found:
            found[-1] = rest
    for path, version, *_ in ([*each, ""] for each in found[:MAX_PACKAGES]):
        name, release = clean(path), clean(version)
        release = None if release == "(devel)" else release
        if name:
            namespace, _, base = name.rpartition("/")
            yield Package("golang", name, release, purl("golang", base, release, namespace))


_MAX_JSON = 1 << 23


def _cargo(packed: bytes) -> Iterator[Package]:
    """The crates of a list, without those that were only needed to build."""
    inflater = zlib.decompressobj()
    told = fields.load(inflater.decompress(packed, _MAX_JSON), "list of crates")
    if inflater.unconsumed_tail:
        raise InvalidContent("its list of crates is too long")
    for each in fields.objects(told, "packages"):
        name, version = clean(each.get("name")), clean(each.get("version"))
        if name and version and each.get("kind") != "build":
            yield Package("cargo", name, version, purl("cargo", name, version))


_LONGEST_NAME = 32


def _sections(data: Data) -> dict[bytes, tuple[int, int]]:
    """Place and length of each section of ELF, by its name. Raises struct.error."""
    is_64, order = data[4:5] == b"\2", "<" if data[5:6] == b"\1" else ">"
    start, step, count = _table(data, order, is_64, sections=True)
    entry = struct.Struct(order + ("IIQQQQ" if is_64 else "IIIIII"))
    table = data[start : start + step * count]
    names_at = struct.unpack(f"{order}H", data[62:64] if is_64 else data[50:52])[0]
    if step < entry.size or len(table) < step * count or names_at >= count:
        return {}
    headers = [entry.unpack_from(table, number * step) for number in range(count)]
    names = headers[names_at][4]
    found = {}
    for name_at, _, _, _, place, length in headers:
        name = data[names + name_at : names + name_at + _LONGEST_NAME].partition(b"\0")[0]
        found[name] = place, length
    return found


def _table(data: Data, order: str, is_64: bool, *, sections: bool) -> tuple[int, int, int]:
    """Where the table of sections or segments starts, the length of an entry, and how many there are."""
    segments_at, sections_at = struct.unpack(order + ("QQ" if is_64 else "II"), data[32:48] if is_64 else data[28:36])
    counts = struct.unpack(f"{order}HHHH", data[54:62] if is_64 else data[42:50])
    return (sections_at, *counts[2:4]) if sections else (segments_at, *counts[0:2])


BINARY = Family(_parse, lambda path: False, (), MAX_BINARY)
"""Chosen by the executable bit and the first bytes, not by the path."""
