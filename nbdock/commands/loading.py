"""Commands that read archives: load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

from nbdock.dock.containers import containers, users
from nbdock.dock.dock import Dock
from nbdock.dock.transfer.inputs import STDIN
from nbdock.errors import UsageError
from nbdock.frames import rows, schemas
from nbdock.frames.schema import Table
from nbdock.grammar import InputFile, Opt, command
from nbdock.oci.platform import Platform

if TYPE_CHECKING:
    from nbdock.dock.transfer.loading import Loaded
    from nbdock.oci.digest import Digest
    from nbdock.places import Image


@command("image load", also=("load",))
def load(
    dock: Dock,
    *,
    input: Annotated[InputFile | None, Opt("read a file, not standard input", "-i", "string")] = None,
    platform: Annotated[Platform | None, Opt("platform to load, as os[/arch[/variant]]")] = None,
    quiet: Annotated[bool, Opt("suppress the progress", "-q")] = False,
) -> Table:
    """Load images from a tar archive.

    Archives of docker, podman, skopeo, buildx and kaniko are read, and OCI archives; plain, or compressed by gzip,
    bzip2, xz or zstd. An archive is loaded whole or not at all. One row for each name.
    """
    from nbdock.dock.transfer import loading

    if input is None and dock.console.stdin() is None:
        raise UsageError("requested load from stdin, but stdin is empty", hint="add -i FILE")
    loaded = loading.load(dock, input or STDIN, platform, quiet=quiet)
    for each in loaded:
        _say(dock, each)
    held = users(containers(dock))
    by_id = dock.store.images().by_id
    return schemas.IMAGES.table(
        row for each in loaded if (image := by_id.get(str(each.image_id))) for row in _rows(image, each, held)
    )


def _rows(image: Image, loaded: Loaded, users: Mapping[Digest, int]) -> Iterator[rows.Row]:
    names = [name for name in image.names if name.reference == loaded.name.reference]
    return rows.image_rows(image, names or image.names, users)


def _say(dock: Dock, loaded: Loaded) -> None:
    if loaded.moved_from:
        dock.say(
            f"The image {loaded.name.shown} already exists, renaming the old one with ID {loaded.moved_from} to empty "
            "string"
        )
    dock.say(f"Loaded image: {loaded.name.shown}" if loaded.name.reference else f"Loaded image ID: {loaded.image_id}")
