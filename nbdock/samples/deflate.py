"""Gzip whose bytes are the same on every machine: zlib's differ between its versions and forks, and digests with them.

Real deflate, if a modest one: content is cut into units of 16 bytes, and a unit that was there within the last 32 KiB
becomes a match. The headers of a tar and filler are made of such units, so that a sample shrinks as a real image does,
and fast enough in plain Python: half a million units in half a second.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import groupby

_UNIT = 16
WINDOW = 32 * 1024

# No flags, no time, no name, of no particular system (RFC 1952, section 2.3).
_HEADER = bytes.fromhex("1f8b08000000000000ff")
_MAX_LENGTH = 256
_FLUSH = 8 * 1024

# A number whose lowest bit comes first, and how many bits it has.
Bits = tuple[int, int]

# RFC 1951, section 3.2.6: one last block, of the fixed codes, and the end of it.
_START: Bits = (0b011, 3)
_END: Bits = (0, 7)


def compress(content: bytes) -> bytes:
    """ASCII as one gzip member. Raises ValueError for anything else: high bytes have codes of 9 bits."""
    if not content.isascii():
        raise ValueError("only ASCII is compressed")
    trailer = struct.pack("<II", zlib.crc32(content), len(content))
    return _HEADER + _packed((_START, *_tokens(content), _END)) + trailer


def _tokens(content: bytes) -> Iterator[Bits]:
    """Matches for what is there already, as long as they go, and literals for the rest."""
    start = 0
    for distance, run in groupby(_distances(content)):
        end = start + _UNIT * sum(1 for _ in run)
        for at in range(start, min(end, len(content)), _MAX_LENGTH):
            piece = content[at : min(at + _MAX_LENGTH, end)]
            yield _match(len(piece), distance) if distance else _literals(piece)
        start = end


def _distances(content: bytes) -> Iterator[int]:
    """For each unit how many bytes before it the same one starts; 0 where it does not, or out of the window."""
    seen: dict[bytes, int] = {}
    for start in range(0, len(content), _UNIT):
        unit = content[start : start + _UNIT]
        distance = start - seen.get(unit, start)
        yield distance if distance <= WINDOW else 0
        seen[unit] = start


def _reversed(code: int, width: int) -> int:
    """A Huffman code with its highest bit first, as deflate packs those."""
    return int(f"{code:0{width}b}"[::-1], 2)


_LITERALS = bytes(_reversed(0x30 + byte, 8) for byte in range(144)).ljust(256, b"\0")


def _literals(piece: bytes) -> Bits:
    """Each byte under 144 has a code of 8 bits, so that bytes stay bytes."""
    return int.from_bytes(piece.translate(_LITERALS), "little"), 8 * len(piece)


def _match(length: int, distance: int) -> Bits:
    """A length and a distance, each over 10: both are codes for their highest bits, then the `extra` low ones."""
    extra = (length - 3).bit_length() - 3
    code = 1 + 4 * extra + (length - 3 >> extra)
    huffman, width = (code, 7) if code < 24 else (0b11000000 + code - 24, 8)
    bits = _reversed(huffman, width) | (length - 3) % 2**extra << width
    width += extra
    extra = (distance - 1).bit_length() - 2
    code = 2 * extra + (distance - 1 >> extra)
    return bits | (_reversed(code, 5) | (distance - 1) % 2**extra << 5) << width, width + 5 + extra


def _packed(tokens: Iterable[Bits]) -> bytes:
    """The tokens one after the other, in whole bytes."""
    whole: list[bytes] = []
    bits, count = 0, 0
    for token, width in tokens:
        bits |= token << count
        count += width
        if count >= _FLUSH:
            whole.append((bits % 2**_FLUSH).to_bytes(_FLUSH // 8, "little"))
            bits, count = bits >> _FLUSH, count - _FLUSH
    return b"".join((*whole, bits.to_bytes((count + 7) // 8, "little")))
