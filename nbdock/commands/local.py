"""Commands on the store: ls, inspect, history, layers, tag."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from nbdock import human
from nbdock.commands import at_registry
from nbdock.commands.choosing import (
    AnyImages,
    FromRegistry,
    FromStore,
    OnePlatform,
    SomeImages,
    all_chosen,
    chosen,
    newest_first,
)
from nbdock.commands.listed import Format, NoTrunc, Quiet, listed
from nbdock.dock.containers import containers, users
from nbdock.dock.dock import Dock
from nbdock.dock.find import Wanted, artifacts, find, located
from nbdock.dock.steps import history as steps
from nbdock.docker import documents, listings
from nbdock.docker.filters import NO_FILTERS, Filters
from nbdock.docker.values import to_json
from nbdock.errors import Refused, UsageError, all_of
from nbdock.frames import rows, schemas
from nbdock.frames.schema import Schema, Table
from nbdock.grammar import Arg, DockerName, NamePattern, NewName, Opt, Text, command, table
from nbdock.oci import pattern
from nbdock.oci.reference import Reference

if TYPE_CHECKING:
    from nbdock.docker.template import Template
    from nbdock.oci.location import Location
    from nbdock.places import Image, Name

IMAGE_FILTERS = ("before", "dangling", "label", "label!", "reference", "since", "until")


@command("image ls", also=("images", "image list"))
def ls(
    dock: Dock,
    repository: Annotated[NamePattern | None, Arg("REPOSITORY[:TAG]", "a name or a pattern", complete="images")] = None,
    *,
    all: Annotated[bool, Opt("show artifacts too: signatures, charts and the like", "-a")] = False,
    digests: Annotated[bool, Opt("show digests")] = False,
    filter: Annotated[Filters, Opt("filter by these conditions", "-f", "filter", keys=IMAGE_FILTERS)] = NO_FILTERS,
    format: Format = "",
    no_trunc: NoTrunc = False,
    quiet: Quiet = False,
) -> Table | Text:
    """List images.

    One row for each name, newest image first. CREATED is when an image was built; the column `pulled_at` is when it was
    pulled. A name without a tag matches all its tags; `*` does not match a `/`. READ ONLY is shown if there are images
    of the base store. Images of other places are listed by docker-archive:FILE, oci-archive:FILE, oci:FOLDER,
    docker-daemon: and podman:.
    """
    if place := _place(repository):
        return _elsewhere(dock, place, filter, format, no_trunc, quiet)
    known = dock.store.images()
    passed = newest_first(filter.images(known))
    held = users(containers(dock))
    digests = digests or "{{.Digest}}" in format
    found = [
        row for image in passed for row in rows.image_rows(image, _named(image, filter, repository), held, digests)
    ]
    if all and not filter:
        found += [rows.artifact_row(*each) for each in artifacts(dock.store) if _is_called(each[0], repository)]
    for problem in dock.store.problems:
        dock.console.warn(f"WARNING: {problem}")
    if not found and f"image {repository}" in (path for each in table for path in each.paths):
        dock.console.warn(f'No images found matching "{repository}": did you mean "image {repository}"?')
    return _images(found, format, digests=digests, no_trunc=no_trunc, quiet=quiet)


@command("image inspect", also=("inspect",))
def inspect(
    dock: Dock,
    *images: SomeImages,
    format: Annotated[str, Opt('"json" or a Go template', "-f", metavar="string")] = "",
    local: FromStore = False,
    platform: OnePlatform = None,
    remote: FromRegistry = False,
) -> Table | Text:
    """Show detailed information on one or more images.

    One row for each image, shown as a card. `--format json` prints docker's inspect document,
    `--format '{{.Config.Env}}'` one field of it.
    """
    template = _template(format) if format not in ("", "json") else None
    found, errors = chosen(dock, images, platform, remote, local)
    result = _inspected(dock, [each.image for each in found], format, template)
    if errors:
        if found:
            dock.console.show(result)
        else:
            dock.console.echo("" if template else "[]")
        raise all_of(errors)
    return result


@command("image history", also=("history",))
def history(
    dock: Dock,
    *images: SomeImages,
    format: Format = "",
    human: Annotated[bool, Opt("print sizes and dates in human readable format", "-H")] = True,
    local: FromStore = False,
    no_trunc: NoTrunc = False,
    platform: OnePlatform = None,
    quiet: Quiet = False,
    remote: FromRegistry = False,
) -> Table | Text:
    """Show the history of one or more images.

    One row for each instruction, newest first, with the layer that it made. `empty_layer` is True if it made none; a
    layer can also have 0 bytes.
    """
    found = [
        row
        for each in all_chosen(dock, images, platform, remote, local)
        for row in rows.history_rows(each.image, steps(each.image), each.name)
    ]
    fields = partial(listings.history_fields, no_trunc=no_trunc, exact=not human)
    if quiet and format in listings.PLAIN:
        return Text("\n".join(fields(row)["ID"] for row in found))
    made = schemas.HISTORY.table(found, no_trunc=no_trunc, exact=not human)
    return listed(made, format, fields, listings.HISTORY_HEADINGS)


@command("image layers", also=("layers",))
def layers(
    dock: Dock,
    *images: AnyImages,
    local: FromStore = False,
    no_trunc: NoTrunc = False,
    platform: OnePlatform = None,
    remote: FromRegistry = False,
) -> Table:
    """Show the layers of images.

    One row for each layer of each image, lowest first, with its digest, diff id, and compressed and unpacked size.
    """
    found = all_chosen(dock, images, platform, remote, local)
    layers = (row for each in found for row in rows.image_layer_rows(each.image, each.name))
    return schemas.LAYERS.table(layers, no_trunc=no_trunc)


@command("image tag", also=("tag",))
def tag(
    dock: Dock,
    source: Annotated[Wanted, Arg("SOURCE_IMAGE[:TAG]", "name or id of an image", complete="images")],
    target: Annotated[NewName, Arg("TARGET_IMAGE[:TAG]", "the name to add", complete="images")],
) -> Table:
    """Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE.

    Nothing is copied. Shows the image under all its names. With docker://NAME as the source the tag is made at its
    registry, whose blobs do not move: `tag docker://localhost:5000/app:1.0 stable`.
    """
    if source.at_registry:
        named = at_registry.tag_target(source.at_registry, target)
        return at_registry.tag(dock, source.at_registry, tag_target(named))
    if target.location and not target.reference:
        hint = f"copy {source} {target.text} takes it there"
        raise Refused(f"{target.text} is not in the store, and tag copies nothing", hint=hint)
    image = find(source, dock.store.images()).image
    dock.store.tag_image(tag_target(Reference.parse(target.text)), image)
    now = dock.store.images().by_id[str(image.id)]
    found = list(rows.image_rows(now, now.names, users(containers(dock))))
    return _schema(found).table(found)


def _place(repository: str | None) -> Location | None:
    """The place whose images are to be listed; None for the store."""
    said = located(repository) if repository and not isinstance(repository, DockerName) else None
    return None if said is None or said.where == "store" else said


def _elsewhere(dock: Dock, place: Location, filter: Filters, format: str, no_trunc: bool, quiet: bool) -> Table | Text:
    """The images of an archive, a folder or an engine. Raises UsageError for a registry."""
    from nbdock.dock import locating

    if place.where == "docker":
        raise UsageError(f"{place} is at a registry", hint=f"`tags {place.name}` lists its tags")
    if filter:
        raise UsageError("filters are for images of the store", hint="filter the frame")
    if place.is_engine:
        found = [row for image in locating.of_engine(dock, place) for row in rows.engine_rows(image, str(place))]
    else:
        found = [row for image in locating.images(dock, place) for row in rows.image_rows(image, image.names, {})]
    return _images(found, format, digests=False, no_trunc=no_trunc, quiet=quiet)


def _images(found: list[rows.Row], format: str, *, digests: bool, no_trunc: bool, quiet: bool) -> Table | Text:
    """Rows of images as a table, their ids if it is to be `quiet`, or in docker's `--format`."""
    if quiet and format in listings.PLAIN:
        ids = dict.fromkeys(row["image_id"] for row in found)
        return Text("\n".join(ids if no_trunc else map(listings.short, ids)))
    fields = partial(listings.image_fields, no_trunc=no_trunc, digests=digests)
    format = listings.with_digest(format) if digests and format not in listings.PLAIN else format
    return listed(_schema(found, digests).table(found, no_trunc=no_trunc), format, fields, listings.IMAGE_HEADINGS)


def _schema(found: list[rows.Row], digests: bool = False) -> Schema:
    """The columns of images; READ ONLY is shown where some are, as in podman."""
    schema = schemas.IMAGES_WITH_DIGESTS if digests else schemas.IMAGES
    return schema.showing("read_only") if any(row["read_only"] for row in found) else schema


def tag_target(reference: Reference) -> Reference:
    """The name that an image is to get, with its tag. Raises Refused."""
    if reference.digest:
        raise Refused("refusing to create a tag with a digest reference", hint="a tag reads name:tag")
    if reference.familiar_name == "sha256":
        message = "refusing to create an ambiguous tag using digest algorithm as name"
        raise Refused(message, hint="choose another name than sha256")
    if reference.familiar_name == "scratch":
        raise Refused("'scratch' is a reserved name", hint="choose another name")
    return reference.tagged


def _inspected(dock: Dock, found: list[Image], format: str, template: Template | None) -> Table | Text:
    folders = [str(dock.store.folder_of(each)) for each in found]
    if format:
        inspected = list(map(documents.inspected, found, folders))
        text = "\n".join(map(template.render, inspected)) if template else to_json(inspected, indent=4)
        return Text(human.harmless(text))
    drivers = ({"Name": documents.DRIVER, "Dir": folder} for folder in folders)
    return schemas.INSPECTED.table(
        {**rows.inspect_row(each), "graph_driver": driver} for each, driver in zip(found, drivers, strict=True)
    )


def _template(format: str) -> Template:
    from nbdock.docker.template import Template

    try:
        return Template(format)
    except UsageError as error:
        error.exit_code = 64  # as in docker, for inspect only
        raise


def _named(image: Image, given: Filters, repository: str | None) -> list[Name]:
    return [name for name in given.names(image) if _is_called(name, repository)]


def _is_called(name: Name, repository: str | None) -> bool:
    return repository is None or bool(name.reference and pattern.matches(repository, name.reference))
