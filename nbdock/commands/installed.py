"""Commands on what is installed in images: packages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from nbdock import human
from nbdock.commands.choosing import AnyImages, FromRegistry, FromStore, OnePlatform, all_chosen
from nbdock.commands.listed import NoTrunc, in_columns
from nbdock.dock.dock import Dock
from nbdock.dock.inside import sbom
from nbdock.errors import UsageError
from nbdock.frames import inside, rows
from nbdock.frames.schema import Table
from nbdock.grammar import Opt, Text, command

if TYPE_CHECKING:
    from nbdock.store import Match

_WRITERS = {"cyclonedx": sbom.cyclonedx, "spdx": sbom.spdx}


@command("image packages")
def packages(
    dock: Dock,
    *images: AnyImages,
    format: Annotated[
        str,
        Opt('"table", "json", "cyclonedx", "spdx" or a Go template', metavar="string", complete=(*_WRITERS, "json")),
    ] = "",
    local: FromStore = False,
    no_trunc: NoTrunc = False,
    platform: OnePlatform = None,
    remote: FromRegistry = False,
) -> Table | Text:
    """Show the packages in images.

    One row for each package, with the instruction that brought this version. `deleted` is True for one that a later
    layer deleted or replaced: its bytes are still in the image. Read are the databases of dpkg (and distroless), opkg,
    apk and rpm, the metadata of Python, conda, npm, Ruby and Java packages, and what Go and cargo-auditable write into
    programs.

    `--format cyclonedx` and `--format spdx` print the bill of materials of one image, without what is deleted. nbdock
    does not look for vulnerabilities: a scanner takes that file, as in `grype sbom:FILE` or `trivy sbom FILE`.
    """
    from nbdock.dock.inside.installed import packages as packages_of  # late, as all that imports numpy and pyarrow

    found = all_chosen(dock, images, platform, remote, local)
    if format in _WRITERS:
        return _bill(dock, found, format)
    named = (
        row for match in found for row in rows.package_rows(match.image, packages_of(dock, match.image), match.name)
    )
    made = inside.PACKAGES.table(named, no_trunc=no_trunc)
    return in_columns(made, format)


def _bill(dock: Dock, found: Sequence[Match], format: str) -> Text:
    from nbdock.dock.inside.installed import packages as packages_of

    if len(found) != 1:
        raise UsageError(f"--format {format} describes one image", hint="name one image")
    image, name = found[0].image, found[0].name
    there = [each for each in packages_of(dock, image) if each.removed_by is None]
    return Text(human.harmless(_WRITERS[format](image, str(name.reference) if name else str(image.id), there)))
