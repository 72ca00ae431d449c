"""The files of an image: a tree, a search, a picture, a preview. Each answer is about one folder, search or file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbdock.back.backend import Backend
from nbdock.back.inside import Reading
from nbdock.back.questions import question
from nbdock.dock.dock import Dock
from nbdock.dock.find import find
from nbdock.errors import UsageError
from nbdock.frames.instruction import plain

if TYPE_CHECKING:
    from nbdock.back.entries import Rows
    from nbdock.dock.inside.contents import Contents
    from nbdock.places import Image

Row = dict[str, Any]
_PAGE = 200
"""Rows of a folder that are told at once."""
_FOUND = 500
_OFFERED = 50
_LONGEST = 300


@question
def explore(backend: Backend, dock: Dock, image: str, against: str = "") -> Row:
    """What is in an image, layer by layer, and what of it is wasted; makes the tables of its layers if need be.

    `against` is another image: then also how many files differ from its.
    """
    inside, other = _contents(backend, dock, image), _contents(backend, dock, against) if against else None
    from nbdock.back.entries import compared_with, layer_rows

    waste = inside.waste
    return {
        "id": str(inside.image.id),
        "written": waste.written,
        "wasted": waste.wasted,
        "score": waste.score,
        "layers": [
            {
                **row,
                "instruction": plain(step.instruction.created_by)[:_LONGEST],
                "digest": str(layer.descriptor.digest),
            }
            for row, step, layer in zip(layer_rows(inside), inside.steps, inside.image.layers, strict=True)
        ],
        "problems": list(inside.problems),
        "against": {**compared_with(other, inside), "id": str(other.image.id)} if other else None,
    }


@question
def folder(
    backend: Backend,
    dock: Dock,
    image: str,
    node: int = 0,
    layer: str = "",
    wasted: bool = False,
    against: str = "",
    start: int = 0,
    among: int = -1,
) -> Row:
    """What is in a folder, the largest first, from the entry `start` on; the node `among` them is told in any case."""
    return _rows(backend, dock, image, against, layer, wasted).of_folder(node, start, _PAGE, among)


@question
def found_files(
    backend: Backend, dock: Dock, image: str, text: str, layer: str = "", wasted: bool = False, against: str = ""
) -> Row:
    """The largest of the entries that match: a glob, or a part of a path."""
    return _rows(backend, dock, image, against, layer, wasted).matching(text, _FOUND)


@question
def boxes(
    backend: Backend,
    dock: Dock,
    image: str,
    width: int,
    height: int,
    node: int = 0,
    layer: str = "",
    wasted: bool = False,
    against: str = "",
) -> list[Row]:
    """A folder as a treemap of so many pixels."""
    from nbdock.back.boxes import laid_out

    if not (0 < width <= 4000 and 0 < height <= 4000):
        raise UsageError("a treemap has 1 to 4000 pixels each way")
    return laid_out(_rows(backend, dock, image, against, layer, wasted), node, width, height)


@question
def preview(backend: Backend, dock: Dock, image: str, node: int, against: str = "", start: int = 0) -> Row:
    """A file: what is known of it, and its text or bytes from `start` on; what differs in it from another image."""
    from nbdock.back.preview import previewed

    inside, other = _contents(backend, dock, image), _contents(backend, dock, against) if against else None
    rows = _rows(backend, dock, image, against)
    return previewed(dock, rows, node, inside, other, start)


@question
def comparable(backend: Backend, dock: Dock, image: str, text: str = "") -> list[str]:
    """Names of other images that contain a text; those of the same repository come first."""
    known = dock.store.images()
    own = find(image, known).image
    repositories = {each.repository for each in own.tags}
    names = [each for other in known if other.id != own.id for each in other.tags]
    found = [each for each in names if text.lower() in each.familiar.lower()]
    found.sort(key=lambda each: (each.repository not in repositories, each.familiar))
    return [each.familiar for each in found[:_OFFERED]]


def _rows(backend: Backend, dock: Dock, image: str, against: str, layer: str = "", wasted: bool = False) -> Rows:
    """What is looked at. Raises UsageError for a layer that the image does not have."""
    from nbdock.back.entries import Rows
    from nbdock.dock.inside.exploring import Choice, compared, explored

    inside = _contents(backend, dock, image)
    found = compared(_contents(backend, dock, against), inside) if against else explored(inside)
    return Rows(found, Choice(_positions(inside.image, layer) if layer else None, wasted))


def _positions(image: Image, digest: str) -> tuple[int, ...]:
    """Where an image has a layer: more than once, if it is an empty one."""
    found = tuple(place for place, layer in enumerate(image.layers) if str(layer.descriptor.digest) == digest)
    if not found:
        raise UsageError("the image has no such layer")
    return found


def _contents(backend: Backend, dock: Dock, image: str) -> Contents:
    from nbdock.dock.inside.contents import readable

    found = find(image, dock.store.images()).image
    return readable(dock.facing(Reading(backend, f"explore {found.id}", dock.console)), found)
