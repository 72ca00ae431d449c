"""Distributions that keep a text database (dpkg, also of distroless images, opkg, apk), and which one it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from nbdock.contents.ecosystems.package import MAX_DATABASE, Family, Package, clean, decoded, number, purl, stanzas
from nbdock.spool import Data

OS = "os"
"""The ecosystem of the row that says which distribution a file names; it is no package."""

_DPKG = re.compile(r"/(?:var/lib/dpkg/status(?:\.d/[^/]+)?|(?:usr|var)/lib/opkg/status)")
_APK = re.compile(r"/(?:usr/)?lib/apk/db/installed")
_SETTING = re.compile(r"""^(ID|VERSION_ID)=(["']?)([\w.-]+)\2\s*$""", re.MULTILINE | re.ASCII)
_SOURCE = re.compile(r"(\S+)(?: \((\S+)\))?")
_KIBIBYTE = 1024


def _dpkg(path: str, data: Data) -> Iterator[Package]:
    ecosystem = "opkg" if "/opkg/" in path else "deb"
    for stanza in stanzas(decoded(data)):
        name, version = clean(stanza.get("Package")), clean(stanza.get("Version"))
        if name and version and _is_installed(stanza):
            yield _deb(ecosystem, name, version, stanza)


def _deb(ecosystem: str, name: str, version: str, stanza: Mapping[str, str]) -> Package:
    architecture, source = clean(stanza.get("Architecture")), clean(stanza.get("Source"))
    return Package(
        ecosystem,
        name,
        version,
        purl(ecosystem, name, version, arch=architecture, upstream=_upstream(source)),
        architecture,
        clean(stanza.get("License")),
        number(stanza.get("Installed-Size"), _KIBIBYTE if ecosystem == "deb" else 1),
        source.partition(" ")[0] if source else None,
    )


def _upstream(source: str | None) -> str | None:
    """`name (version)` as scanners read it in a package URL: `name@version`."""
    match = _SOURCE.fullmatch(source or "")
    return "@".join(part for part in match.groups() if part) if match else None


def _is_installed(stanza: Mapping[str, str]) -> bool:
    """By the third word of the status; distroless images have no status."""
    states = stanza.get("Status", "install ok installed").split()
    return len(states) == 3 and (states[2] == "installed" or states[2].startswith("triggers-"))


def _apk(path: str, data: Data) -> Iterator[Package]:
    for stanza in stanzas(decoded(data)):
        name, version = clean(stanza.get("P")), clean(stanza.get("V"))
        if not name or not version or name.startswith("."):  # a virtual package, as `apk add --virtual .build-deps`
            continue
        architecture, origin = clean(stanza.get("A")), clean(stanza.get("o"))
        source = origin if origin != name else None
        yield Package(
            "apk",
            name,
            version,
            purl("apk", name, version, arch=architecture, upstream=source),
            architecture,
            clean(stanza.get("L")),
            number(stanza.get("I")),
            source,
        )


def _os_release(path: str, data: Data) -> Iterator[Package]:
    told = {key: value for key, _, value in _SETTING.findall(decoded(data))}
    if "ID" in told:
        yield Package(OS, told["ID"].lower(), told.get("VERSION_ID"))


DPKG = Family(
    _dpkg,
    lambda path: _DPKG.fullmatch(path) and not path.endswith(".md5sums"),
    (b"/status", b"/status.d/"),
    MAX_DATABASE,
)
APK = Family(_apk, _APK.fullmatch, (b"lib/apk/db/installed",), MAX_DATABASE)
OS_RELEASE = Family(_os_release, {"/etc/os-release", "/usr/lib/os-release"}.__contains__, (b"/os-release",))
