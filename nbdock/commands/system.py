"""Commands about nbdock itself: info, version, system df."""

from __future__ import annotations

import platform as machine
from importlib.metadata import version as installed
from itertools import islice
from typing import TYPE_CHECKING, Annotated

from nbdock.commands.local import Format
from nbdock.dock.containers import containers, of_image
from nbdock.dock.dock import Dock
from nbdock.dock.removing import unused
from nbdock.dock.usage import total, usage
from nbdock.docker import documents, listings
from nbdock.docker.template import Record, Template
from nbdock.frames import rows
from nbdock.grammar import Opt, Text, command
from nbdock.oci.reference import HUB, Reference

if TYPE_CHECKING:
    from pandas import DataFrame

One = Annotated[str, Opt('"json" or a Go template', "-f", metavar="string")]


@command("info", also=("system info",))
def info(dock: Dock, *, format: One = "") -> DataFrame | Text:
    """Show where things are: the store, the registry and its mirrors, and who is logged in."""
    from nbdock.frames import schemas

    limit = dock.registry.rate_limit(HUB)
    known = dock.registry.credentials.find(HUB)
    mirrors = dock.registry.hosts.mirrors(Reference.parse("library/hello-world"))
    row = {
        "store": str(dock.store.root),
        "storage_driver": "oci-layout",
        "images": len(dock.store.images()),
        "containers": len(containers(dock)),
        "size_bytes": dock.store.disk_usage(),
        "platform": str(dock.settings.platform),
        "registry": HUB,
        "registry_mirrors": [mirror.host for mirror in mirrors] or None,
        "username": known.username if known else None,
        "config": str(dock.settings.docker_config),
        "pulls_remaining": limit.remaining if limit else None,
        "problems": list(dock.store.problems) or None,
    }
    return _formatted(format, row, documents.information(row)) if format else schemas.INFO.frame([row])


@command("version")
def version(dock: Dock, *, format: One = "") -> DataFrame | Text:
    """Show the versions of nbdock and of what it stands on."""
    from nbdock.frames import schemas

    row = {
        "nbdock": installed("nbdock"),
        "python": machine.python_version(),
        "platform": str(dock.settings.platform),
        "httpx": installed("httpx"),
        "pandas": installed("pandas"),
    }
    return _formatted(format, row, documents.versions(row)) if format else schemas.VERSIONS.frame([row])


@command("system df")
def df(
    dock: Dock,
    *,
    format: Format = "",
    verbose: Annotated[bool, Opt("a row for each image", "-v")] = False,
) -> DataFrame | Text:
    """Show what images cost on disk.

    Exactly: what images share is counted once, and reclaimable is what `prune -a` would free. With -v a frame of each
    image's shared and unique bytes.
    """
    from nbdock.frames import schemas

    images, held = dock.store.images(), containers(dock)
    if verbose:
        each = [
            {**row, "size_bytes": used.size, "shared_bytes": used.shared, "unique_bytes": used.unique}
            for used in usage(images, dock.store.has)
            for row in islice(rows.image_rows(used.image, used.image.names, held), 1)
        ]
        fields = listings.image_usage_fields
        return listings.listed(format, each, fields, listings.IMAGE_HEADINGS, schemas.IMAGE_USAGE.frame)
    reclaimable = dock.store.removal(unused(images, held, everything=True)).reclaimed
    active = sum(bool(of_image(held, image)) for image in images)
    found = [
        {"type": "Images", "total": len(images), "active": active, "size_bytes": total(images, dock.store.has)}
        | {"reclaimable_bytes": reclaimable},
        {"type": "Containers", "total": len(held), "active": 0, "size_bytes": 0, "reclaimable_bytes": 0},
    ]
    return listings.listed(format, found, listings.usage_fields, listings.USAGE_HEADINGS, schemas.USAGE.frame)


def _formatted(format: str, row: rows.Row, docker: rows.Row) -> Text:
    """The row under docker's kind of names (`{{.StorageDriver}}`), and what docker itself has (`{{.Driver}}`)."""
    own = {
        "".join(part.title() for part in key.split("_")): "" if value is None else value for key, value in row.items()
    }
    text = "{{json .}}" if format == "json" else format
    return Text(Template(text).render(Record({**docker, **own})))
