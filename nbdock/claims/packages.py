"""The packages that an SBOM names: SPDX 2 and CycloneDX, both as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nbdock.contents.ecosystems.package import clean
from nbdock.errors import InvalidContent
from nbdock.oci import fields
from nbdock.oci.fields import JSON

_ECOSYSTEM = re.compile(r"pkg:/*([a-z][a-z0-9.+-]*)/", re.IGNORECASE)
_OF_IMAGES = ("oci", "docker")
_NOT_SAID = ("", "NOASSERTION", "NONE")
_NO_PACKAGES = ("operating-system", "file", "device", "firmware", "data", "cryptographic-asset")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A package as an SBOM names it."""

    name: str
    version: str | None
    license: str | None
    purl: str | None

    @property
    def ecosystem(self) -> str | None:
        """The type of its package URL, which is what nbdock calls ecosystems."""
        match = _ECOSYSTEM.match(self.purl or "")
        return match[1].lower() if match else None


@dataclass(frozen=True, slots=True)
class Bill:
    """An SBOM: its format, the tools that say to have made it, and its packages."""

    format: str
    tools: tuple[str, ...]
    packages: tuple[Claimed, ...]

    @property
    def claimant(self) -> str:
        """Who claims it: `SPDX-2.3 by syft-1.4.1`."""
        return " by ".join(filter(None, (self.format, ", ".join(self.tools))))


def bill(source: JSON) -> Bill:
    """Read an SBOM. Raises InvalidContent if it is of no known format."""
    if version := fields.text(source, "spdxVersion"):
        return Bill(clean(version) or "", tuple(_spdx_tools(source)), tuple(_spdx(source)))
    if fields.text(source, "bomFormat") == "CycloneDX":
        version = clean(fields.text(source, "specVersion")) or ""
        return Bill(f"CycloneDX-{version}", tuple(_cyclonedx_tools(source)), tuple(_cyclonedx(source)))
    raise InvalidContent("neither SPDX 2 nor CycloneDX, as JSON")


def _spdx(source: JSON) -> Iterator[Claimed]:
    """All packages but what stands for the image itself."""
    described = set(fields.texts(source, "documentDescribes"))
    for each in fields.objects(source, "relationships"):
        if fields.text(each, "relationshipType") == "DESCRIBES":
            described.add(fields.text(each, "relatedSpdxElement"))
    for each in fields.objects(source, "packages"):
        licenses = [fields.text(each, key) for key in ("licenseDeclared", "licenseConcluded")]
        made = _claimed(
            fields.text(each, "name"),
            fields.text(each, "versionInfo"),
            next((text for text in licenses if text not in _NOT_SAID), ""),
            _spdx_purl(each),
        )
        is_image = fields.text(each, "SPDXID") in described and made.ecosystem in (None, *_OF_IMAGES)
        if not is_image:
            yield made


def _spdx_purl(package: JSON) -> str:
    references = fields.objects(package, "externalRefs")
    purls = (fields.text(each, "referenceLocator") for each in references if each.get("referenceType") == "purl")
    return next(purls, "")


def _spdx_tools(source: JSON) -> Iterator[str]:
    for each in fields.texts(fields.mapping(source, "creationInfo"), "creators"):
        kind, _, name = each.partition(":")
        if kind == "Tool" and (text := clean(name)):
            yield text


def _cyclonedx(source: JSON) -> Iterator[Claimed]:
    for each in fields.objects(source, "components"):
        if fields.text(each, "type") not in _NO_PACKAGES:
            yield _claimed(_full_name(each), fields.text(each, "version"), _license(each), fields.text(each, "purl"))
        yield from _cyclonedx(each)


def _full_name(component: JSON) -> str:
    """With its group, written as the ecosystem does."""
    group, name = fields.text(component, "group"), fields.text(component, "name")
    is_maven = fields.text(component, "purl").startswith("pkg:maven/")
    return (":" if is_maven else "/").join(filter(None, (group, name)))


def _license(component: JSON) -> str:
    def said(choice: JSON) -> str:
        license = fields.mapping(choice, "license")
        return fields.text(choice, "expression") or fields.text(license, "id") or fields.text(license, "name")

    found = list(filter(None, map(said, fields.objects(component, "licenses"))))
    return " AND ".join(f"({each})" if len(found) > 1 and " " in each else each for each in found)


def _cyclonedx_tools(source: JSON) -> Iterator[str]:
    tools = fields.mapping(source, "metadata").get("tools")
    listed = {"components": tools} if isinstance(tools, list) else fields.mapping({"tools": tools}, "tools")
    for each in fields.objects(listed, "components"):
        if text := clean("-".join(filter(None, (fields.text(each, "name"), fields.text(each, "version"))))):
            yield text


def _claimed(name: str, version: str, license: str, purl: str) -> Claimed:
    return Claimed(clean(name) or "", clean(version), clean(license), clean(purl))
