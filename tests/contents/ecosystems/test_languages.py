"""Python, conda, npm and Ruby: one file for each package."""

from __future__ import annotations

import json
import re
from importlib.metadata import distributions
from pathlib import Path

import pytest

from .made import names, row, rows

METADATA = """Metadata-Version: 2.1
Name: Zope.Interface_Extra
Version: 5.4.0
License: ZPL 2.1
Classifier: License :: OSI Approved :: Zope Public License
Description-Content-Type: text/markdown

Name: not-this
Version: 9
"""


def test_what_is_installed_here_is_what_importlib_says() -> None:
    wanted, files = set(), {}
    for each in distributions():
        path = Path(str(each.locate_file(""))) / f"{each.name}-{each.version}.dist-info" / "METADATA"
        text = each.read_text("METADATA")
        if text:
            files[f"/usr/lib/python3/{path.parent.name}/METADATA"] = text.encode()
            wanted.add((each.name, each.version))
    assert len(wanted) > 20 and set(names(files)) == wanted


@pytest.mark.parametrize(
    "path", ["x.dist-info/METADATA", "x.egg-info", "x.egg-info/PKG-INFO", "x.egg/EGG-INFO/PKG-INFO"]
)
def test_every_kind_of_metadata_of_python_is_read(path: str) -> None:
    found = row(f"/usr/lib/python3/{path}", METADATA.encode())
    assert (found["name"], found["version"], found["license"]) == ("Zope.Interface_Extra", "5.4.0", "ZPL 2.1")
    assert found["purl"] == "pkg:pypi/zope-interface-extra@5.4.0"


@pytest.mark.parametrize(
    ("fields", "license"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: x", "MIT OR Apache-2.0"),
        ("License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License", "MIT License"),
        ("License: " + "word " * 100 + "\nClassifier: License :: OSI Approved :: MIT License", "MIT License"),
        ("Keywords: none", None),
    ],
)
def test_a_licence_is_its_name(fields: str, license: str | None) -> None:
    assert row("/a/x.dist-info/METADATA", f"Name: x\nVersion: 1\n{fields}\n".encode())["license"] == license


def test_conda_s_record_is_a_package_and_its_history_is_not() -> None:
    record = {
        "name": "numpy",
        "version": "2.1.0",
        "build": "py312h_0",
        "license": "BSD-3-Clause",
        "subdir": "linux-64",
        "channel": "https://conda.anaconda.org/t/secret-token/conda-forge/linux-64",
    }
    found = row("/opt/conda/conda-meta/numpy-2.1.0-py312h_0.json", json.dumps(record).encode())
    assert found["purl"] == "pkg:conda/numpy@2.1.0?build=py312h_0&channel=conda-forge&subdir=linux-64"
    assert "secret-token" not in str(found)
    assert not rows({"/opt/conda/conda-meta/history": b"==> now <==", "/opt/conda/other/x.json": b"{}"})


@pytest.mark.parametrize(
    ("path", "told", "package"),
    [
        ("/app/node_modules/left-pad/package.json", {"name": "left-pad", "version": "1.3.0"}, "pkg:npm/left-pad@1.3.0"),
        (
            "/app/node_modules/a/node_modules/@babel/core/package.json",
            {"name": "@babel/core", "version": "7.0.0"},
            "pkg:npm/%40babel/core@7.0.0",
        ),
        ("/app/node_modules/a/test/package.json", {"name": "fixture", "version": "1.0.0"}, None),
        ("/app/node_modules/a/package.json", {"type": "module"}, None),
        ("/app/package.json", {"name": "app", "version": "1.0.0"}, None),
    ],
)
def test_npm_packages_are_directly_below_node_modules(path: str, told: dict[str, str], package: str | None) -> None:
    assert [each["purl"] for each in rows({path: json.dumps(told).encode()})] == [package] * (package is not None)


@pytest.mark.parametrize(
    ("license", "shown"),
    [
        ({"license": "MIT"}, "MIT"),
        ({"license": {"type": "MIT", "url": "x"}}, "MIT"),
        ({"licenses": [{"type": "MIT"}, {"type": "Apache-2.0"}]}, "MIT OR Apache-2.0"),
        ({"license": 7}, None),
    ],
)
def test_npm_writes_licences_in_many_ways(license: dict[str, object], shown: str | None) -> None:
    content = json.dumps({"name": "a", "version": "1", **license}).encode()
    assert row("/node_modules/a/package.json", content)["license"] == shown


def test_a_specification_of_rubygems_is_a_package() -> None:
    content = b"""# -*- encoding: utf-8 -*-
Gem::Specification.new do |s|
  s.name = "rake".freeze
  s.version = "13.0.6"
  s.required_ruby_version = Gem::Requirement.new(">= 2.2".freeze)
  s.licenses = ["MIT".freeze, "Ruby".freeze]
end
"""
    found = row("/usr/lib/ruby/gems/3.1.0/specifications/default/rake-13.0.6.gemspec", content)
    assert (found["name"], found["version"], found["license"]) == ("rake", "13.0.6", "MIT OR Ruby")
    assert not rows({"/app/rake.gemspec": content})


@pytest.mark.parametrize("path", ["/a/conda-meta/a.json", "/node_modules/a/package.json"])
@pytest.mark.parametrize("content", [b"[" * 100_000, b"{", b"[]", b"\xff", b'{"a":' * 50_000])
def test_json_that_is_none_costs_one_line(path: str, content: bytes) -> None:
    (found,) = rows({path: content})
    assert found["problem"] and found["name"] is None


def test_a_file_that_is_too_long_costs_one_line() -> None:
    (found,) = rows({"/node_modules/a/package.json": b" " * 5_000_000})
    assert found["problem"] == "it is too long: 5MB"


def test_text_that_is_not_safe_to_print_is_escaped_and_cut() -> None:
    content = json.dumps({"name": "a\x1b[31m\u202e" + "x" * 9999, "version": "1\n2"}).encode()
    found = row("/node_modules/a/package.json", content)
    assert re.fullmatch(r"a\\x1b\[31m\\u202ex+", found["name"]) and len(found["name"]) < 600
    assert found["version"] == "1 2"
