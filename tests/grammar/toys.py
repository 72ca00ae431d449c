"""A small table to try every part on: toy commands that return what they were given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from nbdock.errors import ImageNotFound
from nbdock.grammar import Arg, Opt, Table, Text

if TYPE_CHECKING:
    from pandas import DataFrame

ABSENT = {
    "run": "nbdock runs no containers: `%docker create` keeps the image",
    "container run": "nbdock runs no containers: `%docker create` keeps the image",
}
toys = Table(ABSENT)


@toys.command("image rm", also=("image remove", "rmi"))
def rm(
    dock: Any,
    *images: Annotated[str, Arg("IMAGE", "image to remove", at_least=1, complete="images")],
    force: Annotated[bool, Opt("untag even when several names point at it", "-f")] = False,
    dry_run: Annotated[bool, Opt("only show what would go")] = False,
) -> DataFrame:
    """Remove one or more images.

    The bytes go when nothing else needs them.
    """
    if "nope" in images:
        raise ImageNotFound("No such image: nope", hint="%image ls shows what there is")
    return dock, "rm", images, force, dry_run


@toys.command("image ls", also=("images", "image list"))
def ls(
    dock: Any,
    name: Annotated[str | None, Arg("REPOSITORY[:TAG]", complete="images")] = None,
    *,
    quiet: Annotated[bool, Opt("only ids", "-q")] = False,
    filter_: Annotated[
        tuple[str, ...], Opt("keep what matches", "-f", "filter", complete=("dangling=", "label="))
    ] = (),
    limit: Annotated[int, Opt("at most so many", "-n")] = 25,
    format_: Annotated[str | None, Opt("a Go template")] = None,
) -> DataFrame | Text:
    """List images."""
    return Text("a\nb") if quiet else (dock, "ls", name, filter_, limit, format_)


@toys.command("image history", also=("history",))
def history(
    dock: Any,
    image: Annotated[str, Arg("IMAGE", complete="images")],
    *,
    human: Annotated[bool, Opt("sizes and dates for people", "-H")] = True,
) -> DataFrame:
    """Show the history of an image."""
    return dock, "history", image, human


@toys.command("container create", also=("create",))
def create(
    dock: Any,
    image: Annotated[str, Arg("IMAGE", complete="images", verbatim=True)],
    *words: Annotated[str, Arg("ARG")],
    name: Annotated[str | None, Opt("its name")] = None,
) -> Text:
    """Create a container."""
    return dock, "create", image, words, name


@toys.command("container rm", also=("rm",))
def remove(dock: Any, *containers: Annotated[str, Arg("CONTAINER", at_least=1, complete="containers")]) -> Text:
    """Remove containers."""
    return dock, "container rm", containers


@toys.command("image tag", also=("tag",))
def tag(dock: Any, source: Annotated[str, Arg("SOURCE")], target: Annotated[str, Arg("TARGET")]) -> None:
    """Name an image."""


@toys.command("cp")
def cp(dock: Any, source: Annotated[str, Arg("SOURCE")], target: Annotated[str | None, Arg("TARGET")] = None) -> None:
    """Copy."""


@toys.command("version")
def version(dock: Any) -> Text:
    """Show the version."""
    return Text("1.0")


@toys.command("login")
def login(dock: Any, server: Annotated[str | None, Arg("SERVER", complete="registries")] = None) -> None:
    """Log in."""


@toys.command("system df")
def df(dock: Any) -> DataFrame:
    """Show disk usage."""
    return dock, "df"
