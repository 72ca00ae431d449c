"""dpkg, opkg and apk: databases of lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.parts.programs import run

from .made import names, row, rows

STATUS = Path("/var/lib/dpkg/status")
STANZA = b"""Package: libc6
Status: install ok installed
Installed-Size: 12986
Architecture: amd64
Multi-Arch: same
Source: glibc (2.36-9)
Version: 2.36-9+deb12u9
Description: GNU C Library
 Version: not this one
"""
APK = b"""C:Q1abc=
P:busybox-binsh
V:1.37.0-r12
A:x86_64
I:8192
L:GPL-2.0-only
o:busybox
F:bin
R:sh

P:.build-deps
V:0

P:musl
V:1.2.5-r9
o:musl
"""


def test_the_packages_of_this_machine_are_those_that_dpkg_query_lists() -> None:
    form = "${db:Status-Status} ${Package} ${Version} ${Architecture}\n"
    told = (
        line.split() for line in run("dpkg-query", "--admindir", STATUS.parent, "-W", "-f", form).decode().splitlines()
    )
    wanted = sorted(words[1:] for words in told if words[0] == "installed" or words[0].startswith("triggers-"))
    found = rows({str(STATUS): STATUS.read_bytes()})
    assert sorted([each["name"], each["version"], each["architecture"]] for each in found) == wanted


def test_a_stanza_of_dpkg_is_a_package() -> None:
    found = row("/var/lib/dpkg/status", STANZA)
    assert {
        name: found[name] for name in ("ecosystem", "name", "version", "architecture", "installed_bytes", "source")
    } == {
        "ecosystem": "deb",
        "name": "libc6",
        "version": "2.36-9+deb12u9",
        "architecture": "amd64",
        "installed_bytes": 12986 * 1024,
        "source": "glibc",
    }
    assert found["purl"] == "pkg:deb/libc6@2.36-9%2Bdeb12u9?arch=amd64&upstream=glibc%402.36-9"


@pytest.mark.parametrize(
    ("state", "there"),
    [
        ("install ok installed", True),
        ("install ok triggers-pending", True),
        ("hold ok installed", True),
        ("deinstall ok config-files", False),
        ("install reinstreq half-installed", False),
        ("", False),
    ],
)
def test_what_dpkg_calls_installed_is(state: str, there: bool) -> None:
    content = STANZA.replace(b"install ok installed", state.encode())
    assert bool(names({"/var/lib/dpkg/status": content})) is there


def test_distroless_images_have_a_file_for_each_package_and_no_status() -> None:
    content = STANZA.replace(b"Status: install ok installed\n", b"")
    files = {"/var/lib/dpkg/status.d/libc6": content, "/var/lib/dpkg/status.d/libc6.md5sums": b"00  usr/lib/libc.so\n"}
    assert names(files) == [("libc6", "2.36-9+deb12u9")]


def test_one_name_may_be_there_for_several_architectures() -> None:
    found = rows({"/var/lib/dpkg/status": STANZA + b"\n\n" + STANZA.replace(b"amd64", b"i386")})
    assert [each["architecture"] for each in found] == ["amd64", "i386"]


def test_lines_may_end_as_on_windows_and_the_file_in_the_middle() -> None:
    assert (
        names({"/var/lib/dpkg/status": (STANZA + b"\n" + STANZA).replace(b"\n", b"\r\n").rstrip()})
        == [("libc6", "2.36-9+deb12u9")] * 2
    )


@pytest.mark.parametrize("path", ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"])
def test_a_stanza_of_apk_is_a_package_but_for_virtual_ones(path: str) -> None:
    shell, musl = rows({path: APK})
    assert (shell["ecosystem"], shell["name"], shell["version"]) == ("apk", "busybox-binsh", "1.37.0-r12")
    assert (shell["license"], shell["installed_bytes"], shell["source"]) == ("GPL-2.0-only", 8192, "busybox")
    assert shell["purl"] == "pkg:apk/busybox-binsh@1.37.0-r12?arch=x86_64&upstream=busybox"
    assert (musl["name"], musl["source"]) == ("musl", None)


def test_opkg_keeps_a_database_like_dpkg_s() -> None:
    found = row("/usr/lib/opkg/status", STANZA.replace(b"12986", b"4096"))
    assert (found["ecosystem"], found["installed_bytes"]) == ("opkg", 4096)


def test_a_file_elsewhere_is_no_database() -> None:
    elsewhere = ["/root/var/lib/dpkg/status", "/var/lib/dpkg/status-old", "/var/lib/dpkg/status.d/a/b", "/status"]
    assert rows(dict.fromkeys(elsewhere, STANZA)) == []


def test_the_distribution_is_a_row_too() -> None:
    found = row("/usr/lib/os-release", b'PRETTY_NAME="Debian"\nID=debian\nVERSION_ID="12"\n')
    assert (found["ecosystem"], found["name"], found["version"]) == ("os", "debian", "12")
