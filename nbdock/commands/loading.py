"""Commands that read archives: load."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from nbdock.dock.containers import containers, users
from nbdock.dock.dock import Dock
from nbdock.dock.targets import Readable
from nbdock.errors import UsageError
from nbdock.frames import rows, schemas
from nbdock.frames.schema import Table
from nbdock.grammar import Opt, command
from nbdock.oci.platform import Platform

if TYPE_CHECKING:
    from nbdock.dock.loading import Loaded


@command("image load", also=("load",))
def load(
    dock: Dock,
    *,
    input: Annotated[Readable | Path | None, Opt("read a file, not standard input", "-i", "string")] = None,
    platform: Annotated[Platform | None, Opt("platform to load, as os[/arch[/variant]]")] = None,
    quiet: Annotated[bool, Opt("suppress the progress", "-q")] = False,
) -> Table:
    """Load images from a tar archive.

    Archives of docker, podman, skopeo, buildx and kaniko are read, and OCI archives; plain, or compressed by gzip,
    bzip2, xz or zstd. An archive is loaded whole or not at all. One row for each name.
    """
    from nbdock.dock import loading

    source = input or _standard_input(dock)
    loaded = loading.load(dock, source, platform, quiet=quiet)
    for each in loaded:
        _say(dock, each)
    held = users(containers(dock))
    by_id = dock.store.images().by_id
    return schemas.IMAGES.table(
        row
        for each in loaded
        if (image := by_id.get(str(each.image_id)))
        for row in rows.image_rows(image, [name for name in image.names if name.reference == each.name.reference], held)
    )


def _standard_input(dock: Dock) -> Readable:
    found = dock.console.binary_input()
    if found is None or found.isatty():
        raise UsageError("requested load from stdin, but stdin is empty", hint="add -i FILE")
    return found


def _say(dock: Dock, loaded: Loaded) -> None:
    if loaded.moved_from:
        dock.say(
            f"The image {loaded.name.shown} already exists, renaming the old one with ID {loaded.moved_from} to empty "
            "string"
        )
    dock.say(f"Loaded image: {loaded.name.shown}" if loaded.name.reference else f"Loaded image ID: {loaded.image_id}")
