"""The list of images: one row an image, with its names, what it shares and who uses it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbdock import commands
from nbdock.back.backend import Backend
from nbdock.back.inside import measure, seconds
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
def images(backend: Backend, dock: Dock, since: str = "", most: int = 0) -> Row:
    """Every image, newest first, how many there are of each kind, and the path of the store.

    `since` is the `at` of the page's last answer: then only what changed. With `most`, the first of them are enough to
    begin with: `left` says how many more there are.
    """
    known = newest_first(dock.store.images())
    used = _users(dock)
    measure(backend, dock, known[:most] if most > 0 else known)
    told = {
        "store": str(dock.settings.store),
        "problems": list(dock.store.problems),
        "counts": _counts(known, used),
        "left": max(0, len(known) - most) if most > 0 else 0,
    }
    if told["left"]:
        return {**told, "at": "", "whole": True, "images": list(_rows(known[:most], known, used)), "gone": []}
    return {**told, **backend.listing.changed({row["id"]: row for row in _rows(known, known, used)}, since)}


@question
def image(backend: Backend, dock: Dock, name: str) -> Row:
    """The row of one image, by name or id."""
    known = dock.store.images()
    found = find(name, known).image
    measure(backend, dock, [found])
    [row] = _rows([found], known, _users(dock))
    return row


@question
def usage(backend: Backend, dock: Dock) -> Row:
    """Bytes on disk of the store, and what deleting the unused ones would free."""
    known = dock.store.images()
    return {
        "disk": dock.store.disk_usage(),
        "reclaimable": dock.store.freed(unused(known, containers(dock), everything=True)),
    }


@question
def tag(backend: Backend, dock: Dock, image: str, name: str) -> str:
    """Add a name to an image, and return it as docker shows it."""
    commands.tag(dock, image, name)
    return Reference.parse(name).tagged.familiar


def _users(dock: Dock) -> dict[Digest, list[str]]:
    """The names of the containers of each image that has any."""
    held: dict[Digest, list[str]] = {}
    for each in containers(dock):
        held.setdefault(each.image_id, []).append(each.name)
    return held


def _counts(known: Sequence[Image], used: Container[Digest]) -> dict[str, int]:
    in_use = sum(image.id in used for image in known)
    dangling = sum(image.dangling for image in known)
    return {"all": len(known), "used": in_use, "unused": len(known) - in_use, "dangling": dangling}


def _rows(wanted: Iterable[Image], known: Iterable[Image], used: Mapping[Digest, list[str]]) -> Iterator[Row]:
    layers = Counter(digest for image in known for digest in {layer.descriptor.digest for layer in image.layers})
    return (_row(image, used.get(image.id, []), layers) for image in wanted)


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
        "read_only": image.read_only,
    }
