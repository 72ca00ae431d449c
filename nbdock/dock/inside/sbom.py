"""Bills of materials: the packages of an image as CycloneDX or SPDX, which vulnerability scanners read.

The documents are written by the specifications' own libraries (extra `sbom`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, TypeAlias

from nbdock.errors import UsageError

if TYPE_CHECKING:
    from cyclonedx.model.component import Component
    from spdx_tools.spdx.model.package import Package

    from nbdock.dock.inside.installed import Installed
    from nbdock.places import Image

Write: TypeAlias = Callable[["Image", str, Sequence["Installed"]], str]


def cyclonedx(image: Image, name: str, found: Sequence[Installed]) -> str:
    """A CycloneDX 1.6 document, as JSON. Raises UsageError if its library is not installed."""
    try:
        from cyclonedx.model.bom import Bom
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.output import make_outputter
        from cyclonedx.schema import OutputFormat, SchemaVersion
    except ImportError:
        raise _missing("cyclonedx", "cyclonedx-python-lib") from None
    bom = Bom()
    bom.metadata.component = root = Component(name=name, version=str(image.id), type=ComponentType.CONTAINER)
    bom.metadata.tools.components.add(Component(name="nbdock", version=_version(), type=ComponentType.APPLICATION))
    bom.components.update(_component(number, each) for number, each in enumerate(found))
    bom.register_dependency(root, bom.components)
    return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)


def _component(number: int, found: Installed) -> Component:
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model import Property
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    fields = found.fields
    return Component(
        name=fields["name"],
        version=fields["version"],
        type=ComponentType.LIBRARY,
        bom_ref=f"package-{number}",
        purl=PackageURL.from_string(fields["purl"]),
        licenses=[LicenseFactory().make_from_string(fields["license"])] if fields["license"] else (),
        properties=[Property(name="nbdock:path", value=_place(found))],
    )


def spdx(image: Image, name: str, found: Sequence[Installed]) -> str:
    """An SPDX 2.3 document, as JSON. Raises UsageError if its library is not installed."""
    try:
        from spdx_tools.spdx.model.actor import Actor, ActorType
        from spdx_tools.spdx.model.document import CreationInfo, Document
        from spdx_tools.spdx.model.relationship import Relationship, RelationshipType
        from spdx_tools.spdx.writer.json.json_writer import write_document_to_stream
    except ImportError:
        raise _missing("spdx", "spdx-tools") from None
    own, now = "SPDXRef-DOCUMENT", datetime.now(UTC).replace(microsecond=0)
    address = f"https://spdx.org/spdxdocs/{image.id.hex}-{now:%Y%m%dT%H%M%SZ}"
    about = CreationInfo(
        "SPDX-2.3", own, name, address, [Actor(ActorType.TOOL, f"nbdock-{_version()}")], now.replace(tzinfo=None)
    )
    packages = [_spdx_package(number, each) for number, each in enumerate(found)]
    parts = [Relationship(own, RelationshipType.DESCRIBES, each.spdx_id) for each in packages]
    text = StringIO()
    write_document_to_stream(Document(about, packages=packages, relationships=parts), text, validate=False)
    return text.getvalue()


def _spdx_package(number: int, found: Installed) -> Package:
    from spdx_tools.spdx.model.package import ExternalPackageRef, ExternalPackageRefCategory, Package
    from spdx_tools.spdx.model.spdx_no_assertion import SpdxNoAssertion

    fields = found.fields
    return Package(
        f"SPDXRef-Package-{number}",
        fields["name"],
        SpdxNoAssertion(),
        version=fields["version"],
        files_analyzed=False,
        license_comment=fields["license"],
        source_info=f"found at {_place(found)}",
        external_references=[ExternalPackageRef(ExternalPackageRefCategory.PACKAGE_MANAGER, "purl", fields["purl"])],
    )


def _place(found: Installed) -> str:
    return "!/".join(filter(None, (found.fields["path"], found.fields["inner_path"])))


def _version() -> str:
    from importlib.metadata import version  # late: help lists the formats, and needs none of it

    return version("nbdock")


def _missing(format: str, library: str) -> UsageError:
    return UsageError(f"--format {format} requires {library}", hint="pip install nbdock[sbom]")
