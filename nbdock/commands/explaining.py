"""Commands that explain an image's size: why, waste, lint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

from nbdock import human
from nbdock.commands.choosing import FromRegistry, FromStore, NamedImages, OnePlatform, all_chosen
from nbdock.commands.listed import Format, in_columns
from nbdock.dock.dock import Dock
from nbdock.dock.find import Wanted
from nbdock.errors import LintFailed, UsageError, Wasteful
from nbdock.frames import inside
from nbdock.frames.rows import reference_of
from nbdock.frames.schema import Table
from nbdock.grammar import Bytes, Opt, Text, command

if TYPE_CHECKING:
    from nbdock.dock.inside.contents import Contents
    from nbdock.oci.platform import Platform

_MAX_DEPTH = 100


@command("image why")
def why(
    dock: Dock,
    *images: NamedImages,
    depth: Annotated[int, Opt("count what is further down for the folder at this depth")] = 2,
    format: Format = "",
    local: FromStore = False,
    platform: OnePlatform = None,
    remote: FromRegistry = False,
) -> Table | Text:
    """Show why images are so large: how much each instruction wrote into each folder.

    The largest first, with the bytes that were written in vain. The sum of `size_bytes` is the size of the image.
    """
    from nbdock.frames import explained  # late, as all that imports numpy and pyarrow

    if not 0 <= depth <= _MAX_DEPTH:
        raise UsageError(f"a depth of {depth} is out of range", hint=f"--depth is 0 to {_MAX_DEPTH}")
    found = [
        row
        for each, reference in _all(dock, images, platform, remote, local)
        for row in explained.share_rows(each, reference, depth)
    ]
    return in_columns(inside.SHARES.table(found), format)


@command("image waste")
def waste(
    dock: Dock,
    *images: NamedImages,
    format: Format = "",
    local: FromStore = False,
    max_waste: Annotated[Bytes | None, Opt("fail if an image wastes more than this", metavar="bytes")] = None,
    min_score: Annotated[float | None, Opt("fail if the score of an image is less than this, 0 to 1")] = None,
    platform: OnePlatform = None,
    remote: FromRegistry = False,
    summary: Annotated[bool, Opt("show the score of each image, and dive's")] = False,
) -> Table | Text:
    """Show what images carry in vain: each path that was written and does not count in the end.

    The largest first, with the instruction that wrote it, the one that ended it, and the remedy. `--summary` shows a
    score for each image: the share of its bytes that are in use, and the score and wasted bytes that dive shows.
    """
    from nbdock.frames import explained  # late, as all that imports numpy and pyarrow

    if min_score is not None and not 0 <= min_score <= 1:
        raise UsageError(f"a score of {min_score} is out of range", hint="--min-score is 0 to 1")
    found = list(_all(dock, images, platform, remote, local))
    if summary:
        made = inside.SCORES.table(explained.score_row(*each) for each in found)
    else:
        made = inside.WASTED.table(explained.joined([explained.wasted_rows(*each) for each in found]))
    result = in_columns(made, format)
    problems = [problem for each in found for problem in _problems(*each, min_score, max_waste)]
    if problems:
        dock.console.show(result)
        raise Wasteful("; ".join(problems), hint="" if summary else "the column `remedy` says what to change")
    return result


def _problems(inside: Contents, reference: str | None, min_score: float | None, max_waste: int | None) -> Iterator[str]:
    name, waste = reference or inside.image.id, inside.waste
    wasted = human.size(waste.wasted)
    if min_score is not None and waste.score < min_score:
        yield f"{name} has a score of {waste.score:.4f}, less than {min_score}: {wasted} are wasted"
    if max_waste is not None and waste.wasted > max_waste:
        yield f"{name} wastes {wasted}, more than {human.size(max_waste)}"


@command("image lint")
def lint(
    dock: Dock,
    *images: NamedImages,
    fail_on: Annotated[
        str, Opt('fail if one of these rules finds something: "secret,root", "any"', metavar="rules")
    ] = "",
    format: Format = "",
    local: FromStore = False,
    platform: OnePlatform = None,
    remote: FromRegistry = False,
) -> Table | Text:
    """Show what to change in the Dockerfile of images, and the bytes that each change saves.

    Looks for what is left over, copied twice or deleted too late, and for secrets in every layer, also those that a
    later one deleted: who has the image can still read them. Secrets are never shown.

    With --fail-on a cell or a CI job ends with an error. The beginning of a rule's name stands for all that begin so:
    `secret` for secrets in files, variables and instructions.
    """
    from nbdock.dock.inside.linting import RULES
    from nbdock.dock.inside.linting import lint as find
    from nbdock.frames import explained  # late, as all that imports numpy and pyarrow

    failing = _rules(fail_on, RULES)
    found = [
        row
        for each, reference in _all(dock, images, platform, remote, local, exact=True)
        for row in explained.advice_rows(find(dock, each, reference), each.image, reference)
    ]
    result = in_columns(inside.ADVICE.table(found), format)
    if failed := [row for row in found if row["rule"] in failing]:
        dock.console.show(result)
        named = dict.fromkeys(f"{row['reference'] or row['image_id']}: {row['rule']}" for row in failed)
        raise LintFailed("; ".join(named), hint="the column `remedy` says what to change")
    return result


def _rules(text: str, rules: Sequence[str]) -> set[str]:
    """The rules that begin with one of the words of a list. Raises UsageError."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if word != "any" and not any(rule.startswith(word) for rule in rules):
            raise UsageError(f"--fail-on {word} is no rule", hint=f"rules are any, {', '.join(rules)}")
    return {rule for rule in rules for word in words if word == "any" or rule.startswith(word)}


def _all(
    dock: Dock, images: Sequence[Wanted], platform: Platform | None, remote: bool, local: bool, exact: bool = False
) -> Iterator[tuple[Contents, str | None]]:
    """What is inside the images, and the name that each was found by."""
    from nbdock.dock.inside.contents import contents  # late: few commands look inside

    for match in all_chosen(dock, images, platform, remote, local):
        yield contents(dock, match.image, exact), reference_of(match.image, match.name)
