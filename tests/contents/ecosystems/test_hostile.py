"""Any bytes in any file: no parser raises through the pass, and each broken file costs one line at most."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .made import elf, jar, pom, rows
from .test_binaries import inline, pointed
from .test_languages import METADATA
from .test_rpm import DATABASES
from .test_system import APK, STANZA

REAL = {
    **DATABASES,
    "/var/lib/dpkg/status": STANZA,
    "/lib/apk/db/installed": APK,
    "/etc/os-release": b"ID=debian\n",
    "/a/x.dist-info/METADATA": METADATA.encode(),
    "/a/conda-meta/x.json": b'{"name": "a", "version": "1"}',
    "/node_modules/a/package.json": b'{"name": "a", "version": "1", "licenses": [{}]}',
    "/a/specifications/a.gemspec": b'  s.name = "a"\n  s.version = "1"\n',
    "/a/a.jar": jar({**pom("a", "b", "1"), "b.jar": jar(pom("c", "d", "2"))}),
    "/a/go": elf({b".go.buildinfo": inline()}),
    "/a/old-go": elf({b".go.buildinfo": pointed(64, "<")}),
    "/a/rust": elf({b".dep-v0": zlib.compress(json.dumps({"packages": [{"name": "a", "version": "1"}]}).encode())}),
}


def checked(path: str, content: bytes) -> list[dict[str, Any]]:
    found = rows({path: content})
    assert len([each for each in found if each["problem"]]) <= 1
    return found


@pytest.mark.parametrize("path", REAL)
def test_every_example_has_a_package(path: str) -> None:
    assert next(each["name"] for each in checked(path, REAL[path]))


@pytest.mark.parametrize("path", REAL)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_bytes_that_are_changed_cost_rows_and_one_line(path: str, data: st.DataObject) -> None:
    content = bytearray(REAL[path])
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content) - 1))
        piece = data.draw(
            st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\x01", b"\n", b"{", b"\x80"]) | st.binary(max_size=6)
        )
        content[at : at + len(piece)] = piece
    checked(path, bytes(content[: data.draw(st.integers(1, len(content)) | st.just(len(content)))]))


@pytest.mark.parametrize("path", REAL)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(content=st.binary(min_size=1, max_size=2000))
def test_any_bytes_cost_rows_and_one_line(path: str, content: bytes) -> None:
    checked(path, content)
