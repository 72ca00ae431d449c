"""Gzip with the same output on every machine. zlib's output differs between versions and forks, and so would digests.

A simple deflate (RFC 1951): the content is cut into units of 16 bytes, and a unit that occurred within the last 32 KiB
becomes a match. Tar headers and filler consist of such units, so samples shrink about as much as real images do.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import groupby

_UNIT = 16
WINDOW = 32 * 1024

# No flags, no time, no name, unknown operating system (RFC 1952, section 2.3).
_HEADER = bytes.fromhex("1f8b08000000000000ff")
_MAX_LENGTH = 256
_FLUSH = 8 * 1024

# A number that is written from its lowest bit on, and its width in bits.
Bits = tuple[int, int]

# RFC 1951, section 3.2.6: the start of one last block with fixed codes, and the end of a block.
_START: Bits = (0b011, 3)
_END: Bits = (0, 7)


def compress(content: bytes) -> bytes:
    """Compress into one gzip member."""
    trailer = struct.pack("<II", zlib.crc32(content), len(content))
    return _HEADER + _packed((_START, *_tokens(content), _END)) + trailer


def _tokens(content: bytes) -> Iterator[Bits]:
    """Matches, as long as possible, for units that occurred before, and literals for the rest."""
    start = 0
    for distance, run in groupby(_distances(content)):
        end = start + _UNIT * sum(1 for _ in run)
        for at in range(start, min(end, len(content)), _MAX_LENGTH):
            chunk = content[at : min(at + _MAX_LENGTH, end)]
            yield _match(len(chunk), distance) if distance else _literals(chunk)
        start = end


def _distances(content: bytes) -> Iterator[int]:
    """For each unit, how many bytes earlier the same unit starts; 0 if it does not within the window."""
    seen: dict[bytes, int] = {}
    for start in range(0, len(content), _UNIT):
        unit = content[start : start + _UNIT]
        distance = start - seen.get(unit, start)
        yield distance if distance <= WINDOW else 0
        seen[unit] = start


def _reversed(code: int, width: int) -> int:
    """A Huffman code with its bits in reverse order: deflate packs them from the highest bit on."""
    return int(f"{code:0{width}b}"[::-1], 2)


_SHORT = 144
_LITERALS = bytes(_reversed(0x30 + byte, 8) for byte in range(_SHORT)).ljust(256, b"\0")


def _literals(chunk: bytes) -> Bits:
    """Bytes below 144 have codes of 8 bits, so one byte becomes one byte; those above, which are rare, of 9 bits."""
    if max(chunk) < _SHORT:
        return int.from_bytes(chunk.translate(_LITERALS), "little"), 8 * len(chunk)
    bits, count = 0, 0
    for byte in chunk:
        code, width = (_LITERALS[byte], 8) if byte < _SHORT else (_reversed(0x100 + byte, 9), 9)
        bits, count = bits | code << count, count + width
    return bits, count


def _match(length: int, distance: int) -> Bits:
    """A length and a distance, both above 10: a code for the highest bits, then the `extra` low bits."""
    extra = (length - 3).bit_length() - 3
    code = 1 + 4 * extra + (length - 3 >> extra)
    huffman, width = (code, 7) if code < 24 else (0b11000000 + code - 24, 8)
    bits = _reversed(huffman, width) | (length - 3) % 2**extra << width
    width += extra
    extra = (distance - 1).bit_length() - 2
    code = 2 * extra + (distance - 1 >> extra)
    return bits | (_reversed(code, 5) | (distance - 1) % 2**extra << 5) << width, width + 5 + extra


def _packed(tokens: Iterable[Bits]) -> bytes:
    """The tokens as bytes; the last byte is padded."""
    packed: list[bytes] = []
    bits, count = 0, 0
    for token, width in tokens:
        bits |= token << count
        count += width
        if count >= _FLUSH:
            packed.append((bits % 2**_FLUSH).to_bytes(_FLUSH // 8, "little"))
            bits, count = bits >> _FLUSH, count - _FLUSH
    return b"".join((*packed, bits.to_bytes((count + 7) // 8, "little")))
