"""Commands on the store and nbdock itself: info, version, system df."""

from __future__ import annotations

import platform as machine
from collections.abc import Container, Iterable
from itertools import islice
from typing import TYPE_CHECKING, Annotated

from nbdock.commands.choosing import newest_first
from nbdock.commands.listed import Format, listed
from nbdock.dock.containers import containers, users
from nbdock.dock.dock import Dock
from nbdock.dock.removing import unused
from nbdock.dock.usage import total, usage
from nbdock.docker import documents, listings
from nbdock.docker.values import Record
from nbdock.frames import rows, schemas
from nbdock.frames.schema import Table
from nbdock.grammar import Opt, Text, command
from nbdock.oci.reference import HUB, Reference

if TYPE_CHECKING:
    from nbdock.oci.digest import Digest
    from nbdock.places import Name

One = Annotated[str, Opt('"json" or a Go template', "-f", metavar="string")]


@command("info", also=("system info",))
def info(dock: Dock, *, format: One = "") -> Table | Text:
    """Show the store, the registry, its mirrors and the login."""
    limit = dock.registry.rate_limit(HUB)
    known = dock.credential(HUB)
    mirrors = dock.registry.hosts.mirrors(Reference.parse("library/hello-world"))
    row = {
        "store": str(dock.store.root),
        "base_store": str(dock.store.base.root) if dock.store.base else None,
        "storage_driver": "oci-layout",
        "images": len(dock.store.images()),
        "containers": len(containers(dock)),
        "disk_bytes": dock.store.disk_usage(),
        "platform": str(dock.settings.platform),
        "registry": HUB,
        "registry_mirrors": [mirror.host for mirror in mirrors] or None,
        "username": known.username if known else None,
        "docker_config": str(dock.settings.docker_config),
        "pulls_remaining": limit.remaining if limit else None,
        "problems": list(dock.store.problems) or None,
    }
    return _formatted(format, row, documents.information(row)) if format else schemas.INFO.table([row])


@command("version")
def version(dock: Dock, *, format: One = "") -> Table | Text:
    """Show the versions of nbdock, Python, httpx and pandas."""
    from importlib.metadata import version as installed

    row = {
        "nbdock": installed("nbdock"),
        "python": machine.python_version(),
        "platform": str(dock.settings.platform),
        "httpx": installed("httpx"),
        "pandas": installed("pandas"),
    }
    return _formatted(format, row, documents.versions(row)) if format else schemas.VERSIONS.table([row])


@command("system df")
def df(
    dock: Dock,
    *,
    format: Format = "",
    verbose: Annotated[bool, Opt("show a row for each image", "-v")] = False,
) -> Table | Text:
    """Show disk usage.

    Content that images share is counted once. Reclaimable is what `prune -a` would free. The tables of what is in
    layers, the cache of what is in images elsewhere, downloads that were interrupted, and the base store have a row if
    there are any, but none with --format. With -v one row for each image, with its shared and unique bytes.
    """
    known, held = dock.store.images(), containers(dock)
    images, held_by = [image for image in known if not image.read_only], users(held)
    if verbose:
        each = [
            {**row, "disk_bytes": used.size, "shared_bytes": used.shared, "unique_bytes": used.unique}
            for used in usage(newest_first(images), dock.store.owns)
            for row in islice(rows.image_rows(used.image, used.image.names, held_by), 1)
        ]
        if format in listings.PLAIN:
            return schemas.IMAGE_USAGE.table(each)
        whole = listings.usage(each, (rows.container_row(each, known) for each in held))
        return Text(listings.Listing(format.removeprefix("table")).print([whole], {}).removesuffix("\n"))
    removed = unused(images, held, everything=True)
    reclaimable = dock.store.freed(removed)
    active = sum(image.id in held_by for image in images)
    found = [
        {"category": "Images", "total": len(images), "active": active, "disk_bytes": total(images, dock.store.owns)}
        | {"reclaimable_bytes": reclaimable},
        {"category": "Containers", "total": len(held), "active": 0, "disk_bytes": 0, "reclaimable_bytes": 0},
    ]
    if format in listings.PLAIN:
        found += [row for row in (_tables(dock, removed), *_leftovers(dock), *_base(dock, held_by)) if row["total"]]
    else:  # docker's lists have what nbdock does not count
        nothing = dict.fromkeys(("total", "active", "disk_bytes", "reclaimable_bytes"), 0)
        found += [{"category": category, **nothing} for category in ("Local Volumes", "Build Cache")]
    return listed(schemas.USAGE.table(found), format, listings.usage_fields, listings.USAGE_HEADINGS)


def _tables(dock: Dock, removed: Iterable[Name]) -> rows.Row:
    """The layers that have tables; those of layers that no image would need any more are reclaimable."""
    gone, sizes = set(removed), dock.store.tables.sizes()
    staying = (image for image in dock.store.images() if not gone.issuperset(image.names))
    kept = {layer.diff_id for image in staying for layer in image.layers}
    freed = sum(size for diff_id, size in sizes.items() if diff_id not in kept)
    row = {"category": "Tables", "total": len(sizes), "active": len(sizes.keys() & kept)}
    return {**row, "disk_bytes": sum(sizes.values()), "reclaimable_bytes": freed}


def _leftovers(dock: Dock) -> Iterable[rows.Row]:
    """What any prune frees."""
    for category, sizes in (("Cache", dock.store.cache.sizes), ("Downloads left over", dock.store.leftovers())):
        freed = sum(sizes)
        yield {"category": category, "total": len(sizes), "active": 0, "disk_bytes": freed, "reclaimable_bytes": freed}


def _base(dock: Dock, held_by: Container[Digest]) -> Iterable[rows.Row]:
    """The images that are in the base store alone: all of it is its owner's, and nobody else frees any."""
    if dock.store.base:
        images = [image for image in dock.store.images() if image.read_only]
        row = {"category": "Base store", "total": len(images), "active": sum(image.id in held_by for image in images)}
        yield {**row, "disk_bytes": dock.store.base.disk_usage(), "reclaimable_bytes": 0}


def _formatted(format: str, row: rows.Row, docker: rows.Row) -> Text:
    """Render the row with a template: its columns (`{{.StorageDriver}}`) and docker's fields (`{{.Driver}}`)."""
    from nbdock.docker.template import Template

    own = {
        "".join(part.title() for part in key.split("_")): "" if value is None else value for key, value in row.items()
    }
    text = "{{json .}}" if format == "json" else format
    return Text(Template(text).render(Record({**docker, **own})))
