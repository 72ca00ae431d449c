"""The list of images: one row an image, with its names, what it shares and who uses it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nbdock import commands
from nbdock.back.backend import Backend
from nbdock.back.inside import seconds
from nbdock.back.questions import question
from nbdock.commands.choosing import newest_first
from nbdock.dock.containers import containers
from nbdock.dock.dock import Dock
from nbdock.dock.find import find
from nbdock.dock.removing import unused
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference

if TYPE_CHECKING:
    from nbdock.places import Image

Row = dict[str, Any]


@question
def images(backend: Backend, dock: Dock) -> Row:
    """Every image, newest first, and the path of the store."""
    known = newest_first(dock.store.images())
    return {
        "store": str(dock.settings.store),
        "problems": list(dock.store.problems),
        "images": list(_rows(dock, known, known)),
    }


@question
def image(backend: Backend, dock: Dock, name: str) -> Row:
    """The row of one image, by name or id."""
    known = dock.store.images()
    [row] = _rows(dock, [find(name, known).image], known)
    return row


@question
def usage(backend: Backend, dock: Dock) -> Row:
    """Bytes on disk of the store, and what deleting the unused ones would free."""
    known = dock.store.images()
    plan = dock.store.removal(unused(known, containers(dock), everything=True))
    return {"disk": dock.store.disk_usage(), "reclaimable": plan.reclaimed}


@question
def tag(backend: Backend, dock: Dock, image: str, name: str) -> str:
    """Add a name to an image, and return it as docker shows it."""
    commands.tag(dock, image, name)
    return Reference.parse(name).tagged.familiar


def _rows(dock: Dock, wanted: Iterable[Image], known: Iterable[Image]) -> Iterator[Row]:
    held: dict[Digest, list[str]] = {}
    for each in containers(dock):
        held.setdefault(each.image_id, []).append(each.name)
    layers = Counter(digest for image in known for digest in {layer.descriptor.digest for layer in image.layers})
    return (_row(image, held.get(image.id, []), layers) for image in wanted)


def _row(image: Image, held: list[str], layers: Mapping[Digest, int]) -> Row:
    """Times are seconds since 1970; `shared` are bytes of layers that other images have too."""
    tags = sorted(image.tags, key=str)
    digests = sorted(image.digests, key=str)
    first = next(iter((*tags, *digests)), None)
    shared = {layer.descriptor.digest: layer.facts for layer in image.layers if layers[layer.descriptor.digest] > 1}
    return {
        "id": str(image.id),
        "name": first.familiar_name if first else "",
        "tags": [each.familiar for each in tags],
        "digests": [each.familiar for each in digests],
        "platform": str(image.platform),
        "created": seconds(image.created),
        "pulled": seconds(image.pulled_at),
        "size": image.size,
        "shared": sum(facts.size for facts in shared.values() if facts),
        "layers": image.layer_count,
        "containers": held,
        "dangling": image.dangling,
    }
