"""The command that compares two images: diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from nbdock.commands.choosing import FromRegistry, FromStore, OnePlatform, all_chosen
from nbdock.commands.listed import Format, in_columns
from nbdock.dock.dock import Dock
from nbdock.dock.find import Wanted
from nbdock.errors import UsageError
from nbdock.frames.inside import DIFFERENCES, SHOWN
from nbdock.frames.rows import reference_of
from nbdock.grammar import Arg, Opt, Text, command

if TYPE_CHECKING:
    from nbdock.frames.schema import Table


@command("image diff")
def diff(
    dock: Dock,
    before: Annotated[Wanted, Arg("IMAGE", "name or id of the first image", complete="images")],
    after: Annotated[Wanted, Arg("IMAGE", "name or id of the second image", complete="images")],
    *,
    format: Format = "",
    local: FromStore = False,
    platform: OnePlatform = None,
    remote: FromRegistry = False,
    show: Annotated[str, Opt(f"list what differs: {', '.join(SHOWN)}", complete=tuple(SHOWN))] = "",
) -> Table | Text:
    """Show what differs between two images.

    First a summary: how many files, packages, variables, labels, fields of the config and layers were added, removed
    and changed. `--show files` lists the files, each with what differs: type, content, mode, owner, link. Times are not
    compared. `--show packages` lists the packages, with their versions in both images and whether they went up or down.
    """
    from nbdock.dock.inside.contents import comparable
    from nbdock.frames.compared import Compared  # late, as all that imports numpy and pyarrow

    if show not in ("", *SHOWN):
        raise UsageError(f"--show {show} is unknown", hint=f"it is one of {', '.join(SHOWN)}")
    matches = list(all_chosen(dock, (before, after), platform, remote, local))
    found = comparable(dock, [match.image for match in matches], exact=show in ("", "packages"))
    names = (reference_of(match.image, match.name) for match in matches)
    compared = Compared(dock, *zip(found, names, strict=True))
    if show:
        return in_columns(SHOWN[show].table(compared.rows(show)), format)
    return in_columns(DIFFERENCES.table(map(compared.summary, SHOWN)), format)
