import struct

import pytest

from nbdock.contents.header import Entry, Kind, entry, pax_records, size, verify
from nbdock.errors import InvalidContent

from .tars import checksummed, header, record


def read(block: bytes, records: dict[bytes, bytes] | None = None) -> Entry:
    verify(block)
    return entry(block, records or {})[0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"00000000017\0", 15),
        (b"000000000017", 15),
        (b"         17\0", 15),
        (b"17 \0\0\0\0\0\0\0\0\0", 15),
        (b"17\0garbage\0\0", 15),
        (bytes(12), 0),
        (b" " * 12, 0),
        (b"77777777777\0", 8**11 - 1),
        (b"\x80\0\0\0" + struct.pack(">Q", 8**11), 8**11),
        (b"\x80\0\0\0" + struct.pack(">Q", 2**63 - 1), 2**63 - 1),
    ],
)
def test_numbers_are_octal_or_base_256(field: bytes, value: int) -> None:
    assert size(header(size=field)) == value


@pytest.mark.parametrize(
    "field",
    [
        b"00000000018\0",
        b"0000000000a\0",
        b"-0000000017\0",
        b"+0000000017\0",
        b"0o000000017\0",
        b"0_000000017\0",
        b"1 7\0\0\0\0\0\0\0\0\0",
        b"\xff" * 12,
        b"\x80\0\0\0" + struct.pack(">Q", 2**63),
        b"\x80\0\0\1" + bytes(8),
        b"\xbf" + b"\xff" * 11,
    ],
)
def test_sizes_that_are_none_are_refused(field: bytes) -> None:
    with pytest.raises(InvalidContent, match="archive/tar: invalid tar header"):
        size(header(size=field))


def test_times_may_lie_before_1970() -> None:
    assert read(header(mtime=b"\xff" * 12)).mtime == -1
    assert read(header(), {b"mtime": b"-1.5"}).mtime == -1.5
    assert read(header(), {b"mtime": b"1." + b"5" * 100_000}).mtime == 1 + 5 / 9


@pytest.mark.parametrize("told", [b"nan", b"1e9", b"inf", b"1,5", b"9" * 20, b"--1", b"1.5\n"])
def test_times_that_are_none_are_refused(told: bytes) -> None:
    with pytest.raises(InvalidContent):
        assert read(header(), {b"mtime": told}).mtime


def test_checksums_may_sum_unsigned_or_signed_bytes() -> None:
    name = "größe".encode("latin-1")
    assert header(name) != header(name, signed=True)
    assert read(header(name)).path == read(header(name, signed=True)).path == name
    assert read(header(b"\xff" * 100, tail=b"\xff" * 155)).path == b"\xff" * 155 + b"/" + b"\xff" * 100


@pytest.mark.parametrize("position", [0, 99, 124, 148, 153, 156, 257, 344, 399, 400, 511])
def test_a_wrong_checksum_is_refused(position: int) -> None:
    block = bytearray(header(b"n" * 100))
    block[position] ^= 1
    with pytest.raises(InvalidContent):
        verify(bytes(block))


@pytest.mark.parametrize("told", [b"00000000", b"        ", bytes(8), b"9" * 8, b"\xff" * 8])
def test_a_checksum_that_is_no_number_is_refused(told: bytes) -> None:
    block = header()
    with pytest.raises(InvalidContent):
        verify(block[:148] + told + block[156:])


def test_a_ustar_prefix_goes_before_the_name() -> None:
    assert read(header(b"name", tail=b"some/folder")).path == b"some/folder/name"
    assert read(header(b"name", tail=b"0123456", magic=b"ustar  \0")).path == b"name"
    assert read(header(b"name", tail=b"junk", magic=bytes(8))).path == b"name"


def test_the_type_says_what_an_entry_is() -> None:
    kinds = [read(header(flag=b"%c" % flag)).kind for flag in b"0123456"]
    assert kinds == list(Kind)
    assert read(header(flag=b"7")).kind is read(header(flag=b"\0")).kind is Kind.FILE
    assert read(header(b"folder/", flag=b"\0")).kind is Kind.DIRECTORY


def test_a_type_that_docker_does_not_unpack_is_refused() -> None:
    with pytest.raises(InvalidContent, match="unhandled tar header type 86"):
        read(header(flag=b"V"))


def test_only_files_have_a_size() -> None:
    for flag in b"123456":
        assert read(header(flag=b"%c" % flag, size=100)).size == 0


def test_records_come_before_the_header() -> None:
    records = {b"path": b"long", b"linkpath": b"to", b"size": b"5", b"uid": b"7", b"gid": b"8", b"mtime": b"1.25"}
    told = read(header(size=100), records)
    assert (told.path, told.linkname, told.size, told.uid, told.gid, told.mtime) == (b"long", b"to", 5, 7, 8, 1.25)


@pytest.mark.parametrize("told", [b"-1", b"x", b"1.0", b"9" * 19, b"9" * 5000, b"1_0", b" 1", b"+1"])
def test_a_size_in_a_record_is_a_natural_number(told: bytes) -> None:
    with pytest.raises(InvalidContent):
        read(header(), {b"size": told})


def test_sparse_files_count_with_their_holes() -> None:
    sparse = header(size=512, flag=b"S", magic=b"ustar  \0", tail=bytes(138) + b"00000100000\0")
    assert entry(sparse, {})[0].size == 8**5
    assert entry(sparse, {})[1] == 512
    for key in (b"GNU.sparse.size", b"GNU.sparse.realsize"):
        told = read(header(b"GNUSparseFile.1/file", size=512), {key: b"99999", b"GNU.sparse.name": b"file"})
        assert (told.path, told.size) == (b"file", 99999)


def test_sparse_headers_are_of_gnu_only() -> None:
    with pytest.raises(InvalidContent):
        read(header(flag=b"S"))


def test_pax_records_are_read_by_their_lengths() -> None:
    body = record(b"path", b"a=b\nc") + record(b"comment", b"\0") + record(b"size", b"") + record(b"uid", b"1" * 19)
    assert dict(pax_records(body)) == {b"path": b"a=b\nc", b"uid": b"1" * 19}


@pytest.mark.parametrize(
    "body",
    [
        b"x",
        b"9 path=ab",
        b"10 path=ab",
        b"9 path=ab\n",
        b"0 path=ab\n",
        b"3 path=ab\n",
        b"-10 path=ab\n",
        b"10  path\n12 a=b\n",
        b"5 =\n\n",
        b"99999999999 path=ab\n",
        record(b"path", b"a\0b"),
        record(b"path", b"ab") + b"\0",
    ],
)
def test_malformed_pax_records_are_refused(body: bytes) -> None:
    with pytest.raises(InvalidContent, match="invalid tar header"):
        list(pax_records(body))


def test_a_checksum_is_of_the_whole_block() -> None:
    assert verify(checksummed(bytes(range(256)) * 2)) == 156
