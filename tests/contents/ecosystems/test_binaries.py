"""Programs of Go and Rust: the real ones of the tests, and old ones made by hand."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import pytest

from tests.parts.programs import program

from .made import ADDRESS, elf, names, rows

LINES = (
    "path\texample.com/app/cmd\nmod\texample.com/app\t(devel)\t\n"
    "dep\tgolang.org/x/net\tv0.1.0\th1:abc=\ndep\texample.com/old\tv1.0.0\n=>\texample.com/new\tv2.0.0\th1:def=\n"
    "build\t-compiler=gc\n"
)
MODULES = b"0" * 16 + LINES.encode() + b"1" * 16
WANTED = [
    ("stdlib", "1.17.2"),
    ("example.com/app", None),
    ("golang.org/x/net", "v0.1.0"),
    ("example.com/new", "v2.0.0"),
]


def varint(length: int) -> bytes:
    return bytes([length & 0x7F | 0x80, length >> 7]) if length > 127 else bytes([length])


def inline() -> bytes:
    """As Go writes it since 1.18."""
    head = b"\xff Go buildinf:" + bytes([8, 2]) + bytes(16)
    return head + varint(8) + b"go1.17.2" + varint(len(MODULES)) + MODULES


def pointed(bits: int, order: str) -> bytes:
    """As older Go wrote it: pointers to string headers, in a section that is loaded at ADDRESS + 1024."""
    word, start = order + ("QQ" if bits == 64 else "II"), ADDRESS + 1024
    strings = start + 64
    version, modules = strings + 64, strings + 64 + 16
    head = b"\xff Go buildinf:" + bytes([bits // 8, order == ">"]) + struct.pack(word, strings, strings + 32)
    places = struct.pack(word, version, 8).ljust(32, b"\0") + struct.pack(word, modules, len(MODULES)).ljust(32, b"\0")
    return head.ljust(64, b"\0") + places + b"go1.17.2".ljust(16, b"\0") + MODULES


@pytest.mark.parametrize(
    ("name", "path"),
    [("skopeo", "github.com/containers/skopeo/cmd/skopeo"), ("umoci", "github.com/opencontainers/umoci/cmd/umoci")],
)
def test_a_real_program_of_go_says_what_it_is_and_with_which_go_it_was_built(name: str, path: str) -> None:
    content = Path(program(name)).read_bytes()
    standard, own, *_ = rows({f"/usr/bin/{name}": content}, size=1 << 20)
    assert standard["name"] == "stdlib" and f"go{standard['version']}".encode() in content
    assert standard["purl"] == f"pkg:golang/stdlib@{standard['version']}"
    assert own["name"].startswith(path.removesuffix(f"/cmd/{name}"))


def test_modules_are_packages_and_replacements_count() -> None:
    assert names({"/app/server": elf({b".go.buildinfo": inline()})}) == WANTED


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", "<>")
def test_programs_of_older_go_are_read_too(bits: int, order: str) -> None:
    content = elf({b".go.buildinfo": pointed(bits, order)}, bits=bits, order=order)
    assert names({"/app/server": content}) == WANTED


def test_the_mark_alone_is_no_module() -> None:
    debugger = b"\xff Go buildinf:".ljust(64, b"\0")
    assert names({"/app/debugger": elf({b".rodata": debugger, b".go.buildinfo": inline()})}) == WANTED


@pytest.mark.parametrize("start", [b"MZ", b"\xcf\xfa\xed\xfe"])
def test_programs_of_windows_and_macos_are_read(start: bytes) -> None:
    assert names({"/app/server.exe": start.ljust(2048, b"\0") + inline()}) == WANTED


@pytest.mark.parametrize("bits", [32, 64])
def test_crates_are_packages_but_for_those_that_built_it(bits: int) -> None:
    crates = [
        {"name": "app", "version": "0.1.0", "source": "local", "root": True},
        {"name": "serde", "version": "1.0.200", "source": "crates.io"},
        {"name": "cc", "version": "1.0.0", "source": "crates.io", "kind": "build"},
    ]
    content = elf({b".text": b"x", b".dep-v0": zlib.compress(json.dumps({"packages": crates}).encode())}, bits=bits)
    found = rows({"/app/tool": content})
    assert [each["purl"] for each in found] == ["pkg:cargo/app@0.1.0", "pkg:cargo/serde@1.0.200"]


def test_a_list_of_crates_that_inflates_to_much_is_not_read() -> None:
    (found,) = rows({"/app/tool": elf({b".dep-v0": zlib.compress(b" " * (1 << 25))})})
    assert found["problem"] and found["name"] is None


def test_what_nobody_can_run_is_not_read() -> None:
    assert rows({"/app/server": elf({b".go.buildinfo": inline()})}, mode=0o644) == []


def test_a_script_is_not_held() -> None:
    assert rows({"/app/run": b"#!/bin/sh\n" + b"\xff Go buildinf:" * 1000}) == []


def test_a_long_program_is_held_in_a_file() -> None:
    content = elf({b".data": bytes(20 << 20), b".go.buildinfo": inline()})
    assert [each["name"] for each in rows({"/app/server": content}, size=1 << 20)][:1] == ["stdlib"]
