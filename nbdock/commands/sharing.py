"""Commands on how images belong together: base, shared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING, Annotated

from nbdock.commands.choosing import AnyImages, every, newest_first
from nbdock.commands.data import OwnFormat
from nbdock.commands.listed import in_columns
from nbdock.dock.containers import containers, users
from nbdock.dock.dock import Dock
from nbdock.dock.find import Wanted, find
from nbdock.frames import inside
from nbdock.frames.rows import Row, name_of, references
from nbdock.frames.schema import Table
from nbdock.grammar import Arg, Opt, Text, command
from nbdock.grammar.values import Bytes

if TYPE_CHECKING:
    from nbdock.dock.bases import Base
    from nbdock.dock.sharing import Sharing
    from nbdock.places import Image


@command("image base", also=("base",))
def base(
    dock: Dock,
    image: Annotated[Wanted, Arg("IMAGE", "name or id of an image", complete="images")],
    *,
    format: OwnFormat = "",
    remote: Annotated[bool, Opt("ask the bases' registries for newer images; nothing is pulled")] = False,
) -> Table | Text:
    """Show on which local images an image was built.

    A base is an image whose layers are the lowest ones of IMAGE; the nearest comes first. If its tag was given to a
    newer image since, the row has that one, how many of its layers IMAGE has not, and by how many days it is newer.

    With --remote the newer image may also be one that is at the registry only, and the base one that the builder named
    in the annotations or labels `org.opencontainers.image.base.name` and `.digest`.
    """
    from nbdock.dock.bases import bases
    from nbdock.dock.rebasing import renewed

    known = dock.store.images()
    built = find(image, known).image
    found = bases(built, newest_first(known))
    if remote:
        found = dock.run(lambda task: renewed(dock, built, found, task), quiet=True)
    return in_columns(inside.BASES.table(map(_base_row, found)), format)


@command("image shared", also=("shared",))
def shared(
    dock: Dock,
    *images: AnyImages,
    format: OwnFormat = "",
    free: Annotated[Bytes | None, Opt("the fewest images to remove to free so much", metavar="bytes")] = None,
) -> Table | Text:
    """Show what images share on disk, and what removing them really frees.

    One row for each pair of images: the bytes that both need, and those that removing both would free. The row of an
    image and itself is about that image alone. With --free 2GB the rows are the images to remove, which `rm` accepts:
    the fewest that free it, exact up to twenty images and a good guess beyond.
    """
    from nbdock.dock.sharing import Sharing

    known = dock.store.images()
    wanted = images or tuple(map(Wanted.of, every(dock)))
    names = references(find(each, known) for each in wanted)
    chosen = list(names)
    if free is not None:
        return in_columns(inside.FREEING.table(_freeing(dock, chosen, free)), format)
    sharing = Sharing(dock.store, chosen)
    made = inside.SHARED.table(_pair_row(sharing, names, *pair) for pair in product(chosen, chosen))
    return in_columns(made, format)


def _base_row(found: Base) -> Row:
    newer = found.newer
    return {
        "reference": name_of(found.image),
        "image_id": str(found.image.id),
        "created": found.image.created,
        "layers": found.image.layer_count,
        "size_bytes": found.image.size if all(layer.facts for layer in found.image.layers) else None,
        "newer_reference": str(newer[1]) if newer else None,
        "newer_image_id": str(newer[0].id) if newer else None,
        "newer_layers": found.newer_layers,
        "newer_days": found.newer_days,
    }


def _pair_row(sharing: Sharing, names: Mapping[Image, str | None], one: Image, other: Image) -> Row:
    layers = {layer.descriptor.digest for layer in one.layers} & {layer.descriptor.digest for layer in other.layers}
    return {
        "reference": names[one],
        "image_id": str(one.id),
        "other_reference": names[other],
        "other_image_id": str(other.id),
        "common_layers": len(layers),
        "common_bytes": sharing.common(one, other),
        "reclaimed_bytes": sharing.freed_by_two(one, other),
    }


def _freeing(dock: Dock, images: list[Image], wanted: int) -> Iterator[Row]:
    """A row for each name to remove, or for an image without one; the last of an image frees its bytes."""
    from nbdock.dock.sharing import EXACT, Sharing

    held = users(containers(dock))
    own = (image.under(image.own_names) for image in images if not image.read_only)
    sharing = Sharing(dock.store, [image for image in own if image.id not in held])
    gone: list[Image] = []
    for image in sharing.fewest(wanted):
        before = sharing.freed(gone)
        gone.append(image)
        references: list[str | None] = [*sorted(map(str, image.tags or image.digests))] or [None]
        for reference in references:
            freed = sharing.freed(gone) - before if reference == references[-1] else 0
            row = {"reference": reference, "image_id": str(image.id), "reclaimed_bytes": freed}
            yield {**row, "exact": len(sharing.images) <= EXACT}
