"""Commands that write archives: save."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from nbdock.dock.dock import Dock
from nbdock.dock.find import Wanted
from nbdock.dock.transfer.targets import Writable
from nbdock.errors import UsageError
from nbdock.frames.inside import SAVED
from nbdock.frames.schema import Row, Table
from nbdock.grammar import Arg, Opt, command
from nbdock.oci.platform import Platform

if TYPE_CHECKING:
    from nbdock.dock.transfer.saving import Save

_PARTIAL = "Only the image in the store is saved: the other platforms of its index were not pulled"
_ZSTD = "WARNING: docker before 23 loads no zstd layers: --compat inflates them"


@command("image save", also=("save",))
def save(
    dock: Dock,
    *images: Annotated[
        Wanted, Arg("IMAGE", "name or id of an image, or a repository for all its tags", at_least=1, complete="images")
    ],
    all: Annotated[bool, Opt("save every platform of an image, with its index")] = False,
    compat: Annotated[bool, Opt("inflate zstd layers, for older versions of docker")] = False,
    output: Annotated[Writable | Path | None, Opt("write to a file, not to standard output", "-o", "string")] = None,
    platform: Annotated[Platform | None, Opt("platform to save, as os[/arch[/variant]]")] = None,
) -> Table:
    """Save one or more images to a tar archive.

    docker, podman, skopeo and crane load it: it is an OCI layout with docker's manifest.json. The same images make the
    same bytes. Layers are saved as they are kept. One row for each name.
    """
    from nbdock.dock.transfer import saving

    if not images:
        raise UsageError("there is no image to save", hint="name one at least")
    _check_choice(all, compat, platform)
    target = output or _standard_output(dock)
    saves = saving.plan(dock, images, platform, all_platforms=all)
    if any(each.is_partial for each in saves):
        dock.console.warn(_PARTIAL)
    if compat:
        saves = tuple(saving.inflating(dock.store, each) for each in saves)
    elif any(each.has_zstd for each in saves):
        dock.console.warn(_ZSTD)
    saving.save(dock, saves, target)
    return SAVED.table(row for each in saves for row in _rows(each, target))


def _check_choice(all: bool, compat: bool, platform: Platform | None) -> None:
    """Raises UsageError for flags that contradict one another."""
    if all and platform:
        raise UsageError("--all and --platform contradict each other", hint="--all saves every platform")
    if all and compat:
        hint = "save one platform: --compat changes its manifest, and --all keeps the index as it is"
        raise UsageError("--all and --compat contradict each other", hint=hint)


def _standard_output(dock: Dock) -> Writable:
    found = dock.console.binary_output()
    if found is None:
        raise UsageError("there is no file to write to", hint="add -o FILE")
    if found.isatty():
        raise UsageError("cowardly refusing to save to a terminal. Use the -o flag or redirect", hint="add -o FILE")
    return found


def _rows(save: Save, target: object) -> Iterator[Row]:
    image = save.image
    for name in save.archived.names or [None]:
        yield {
            "reference": str(name) if name else None,
            "image_id": str(image.id),
            "platform": str(image.platform) or None,
            "layers": image.layer_count,
            "compressed_bytes": image.compressed_size,
            "size_bytes": image.size,
            "target": str(target) if isinstance(target, Path) else None,
        }
