"""Packages that leave one file each: Python, conda, npm and Ruby."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from nbdock.contents.ecosystems.package import Family, Package, clean, decoded, purl, stanzas
from nbdock.oci import fields
from nbdock.spool import Data

_PYTHON = re.compile(r".*/[^/]+(?:\.dist-info/METADATA|\.egg-info(?:/PKG-INFO)?|\.egg/EGG-INFO/PKG-INFO)")
_CLASSIFIER = re.compile(r"^Classifier: License :: (?:OSI Approved :: )?(.+)$", re.MULTILINE)
_PEP_503 = re.compile(r"[-_.]+")


def _python(path: str, data: Data) -> Iterator[Package]:
    headers = decoded(data).replace("\r\n", "\n").partition("\n\n")[0]
    told = next(stanzas(headers), {})
    name, version = clean(told.get("Name")), clean(told.get("Version"))
    if name and version:
        classified = _CLASSIFIER.search(headers)
        terms = [told.get("License-Expression"), _short(told.get("License")), classified and classified[1]]
        named = _PEP_503.sub("-", name).lower()
        yield Package(
            "pypi", name, version, purl("pypi", named, version), license=next(filter(None, map(clean, terms)), None)
        )


def _short(license: str | None) -> str | None:
    """A licence's name: many put its whole text there, and older tools `UNKNOWN`."""
    return license if license and len(license) < 100 and license != "UNKNOWN" else None


_CONDA = re.compile(r".*/conda-meta/[^/]+\.json")


def _conda(path: str, data: Data) -> Iterator[Package]:
    told = fields.load(data[:], "package record")
    name, version = clean(told.get("name")), clean(told.get("version"))
    if name and version:
        platform, build = clean(told.get("subdir")), clean(told.get("build"))
        address = purl("conda", name, version, build=build, channel=_channel(told, platform), subdir=platform)
        yield Package("conda", name, version, address, platform, clean(told.get("license")))


def _channel(told: fields.JSON, platform: str | None) -> str | None:
    """The channel's name: its address may hold a token."""
    text = clean(told.get("channel")) or ""
    return text.partition("?")[0].rstrip("/").removesuffix(f"/{platform}").rpartition("/")[2] or None


_NPM = re.compile(r".*/node_modules/(?:@[^/]+/)?[^/@][^/]*/package\.json")


def _npm(path: str, data: Data) -> Iterator[Package]:
    told = fields.load(data[:], "package.json")
    name, version = clean(told.get("name")), clean(told.get("version"))
    if name and version:
        scope, _, base = name.rpartition("/")
        terms = " OR ".join(_terms(told.get("license") or told.get("licenses")))
        yield Package("npm", name, version, purl("npm", base, version, scope), license=clean(terms))


def _terms(told: Any) -> Iterator[str]:
    """The licences' names: text, an object, or a list of them."""
    for each in told if isinstance(told, list) else [told]:
        term = each.get("type") if isinstance(each, dict) else each
        if isinstance(term, str):
            yield term


_GEM = re.compile(r".*/specifications/(?:default/)?[^/]+\.gemspec")
_TEXT = r"""["']([^"'\n]{1,200})["']"""
_GEM_NAME = re.compile(rf"^\s*\w+\.name\s*=\s*{_TEXT}", re.MULTILINE)
_GEM_VERSION = re.compile(rf"^\s*\w+\.version\s*=\s*(?:Gem::Version\.new\s*\(?\s*)?{_TEXT}", re.MULTILINE)
_GEM_LICENSES = re.compile(r"^\s*\w+\.licenses?\s*=([^\n]+)", re.MULTILINE)


def _gem(path: str, data: Data) -> Iterator[Package]:
    """A specification is Ruby, which RubyGems writes line by line."""
    text = decoded(data)
    name, version, terms = (pattern.search(text) for pattern in (_GEM_NAME, _GEM_VERSION, _GEM_LICENSES))
    if name and version:
        license = clean(" OR ".join(re.findall(_TEXT, terms[1])) if terms else None)
        yield Package("gem", name[1], version[1], purl("gem", name[1], version[1]), license=license)


PYTHON = Family(_python, _PYTHON.fullmatch, (b".dist-info/METADATA", b".egg-info", b"/PKG-INFO"))
CONDA = Family(_conda, _CONDA.fullmatch, (b".json",))
NPM = Family(_npm, _NPM.fullmatch, (b"/package.json",))
GEM = Family(_gem, _GEM.fullmatch, (b".gemspec",))
