"""Commands that look at the store: ls, inspect, history, tag."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from nbdock import human
from nbdock.dock.containers import containers
from nbdock.dock.dock import Dock
from nbdock.dock.find import find
from nbdock.dock.spelling import spelled
from nbdock.dock.steps import history as read_history
from nbdock.docker import documents, filters, listings
from nbdock.docker.template import Template
from nbdock.errors import NbdockError, NotFound, PlatformNotFound, Refused, UsageError, all_of
from nbdock.frames import rows
from nbdock.grammar import Arg, Opt, Text, command, table
from nbdock.oci import pattern
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import Image, Name

if TYPE_CHECKING:
    from pandas import DataFrame

IMAGE_FILTERS = ("before", "dangling", "label", "label!", "reference", "since", "until")
Format = Annotated[str, Opt('"table", "json" or a Go template', metavar="string")]
Filter = Annotated[tuple[str, ...], Opt("what to show", "-f", metavar="filter")]
NoTrunc = Annotated[bool, Opt("do not cut what is long")]
Quiet = Annotated[bool, Opt("ids only", "-q")]


@command("image ls", also=("images", "image list"))
def ls(
    dock: Dock,
    repository: Annotated[str | None, Arg("REPOSITORY[:TAG]", "a name, or a pattern", complete="images")] = None,
    *,
    all: Annotated[bool, Opt("images without a name too (nbdock always shows them)", "-a")] = False,
    digests: Annotated[bool, Opt("show digests")] = False,
    filter: Filter = (),
    format: Format = "",
    no_trunc: NoTrunc = False,
    quiet: Quiet = False,
) -> DataFrame | Text:
    """List images.

    A frame of images, a row for each name, newest built first. CREATED is when an image was built, `pulled_at` when it
    came here. A name without a tag means all its tags; `*` stops at a `/`.
    """
    given = filters.parse(filter, IMAGE_FILTERS)
    known = dock.store.images()
    passed = sorted(filters.images(given, known), key=filters.built, reverse=True)
    held = containers(dock)
    found = [row for image in passed for row in rows.image_rows(image, _named(image, given, repository), held)]
    for problem in dock.store.problems:
        dock.console.warn(f"WARNING: {problem}")
    if not found and f"image {repository}" in (path for each in table for path in each.paths):
        dock.console.warn(f'No images found matching "{repository}": did you mean "image {repository}"?')
    if quiet and format in listings.PLAIN:
        ids = dict.fromkeys(row["image_id"] for row in found)
        return Text("\n".join(ids if no_trunc else map(listings.short, ids)))
    fields = partial(listings.image_fields, whole=no_trunc)
    frame = partial(_images, digests=digests, whole=no_trunc)
    return listings.listed(format, found, fields, listings.IMAGE_HEADINGS, frame)


@command("image inspect", also=("inspect",))
def inspect(
    dock: Dock,
    *images: Annotated[str, Arg("IMAGE", "image to look at", at_least=1, complete="images")],
    format: Annotated[str, Opt('"json" or a Go template', "-f", metavar="string")] = "",
    platform: Annotated[str | None, Opt("refuse another platform than this", metavar="string")] = None,
) -> DataFrame | Text:
    """Show all that an image says of itself.

    A frame with a row for each image, shown as a card. `--format json` gives docker's own document, `--format
    '{{.Config.Env}}'` one field of it.
    """
    template = _template(format) if format not in ("", "json") else None
    found, errors = _each(dock, images, Platform.parse(platform) if platform else None)
    folder = dock.store.layers_folder
    if template:
        rendered = (template.render(documents.inspected(each, folder)) for each in found)
        result: DataFrame | Text = Text(human.harmless("\n".join(rendered)))
    elif format:
        result = Text(human.harmless(documents.to_json([documents.inspected(each, folder) for each in found])))
    else:
        driver = {"Name": documents.DRIVER, "Dir": str(folder)}
        result = _inspected([{**rows.inspect_row(each), "graph_driver": driver} for each in found])
    if errors:
        if found:
            dock.console.show(result)
        raise all_of(errors)
    return result


@command("image history", also=("history",))
def history(
    dock: Dock,
    image: Annotated[str, Arg("IMAGE", "image to look at", complete="images")],
    *,
    format: Format = "",
    human: Annotated[bool, Opt("show sizes and dates for people", "-H")] = True,
    no_trunc: NoTrunc = False,
    platform: Annotated[str | None, Opt("refuse another platform than this", metavar="string")] = None,
    quiet: Quiet = False,
) -> DataFrame | Text:
    """Show how an image was made.

    A frame of instructions, newest first, each with the layer it made: `empty_layer` says that it made none. A layer of
    0 bytes is a layer all the same.
    """
    chosen = _one(dock, image, Platform.parse(platform) if platform else None)
    found = list(rows.history_rows(chosen, read_history(chosen)))
    if quiet and format in listings.PLAIN:
        return Text("\n".join(row["image"] if no_trunc else listings.short(row["image"]) for row in found))
    fields = partial(listings.history_fields, whole=no_trunc, people=human)
    frame = partial(_history, whole=no_trunc, exact=not human)
    return listings.listed(format, found, fields, listings.HISTORY_HEADINGS, frame)


@command("image tag", also=("tag",))
def tag(
    dock: Dock,
    source: Annotated[str, Arg("SOURCE_IMAGE[:TAG]", "the image", complete="images")],
    target: Annotated[str, Arg("TARGET_IMAGE[:TAG]", "its further name", complete="images")],
) -> DataFrame:
    """Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE.

    A second name for the same image: nothing is copied. A frame of the image under all its names.
    """
    chosen = find(spelled(source, dock.console.warn), dock.store.images()).image
    dock.store.tag_image(_target(spelled(target, dock.console.warn)), chosen)
    now = next(image for image in dock.store.images() if image.id == chosen.id)
    return _images(list(rows.image_rows(now, now.names, containers(dock))))


def _template(format: str) -> Template:
    try:
        return Template(format)
    except UsageError as error:
        error.exit_code = 64  # docker's, of inspect alone
        raise


def _target(text: str) -> Reference:
    reference = Reference.parse(text)
    if reference.digest:
        raise Refused("refusing to create a tag with a digest reference", hint="a tag reads name:tag")
    if reference.familiar_name == "sha256":
        message = "refusing to create an ambiguous tag using digest algorithm as name"
        raise Refused(message, hint="choose another name than sha256")
    if reference.familiar_name == "scratch":
        raise Refused("'scratch' is a reserved name", hint="choose another name")
    return reference.tagged


def _named(image: Image, given: filters.Filters, repository: str | None) -> list[Name]:
    return [
        name
        for name in filters.names(given, image)
        if repository is None or (name.reference and pattern.matches(repository, name.reference))
    ]


def _each(dock: Dock, wanted: tuple[str, ...], platform: Platform | None) -> tuple[list[Image], list[NbdockError]]:
    found: list[Image] = []
    errors: list[NbdockError] = []
    for text in wanted:
        try:
            found.append(_one(dock, text, platform))
        except (NotFound, UsageError, Refused) as error:
            errors.append(error)
    return found, errors


def _one(dock: Dock, text: str, platform: Platform | None) -> Image:
    image = find(spelled(text, dock.console.warn), dock.store.images()).image
    if platform and not platform.runs(image.config.platform):
        raise PlatformNotFound(
            f"image with reference {text} was found but its platform ({image.config.platform}) "
            f"does not match the specified platform ({platform})",
            available=[str(image.config.platform)],
        )
    return image


def _images(found: list[rows.Row], digests: bool = False, whole: bool = False) -> DataFrame:
    from nbdock.frames import schemas

    return (schemas.IMAGES_WITH_DIGESTS if digests else schemas.IMAGES).frame(found, whole=whole)


def _history(found: list[rows.Row], whole: bool, exact: bool) -> DataFrame:
    from nbdock.frames import schemas

    return schemas.HISTORY.frame(found, whole=whole, exact=exact)


def _inspected(found: list[rows.Row]) -> DataFrame:
    from nbdock.frames import schemas

    return schemas.INSPECTED.frame(found)
