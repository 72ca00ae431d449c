"""rpm's databases. Those in `real/` were written by rpm 4.18 (SQLite) and Berkeley DB 5.3, with rpmbuild's headers."""

from __future__ import annotations

import lzma
import sqlite3
import struct
from pathlib import Path

import pytest

from nbdock.contents.ecosystems.rpm import RPM

from .made import rows

REAL = Path(__file__).parent / "real"
SQLITE, BERKELEY = (lzma.decompress((REAL / name).read_bytes()) for name in ("rpmdb.sqlite.xz", "Packages.xz"))


def headers() -> list[bytes]:
    """As SQLite's own reader finds them."""
    with sqlite3.connect(":memory:") as connection:
        connection.deserialize(SQLITE[:18] + b"\1\1" + SQLITE[20:])
        return [blob for (blob,) in connection.execute("SELECT blob FROM Packages ORDER BY hnum")]


def ndb(blobs: list[bytes]) -> bytes:
    """A database of one page of slots, of which one is free, as rpm's lib/backend/ndb describes it."""
    slots, body = [], b""
    for number, blob in enumerate(blobs, 1):
        block = (4096 + len(body)) // 16
        content = struct.pack("<4sIII", b"BlbS", number, 1, len(blob)) + blob
        content += bytes(-(len(content) + 12) % 16) + struct.pack("<II4s", 0, len(blob), b"BlbE")
        body += content
        slots.append(struct.pack("<4sIII", b"Slot", number, block, len(content) // 16))
    slots.insert(1, struct.pack("<4sIII", b"Slot", 0, 0, 0))
    page = struct.pack("<4sIII", b"RpmP", 0, 1, 1) + struct.pack("<IIII", len(blobs) + 1, 0, 0, 0) + b"".join(slots)
    return page + struct.pack("<4sIII", b"Slot", 0, 0, 0) * ((4096 - len(page)) // 16) + body


DATABASES = {
    "/var/lib/rpm/rpmdb.sqlite": SQLITE,
    "/usr/lib/sysimage/rpm/Packages.db": ndb(headers()),
    "/usr/share/rpm/Packages": BERKELEY,
}


@pytest.mark.parametrize("path", DATABASES)
def test_the_three_formats_hold_the_same_packages(path: str) -> None:
    alpha, beta = rows({path: DATABASES[path]})  # and a key, which rpm keeps among them
    assert (alpha["ecosystem"], alpha["name"], alpha["version"]) == ("rpm", "alpha", "1.2-3")
    assert (alpha["license"], alpha["architecture"], alpha["installed_bytes"]) == ("MIT", "noarch", 0)
    assert alpha["source"] == "alpha" and alpha["purl"].startswith("pkg:rpm/alpha@1.2-3?arch=noarch&upstream=alpha-")
    assert (beta["name"], beta["version"]) == ("beta", "2:1.2-3")
    assert "epoch=2" in beta["purl"] and "@1.2-3?" in beta["purl"]


@pytest.mark.parametrize("path", DATABASES)
@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.6, 0.95])
def test_a_database_that_is_cut_off_costs_its_rows_and_one_line(path: str, share: float) -> None:
    content = DATABASES[path]
    found = rows({path: content[: max(int(len(content) * share), 1)]})
    assert len([row for row in found if row["problem"]]) <= 1
    assert {row["name"] for row in found} <= {"alpha", "beta", None}


def test_overflow_pages_in_a_circle_come_to_an_end() -> None:
    content = bytearray(BERKELEY)
    size = struct.unpack_from("<I", content, 20)[0]
    for page in range(0, len(content), size):
        if content[page + 25] == 7:
            struct.pack_into("<I", content, page + 16, page // size)
            struct.pack_into("<H", content, page + 22, 1)
    assert rows({"/var/lib/rpm/Packages": bytes(content)})


def test_many_slots_of_one_header_are_refused() -> None:
    content = ndb(headers())
    slot = content[32:48]
    repeated = content[:32] + slot * ((4096 - 32) // 16) + content[4096:]
    assert rows({"/var/lib/rpm/Packages.db": repeated})[-1]["problem"]


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE VIEW Packages AS WITH RECURSIVE n(hnum, blob) AS (SELECT 1, x'00' UNION ALL SELECT hnum + 1, blob"
        " FROM n) SELECT * FROM n",
        "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob TEXT)",
        "CREATE TABLE Other (a)",
    ],
)
def test_a_hostile_schema_is_refused_in_bounded_time(schema: str) -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.execute(schema)
        if "TABLE Packages" in schema:
            connection.execute("INSERT INTO Packages VALUES (1, 'text')")
        connection.commit()
        (found,) = rows({"/var/lib/rpm/rpmdb.sqlite": connection.serialize()})
    assert found["problem"] and found["name"] is None


def test_only_rpm_s_own_folders_have_its_databases() -> None:
    assert not RPM.wants("/home/me/var/lib/rpm/Packages") and not RPM.wants("/var/lib/rpm/Name")
