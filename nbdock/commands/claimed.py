"""Commands on what images consist of and what refers to them: manifest, referrers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

from nbdock import human
from nbdock.commands.choosing import FromRegistry, FromStore, NamedImages, at_registry, meant, nowhere
from nbdock.commands.listed import Format, NoTrunc, in_columns
from nbdock.dock.dock import Dock
from nbdock.dock.find import Wanted, find
from nbdock.errors import ImageNotFound, RegistryError, UsageError
from nbdock.frames import claimed as frames
from nbdock.frames.schema import Row, Schema, Table
from nbdock.grammar import Opt, Text, command
from nbdock.oci.platform import Platform

if TYPE_CHECKING:
    from nbdock.dock.claimed import Work

T = TypeVar("T")
_Rows: TypeAlias = Callable[[Any, str], Iterable[Row]]

ForPlatform = Annotated[
    Platform | None, Opt("only what is for this platform, as os[/arch[/variant]]", metavar="string")
]


@command("image manifest")
def manifest(
    dock: Dock,
    *images: NamedImages,
    format: Format = "",
    local: FromStore = False,
    no_trunc: NoTrunc = False,
    platform: ForPlatform = None,
    raw: Annotated[bool, Opt("print the manifest or index as it is")] = False,
    remote: FromRegistry = False,
) -> Table | Text:
    """Show the manifests of images: index, platforms, configs and layers, and what refers to each.

    One row for each, in order, with its `depth`. Attestations, signatures and SBOMs stand below what they refer to.
    Only manifests are read: of all platforms, or of one with --platform. Of a platform that is not in the store only
    its descriptor is known there.

    `--raw` prints the index or manifest byte for byte, but for characters that no terminal should get; with --platform
    that of one image.
    """
    names = [meant(each, remote, local) for each in images]
    if raw:
        return _printed(_look(dock, each, platform, lambda tree, _: tree.raw())[1] for each in names)
    found = [_look(dock, each, platform, lambda tree, _: list(tree.parts())) for each in names]
    made = frames.MANIFESTS.table(
        (row for name, parts in found for row in frames.manifest_rows(parts, name)), no_trunc=no_trunc
    )
    return in_columns(made, format)


@command("image referrers")
def referrers(
    dock: Dock,
    *images: NamedImages,
    format: Format = "",
    local: FromStore = False,
    no_trunc: NoTrunc = False,
    packages: Annotated[bool, Opt("the packages that SBOMs name")] = False,
    platform: ForPlatform = None,
    provenance: Annotated[bool, Opt("the facts of SLSA provenance")] = False,
    raw: Annotated[str, Opt("print one of them, by its digest", metavar="digest")] = "",
) -> Table | Text:
    """Show what refers to images at their registries: signatures, SBOMs, provenance and other attestations.

    One row for each claim: in what the registry or a tag lists as referring to the image or to one of its platforms, in
    cosign's tags and in the attestations of BuildKit. nbdock checks no signature and believes no claim: it shows what
    is said.

    `--packages` lists the packages that SBOMs name (SPDX 2 and CycloneDX, as JSON; also in in-toto statements), and
    `--provenance` the facts of SLSA provenance, v0.2 and v1. `--raw DIGEST` prints a `blob` or `digest` as it is.
    """
    if packages + provenance + bool(raw) > 1:
        raise UsageError("--packages, --provenance and --raw are different questions", hint="ask them one by one")
    from nbdock.dock import claimed

    names = [meant(each, False, True) if local else _at_its_registry(dock, each) for each in images]
    if raw:
        return _printed(_look(dock, each, platform, lambda tree, _: claimed.content(tree, raw))[1] for each in names)
    views: dict[str, tuple[Schema, Work[Any], _Rows]] = {
        "claims": (frames.REFERRERS, claimed.said, frames.referrer_rows),
        "packages": (frames.CLAIMED_PACKAGES, claimed.bills, frames.claimed_package_rows),
        "provenance": (frames.FACTS, claimed.provenance, frames.fact_rows),
    }
    schema, work, rows = views["packages" if packages else "provenance" if provenance else "claims"]
    found = [_look(dock, each, platform, work, strict=True) for each in names]
    made = schema.table((row for name, what in found for row in rows(what, name)), no_trunc=no_trunc)
    return in_columns(made, format)


def _look(
    dock: Dock, image: Wanted, platform: Platform | None, work: Work[T], *, strict: bool = False
) -> tuple[str, T]:
    """The name of an image, and what `work` finds at it: in the store, where it says that it is, or at its registry."""
    from nbdock.dock import claimed

    if reference := image.at_registry:
        return str(reference), claimed.at_registry(dock, reference, platform, work, strict=strict)
    if image.location:
        return image.text, claimed.at_location(dock, image.location, platform, work)
    try:
        match = find(image, dock.store.images())
    except ImageNotFound:
        if image.only_here or image.id or image.reference is None:
            raise
        try:
            return _look(dock, at_registry(image), platform, work, strict=strict)
        except (ImageNotFound, RegistryError) as error:
            raise nowhere(image.reference, error) from None
    name = match.name or match.image.names[0]
    shown = str(name.reference) if name.reference else name.shown
    return shown, claimed.in_store(dock, name.target, platform, work)


def _at_its_registry(dock: Dock, image: Wanted) -> Wanted:
    """The same image at the registry that its name says; as it is, if it says where it is. Raises ImageNotFound."""
    if image.location or image.only_here:
        return image
    if image.reference and not image.id:
        return at_registry(image)
    found = find(image, dock.store.images()).image
    named = (*found.digests, *found.tags)
    if not named:
        raise UsageError(f"{image} has no name that says its registry", hint="--local looks in the store")
    return at_registry(Wanted(image.text, named[0]))


def _printed(contents: Iterable[bytes]) -> Text:
    """Bytes as text that is safe to print."""
    return Text(human.harmless("\n".join(each.decode(errors="replace") for each in contents)))
