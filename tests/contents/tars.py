"""Tars by hand: what no well-behaved program writes."""

END = bytes(1024)


def number(value: int, width: int) -> bytes:
    return b"%0*o\0" % (width - 1, value)


def header(
    name: bytes = b"file",
    size: int | bytes = 0,
    flag: bytes = b"0",
    *,
    link: bytes = b"",
    mode: bytes = b"0000644\0",
    uid: bytes = b"0000000\0",
    mtime: bytes = b"00000000000\0",
    magic: bytes = b"ustar\x0000",
    tail: bytes = b"",
    signed: bool = False,
) -> bytes:
    """512 bytes with the right checksum; `tail` is what stands from byte 345 on."""
    field = size if isinstance(size, bytes) else number(size, 12)
    parts = name.ljust(100, b"\0"), mode, uid, b"0000000\0", field, mtime, b" " * 8, flag, link.ljust(100, b"\0"), magic
    block = b"".join(parts).ljust(345, b"\0") + tail
    return checksummed(block.ljust(512, b"\0"), signed=signed)


def checksummed(block: bytes, *, signed: bool = False) -> bytes:
    blank = block[:148] + b" " * 8 + block[156:]
    total = sum(byte - 256 * (signed and byte > 127) for byte in blank)
    return blank[:148] + b"%06o\0 " % total + blank[156:]


def member(name: bytes = b"file", content: bytes = b"", flag: bytes = b"0", **fields: object) -> bytes:
    return header(name, len(content), flag, **fields) + padded(content)  # type: ignore[arg-type]


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


def pax(records: dict[bytes, bytes], flag: bytes = b"x") -> bytes:
    return member(b"pax", b"".join(record(key, value) for key, value in records.items()), flag)


def record(key: bytes, value: bytes) -> bytes:
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest)
    while length != len(b"%d" % length + rest):
        length = len(b"%d" % length + rest)
    return b"%d" % length + rest
